"""Columns that fit the terminal."""

from __future__ import annotations

import io
import os
import sys

import click
import pytest

from verdigris.cli.output import columns, terminal_width

ROWS = [("backfill", "what a new table takes from its beginning"), ("now", "it waits")]


def test_the_last_column_goes_on_below_itself() -> None:
    assert columns(ROWS, width=34) == [
        "backfill  what a new table takes\n          from its beginning",
        "now       it waits",
    ]
    assert all(len(line) <= 34 for row in columns(ROWS, width=34) for line in row.splitlines())


def test_a_word_that_is_too_long_stays_whole() -> None:
    rows = [("now", "https://example.com/a/long/address it waits")]
    assert columns(rows, width=25) == ["now  https://example.com/a/long/address\n     it waits"]


def test_styles_take_no_room() -> None:
    styled = [(click.style("backfill", bold=True), click.style(ROWS[0][1], dim=True))]
    [line] = columns(styled, width=34)
    assert click.unstyle(line) == columns(ROWS, width=34)[0]


@pytest.mark.parametrize("too_narrow_or_none", [None, 12, 29])
def test_where_there_is_no_room_nothing_is_folded(too_narrow_or_none: int | None) -> None:
    assert columns(ROWS, width=too_narrow_or_none)[0] == "backfill  what a new table takes from its beginning"


def test_only_a_terminal_has_a_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert terminal_width() is None
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setitem(os.environ, "COLUMNS", "100")
    assert terminal_width() == 100
