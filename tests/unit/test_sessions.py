"""Which deployment is looked at."""

from __future__ import annotations

from tests.unit.cli import sample

from verdigris.commands.sessions import latest
from verdigris.core.records import Started
from verdigris.journal.journal import Holder, Journal
from verdigris.journal.memory import MemoryRows


def test_the_last_one_or_the_one_that_is_named() -> None:
    rows = MemoryRows(created=True)
    journal = Journal(rows, lambda: "2026-11-23T18:15:42.000+00:00")
    assert latest(journal) is None
    journal.acquire(Holder("me", "me", "here", 1, "0", "test", "now"), 15, journal.lease())
    for number, plan in ((1, sample.PLAN), (2, sample.COLOR_PLAN)):
        journal.append(number, 1, Started(plan))
    found = latest(journal)
    assert found is not None
    assert (found.deployment, found.plan) == (2, sample.COLOR_PLAN)
    first = latest(journal, 1)
    assert first is not None
    assert (first.deployment, first.plan) == (1, sample.PLAN)
    assert latest(journal, 3) is None, "it has not begun"
    assert latest(Journal(MemoryRows(), str), 1) is None, "there is no deploy table"
