"""The row by which people steer: read and replaced without a lease, by several at a time."""

from __future__ import annotations

import pytest

from verdigris.core.control import Control, paused_reason
from verdigris.core.pacing import Budget
from verdigris.errors import Conflict, StoreError
from verdigris.journal.base import Put
from verdigris.journal.control import control_of, read_control, write_control
from verdigris.journal.journal import Journal
from verdigris.journal.memory import MemoryRows


def rows() -> MemoryRows:
    return MemoryRows(created=True)


def test_nothing_was_said() -> None:
    assert read_control(rows()) is None
    assert read_control(MemoryRows()) is None  # there is no deploy table


def test_what_was_said_is_read_again() -> None:
    table = rows()
    first = write_control(table, lambda before: Control(3, Budget(write=500)))
    assert read_control(table) == first
    paused = write_control(table, lambda before: Control(3, before.budget if before else Budget(), "ada", "2026"))
    assert paused.budget == Budget(write=500)
    assert read_control(table) == paused
    row = table.get("verdigris|budget", "verdigris|budget")
    assert row is not None
    assert row["revision"] == 2


def test_it_holds_for_one_deployment() -> None:
    table = rows()
    journal = Journal(table, lambda: "now")
    write_control(table, lambda before: Control(3, Budget(write=500)))
    assert control_of(journal, 3) == Control(3, Budget(write=500))
    assert control_of(journal, 4) is None


def test_two_who_speak_at_once_are_both_heard() -> None:
    table = rows()
    write_control(table, lambda before: Control(3, Budget()))
    late: list[Control] = []

    def slow(before: Control | None) -> Control:
        if not late:
            late.append(write_control(table, lambda other: Control(3, Budget(read=7))))
        return Control(3, (before.budget if before else Budget()).changed(write=5))

    assert write_control(table, slow) == Control(3, Budget(read=7, write=5))


def test_whoever_is_always_second_is_told() -> None:
    table = rows()

    def change(before: Control | None) -> Control:
        write_control(table, lambda other: Control(3, Budget()))
        return Control(3, Budget(write=5))

    with pytest.raises(Conflict):
        write_control(table, change)


def test_a_row_that_was_spoilt_by_hand_is_named() -> None:
    table = rows()
    table.write(Put({"pk": "verdigris|budget", "sk": "verdigris|budget", "control": "{"}))
    with pytest.raises(StoreError, match=r"verdigris\|budget of the deploy table is not") as caught:
        read_control(table)
    assert "remove that row" in caught.value.next_command


def test_a_pause_in_words() -> None:
    assert paused_reason(Control(3, Budget()), "dev") == ""
    paused = Control(3, Budget(), "ada@here", "2026-11-23T18:00:00.123+00:00")
    assert paused_reason(paused, "dev") == "paused by ada@here at 2026-11-23 18:00:00 UTC: verdigris resume dev"
