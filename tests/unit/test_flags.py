"""The flags of a deploy table: in all shapes that scripts leave, and strictly read."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.test_journal import journal

from verdigris.core.flags import Flags
from verdigris.core.model import Color, DataVersion, Phase
from verdigris.core.records import PhaseBegan
from verdigris.errors import StoreError
from verdigris.journal.base import Put, Row, flag_row
from verdigris.journal.journal import Journal
from verdigris.journal.memory import MemoryRows


@pytest.fixture
def rows() -> MemoryRows:
    return MemoryRows(created=True)


@pytest.mark.parametrize(
    ("written", "flags"),
    [
        ({}, Flags()),
        ({"current-color": "green"}, Flags(color=Color.GREEN)),
        (
            {"source-table-version": "alpha", "destination-table-version": "beta", "migrate": True},
            Flags(Color.GREEN, DataVersion.ALPHA, DataVersion.BETA, True, color_implied=True),
        ),
        (
            {"current-color": "blue", "source-table-version": "beta", "destination-table-version": "beta"},
            Flags(Color.BLUE, DataVersion.BETA, DataVersion.BETA),
        ),
        ({"migrate": False}, Flags()),
    ],
    ids=str,
)
def test_flags_in_all_shapes(rows: MemoryRows, written: dict[str, Any], flags: Flags) -> None:
    for name, value in written.items():
        rows.write(Put(flag_row(name, value)))
    assert Journal(rows, str).flags() == flags


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("current-color", "red"),
        ("current-color", True),
        ("current-color", ""),
        ("source-table-version", "Alpha"),
        ("destination-table-version", 1),
        ("migrate", "true"),
        ("migrate", "yes"),
        ("migrate", 1),
        ("migrate", "['true']"),
    ],
)
def test_a_flag_that_makes_no_sense(rows: MemoryRows, name: str, value: Any) -> None:
    rows.write(Put(flag_row(name, value)))
    with pytest.raises(StoreError) as caught:
        Journal(rows, str).flags()
    assert name in caught.value.what
    assert repr(value) in caught.value.what
    assert name in caught.value.where
    assert caught.value.next_command.startswith(f"verdigris set ENV {name} ")


def test_a_flag_row_without_a_value(rows: MemoryRows) -> None:
    rows.write(Put({"pk": "current-color", "sk": "current-color"}))
    with pytest.raises(StoreError, match="without a `current`"):
        Journal(rows, str).flags()


@pytest.mark.parametrize(
    ("row", "color"),
    [
        (flag_row("source-table-version", "beta"), Color.GREEN),
        ({"pk": "migration|0001-a.ts", "sk": "migration|0001-a.ts", "createdAt": "2020-01-01"}, Color.GREEN),
        ({"pk": "migration|0001_a.py", "sk": "migration|0001_a.py", "checksum": "recorded by hand"}, None),
        (flag_row("order-search-enabled", True), None),
    ],
    ids=["versions", "migrations of others", "migrations of ours", "flags of the application"],
)
def test_a_missing_color_is_green_where_scripts_ran(rows: MemoryRows, row: Row, color: Color | None) -> None:
    rows.write(Put(row))
    flags = Journal(rows, str).flags()
    assert (flags.color, flags.color_implied) == (color, color is not None)


def test_a_missing_color_is_none_while_verdigris_makes_the_first(rows: MemoryRows) -> None:
    held = journal(rows)
    held.append(1, 1, PhaseBegan(Phase.PREFLIGHT))
    held.set_flags({"source-table-version": "alpha", "destination-table-version": "alpha", "migrate": False})
    assert held.flags() == Flags(None, DataVersion.ALPHA, DataVersion.ALPHA)


def test_what_others_keep_in_the_table_is_passed_over(rows: MemoryRows) -> None:
    for pk, sk, current in (("allowed-terminal-ips", "127.0.0.1", "['a']"), ("judge", "judge", b"\x00"), ("x", "y", 2)):
        rows.write(Put({"pk": pk, "sk": sk, "current": current}))
    held = journal(rows)
    assert (held.flags(), held.applied(), held.records()) == (Flags(), [], [])


def test_flags_of_an_environment_under_way() -> None:
    flags = Flags(Color.BLUE, DataVersion.ALPHA, DataVersion.BETA)
    assert flags.next_version is DataVersion.BETA
    assert Flags().next_version is DataVersion.ALPHA
    assert Flags(Color.GREEN, DataVersion.BETA, DataVersion.BETA).next_version is DataVersion.ALPHA
