"""An index that the application builds: proven like any other, waited for while anything moves, then named."""

from __future__ import annotations

import pytest
from tests.lifecycle.consumed import Consumed
from tests.lifecycle.scenario import Plain, document

from verdigris.core.declared import Builder
from verdigris.core.model import Phase
from verdigris.core.records import PhaseDone
from verdigris.errors import PhaseFailed, Unverified
from verdigris.phases import watching
from verdigris.stores.memory_index import MemoryIndex
from verdigris.stores.searching import Document


def test_the_proof_counts_what_must_be_there() -> None:
    scenario = Consumed(2, writes=0)
    scenario.until(Phase.REINDEX)
    (evidence,) = [
        record.body.evidence
        for record in scenario.journal.records()
        if isinstance(record.body, PhaseDone) and record.body.phase is Phase.REINDEX
    ]
    scenario.index.refresh(scenario.new_index)
    assert evidence["indexes"] == 1
    assert evidence["documents"] == scenario.index.count(scenario.new_index) > 3


def test_what_the_consumer_does_not_write_is_named() -> None:
    scenario = Consumed(12, writes=0)
    for number in (1, 2):
        scenario.write(number, "User")
    scenario.reader.blind_to = {"case|1", "case|2"}
    with pytest.raises(Unverified, match=r"2 documents .*: contact of case\|1, contact of case\|2") as caught:
        scenario.until(Phase.REINDEX)
    assert "consumer" in caught.value.next_command
    assert scenario.bulks == 0
    scenario.reader.blind_to = set()
    scenario.write(1, "User")  # it sees these changes, and not what it has passed over
    scenario.write(2, "Other")
    scenario.to_end()
    assert scenario.verdict() == []


def test_one_that_has_nothing_read_when_the_stream_drops_records_is_too_late() -> None:
    scenario = Consumed(13, writes=0)
    scenario.until(Phase.VERIFY)
    scenario.world.clock.sleep(23.5 * 3600)
    with pytest.raises(PhaseFailed, match="has read nothing yet, and the stream"):
        scenario.until(Phase.REINDEX)


def test_preflight_stops_where_the_stream_would_drop_what_the_consumer_needs() -> None:
    """By a sample that takes an hour an item; an index of Verdigris's own is built from the table."""

    def slow(by: Builder) -> Consumed:
        scenario = Consumed(15, writes=0, by=by)

        def an_hour(item: Plain) -> tuple[str, Plain] | None:
            scenario.world.clock.sleep(3600)
            return document(item)

        scenario.world.document = an_hour
        return scenario

    with pytest.raises(PhaseFailed, match="which the application builds court-dev-case keeps") as caught:
        slow(Builder.APPLICATION).until(Phase.PREFLIGHT)
    assert "budget" in caught.value.next_command
    slow(Builder.VERDIGRIS).until(Phase.PREFLIGHT)


def test_one_that_is_far_behind_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """With many differences none is kept: the index grows, and is compared whole again."""
    monkeypatch.setattr(watching, "_MANY", 3)
    scenario = Consumed(16, writes=0.1)
    scenario.dice.random = lambda: 0.9  # type: ignore[method-assign]  # it reads nothing by itself
    slept = scenario.world.clock.sleep
    said: set[str] = set()

    def sleep(seconds: float) -> None:
        slept(seconds)
        if any("comparing every document" in reason for reason in said):
            scenario.reader.poll()

    monkeypatch.setattr(scenario.world.clock, "sleep", sleep)
    scenario.world.progress = lambda progress: said.add(progress.reason)
    scenario.to_end()
    assert scenario.verdict() == []
    assert any("documents so far, at least 3 are not yet" in reason for reason in said)


def test_one_that_is_far_behind_and_stays_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_MANY", 3)
    scenario = Consumed(17, writes=0)
    scenario.reader.blind_to = {f"case|{number}" for number in range(24)}
    began_s = scenario.world.clock()
    with pytest.raises(Unverified, match="at least 3 documents"):
        scenario.until(Phase.REINDEX)
    assert scenario.world.clock() - began_s < 2 * watching.PATIENCE_S


class Behind:
    """An index whose writer is always one document late."""

    def __init__(self, inner: MemoryIndex) -> None:
        self.named = inner.named
        self._inner = inner
        self._late: list[Document] = []

    def bulk(self, index: str, documents: list[Document]) -> None:
        self._late += documents
        ready, self._late = self._late[:-1], self._late[-1:]
        self._inner.bulk(index, ready)


def test_what_changes_all_the_time_on_both_sides_is_in_motion() -> None:
    """One case changes between any two looks, and its document is always one change behind."""
    scenario = Consumed(18, writes=0)
    for number in range(24):
        scenario.write(number, "Case" if number == 3 else None)
    scenario.until(Phase.VERIFY)
    scenario.reader.index = Behind(scenario.index)  # type: ignore[assignment]
    slept = scenario.world.clock.sleep

    def sleep(seconds: float) -> None:
        slept(seconds)
        scenario.write(3, "Case")

    scenario.world.clock.sleep = sleep  # type: ignore[method-assign]
    scenario.until(Phase.REINDEX)
    (evidence,) = [
        record.body.evidence
        for record in scenario.journal.records()
        if isinstance(record.body, PhaseDone) and record.body.phase is Phase.REINDEX
    ]
    assert (evidence["documents"], evidence["in_motion"]) == (1, 1)
