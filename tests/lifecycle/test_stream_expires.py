"""The stream keeps 24 hours. A backfill that takes longer, and a tail that cannot keep up."""

from __future__ import annotations

import pytest
from tests.lifecycle.test_deployment_in_memory import MIGRATIONS, Writer, expected
from tests.lifecycle.world import World, some_items

from verdigris import runner
from verdigris.core.machine import State
from verdigris.core.model import Color, Phase
from verdigris.core.records import Intent, Record
from verdigris.errors import HintsLost, PhaseFailed
from verdigris.phases.base import Progress
from verdigris.phases.tail import tail
from verdigris.stores.memory_pointer import MemoryPointer

HOUR = 3600.0


@pytest.mark.parametrize("seed", range(10))
def test_a_backfill_of_three_days_loses_nothing(seed: int) -> None:
    """Each look at the progress takes hours; what the stream drops meanwhile is found by verify."""
    world = World(MIGRATIONS, page_items=3)
    world.pointer = MemoryPointer(Color.BLUE, clock=world.clock)
    world.live(some_items(60))
    writer = Writer(world, seed)
    stream: list[str] = []

    def on_record(record: Record) -> None:
        if isinstance(record.body, Intent) and record.body.step.startswith("fence"):
            writer.enabled = False
        writer()

    def on_progress(progress: Progress) -> None:
        writer()
        if progress.phase is Phase.BACKFILL:
            world.clock.sleep(20 * HOUR)
            facts = world.tables.describe("court-dev-alpha")
            if facts and facts.stream:
                stream.append(facts.stream)
                oldest_s = world.clock.now_s - 24 * HOUR
                world.tables.stream(facts.stream).trim(lambda change: change.at_s < oldest_s)

    world.heard, world.progress = on_record, on_progress
    bench = world.bench()
    assert runner.run(bench).state is State.BAKED, f"seed {seed}"
    assert stream, "the stream must have been trimmed"
    assert [step for step in bench.snapshot.steps if step.startswith("mark")] != ["mark"], "the mark was renewed"
    assert world.items("beta") == expected(world.items("alpha")), f"seed {seed}"


def test_a_backfill_in_time_keeps_its_mark() -> None:
    world = World(MIGRATIONS)
    world.live(some_items(20))
    bench = world.bench()
    runner.run(bench)
    assert [step for step in bench.snapshot.steps if step.startswith("mark")] == ["mark"]


def test_a_deployment_that_lay_still_after_its_backfill_takes_a_later_mark() -> None:
    world = World(MIGRATIONS)
    world.live(some_items(20))
    runner.run(world.bench(), until=Phase.BACKFILL)
    world.put("alpha", {"pk": "case|1", "sk": "case|1", "entityName": "Other", "n": 666})
    world.clock.sleep(30 * HOUR)
    facts = world.tables.describe("court-dev-alpha")
    assert facts
    assert facts.stream
    world.tables.stream(facts.stream).trim(lambda change: True)
    assert runner.run(world.bench()).state is State.BAKED
    assert world.items("beta") == expected(world.items("alpha"))


def test_a_shard_that_expired_while_a_deployment_lay_still_is_noticed_at_once() -> None:
    """A switch takes seconds: it would be through before the list of shards is read again."""
    world = World(MIGRATIONS)
    world.live(some_items(20))
    runner.run(world.bench(), until=Phase.EXERCISE)
    world.put("alpha", {"pk": "case|1", "sk": "case|1", "entityName": "Other", "n": 666})
    facts = world.tables.describe("court-dev-alpha")
    assert facts
    assert facts.stream
    stream = world.tables.stream(facts.stream)
    for shard in stream.shards():
        stream.split(shard.id)
    world.clock.sleep(30 * HOUR)
    stream.trim(lambda change: True)
    with pytest.raises(HintsLost):
        runner.run(world.bench())
    assert world.journal().flags().color is Color.BLUE


def test_the_tail_stops_before_a_record_expires() -> None:
    world = World(MIGRATIONS)
    world.live(some_items(20))
    bench = world.bench()
    runner.run(bench, until=Phase.REPLAY)
    following = tail(bench)
    world.clock.sleep(23.8 * HOUR)
    following.step()
    world.clock.sleep(23.95 * HOUR)
    with pytest.raises(PhaseFailed, match="about to drop changes") as caught:
        following.step()
    assert "verdigris abort dev" in caught.value.next_command


def test_people_are_told_how_long_the_stream_still_keeps_what_changed() -> None:
    world = World(MIGRATIONS)
    world.live(some_items(20))
    reasons: list[str] = []

    def on_progress(progress: Progress) -> None:
        reasons.append(progress.reason)
        if progress.phase is Phase.BACKFILL:
            world.clock.sleep(13 * HOUR)

    world.progress = on_progress
    runner.run(world.bench(), until=Phase.BACKFILL)
    assert any("the stream keeps what changed for" in reason for reason in reasons)
