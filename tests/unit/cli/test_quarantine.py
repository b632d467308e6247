"""`verdigris quarantine`: what it prints, what it asks, what it exits with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.cli import sample
from tests.unit.cli.conftest import Run
from tests.unit.cli.test_exit_codes import answer

from verdigris import commands
from verdigris.cli.pace import parts
from verdigris.core.model import Phase
from verdigris.phases.base import Progress

Patch = pytest.MonkeyPatch
KEY = "pk=case|1,sk=case|1"


def next_line(result: Any) -> str:
    return str(result.stderr.splitlines()[-1])


def test_the_list_names_key_kind_and_error(run: Run, monkeypatch: Patch) -> None:
    answer(monkeypatch, "list_quarantine", replace(sample.LISTED, entries=(sample.WAITING, sample.ENTRY)))
    result = run("quarantine", "list", "dev")
    first, second = result.stdout.splitlines()
    assert first.startswith("pk=case|1, sk=case|1  item refused  2×")
    assert first.endswith("0001_cents.py: up failed: KeyError: 'fee' (line 9)")
    assert "discarded" in second
    assert next_line(result) == f"next: verdigris quarantine show '{KEY}' dev"


def test_an_empty_list_says_so(run: Run, monkeypatch: Patch) -> None:
    answer(monkeypatch, "list_quarantine", replace(sample.LISTED, entries=()))
    result = run("quarantine", "list", "dev")
    assert result.stdout == "nothing is in quarantine\n"
    assert next_line(result) == "next: verdigris status dev"


def test_one_is_shown_whole(run: Run, monkeypatch: Patch) -> None:
    answer(monkeypatch, "show_quarantined", sample.SHOWN)
    text = run("quarantine", "show", KEY, "dev").stdout
    for said in (
        "KeyError: 'fee'",
        "0001_cents.py  9a9163b77eab",
        '"S": "case|1"',
        "made by a test",
        "as it is in the",
    ):
        assert said in text


@pytest.mark.parametrize(
    ("changes", "code", "then"),
    [
        ({}, 1, "verdigris quarantine list dev"),
        ({"left": ()}, 0, "verdigris deploy dev"),
        ({"put_off": True}, 0, "verdigris deploy dev"),
    ],
)
def test_redrive_exits_with_1_while_something_waits(
    run: Run, monkeypatch: Patch, changes: dict[str, Any], code: int, then: str
) -> None:
    calls = answer(monkeypatch, "redrive", replace(sample.REDRIVEN, **changes))
    result = run("quarantine", "redrive", "dev")
    assert result.exit_code == code
    assert next_line(result) == f"next: {then}"
    assert calls[0]["accept"] is False
    run("quarantine", "redrive", "dev", "--yes")
    assert calls[1]["accept"] is True


def test_discard_wants_a_comment(run: Run, monkeypatch: Patch) -> None:
    calls = answer(monkeypatch, "discard", replace(sample.REDRIVEN, mended=(), settled=(), left=()))
    assert run("quarantine", "discard", KEY, "dev").exit_code == 2
    assert run("quarantine", "discard", KEY, "dev", "--comment", "a test").exit_code == 0
    assert calls[0]["args"] == ("dev", KEY, "a test")


def test_status_counts_what_waits(run: Run, monkeypatch: Patch) -> None:
    monkeypatch.setattr(commands, "status", lambda *_: replace(sample.status(), quarantined=3, discarded=1))
    assert "quarantine   3 items waiting, 1 discarded" in run("status", "dev").stdout


def test_progress_counts_what_waits() -> None:
    assert "2 in quarantine" in parts(Progress(Phase.BACKFILL, 5, 10, quarantined=2), None)
    assert not [part for part in parts(Progress(Phase.BACKFILL, 5, 10), None) if "quarantine" in part]
