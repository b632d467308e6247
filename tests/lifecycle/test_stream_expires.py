"""The stream keeps 24 hours. A backfill that takes longer, and a tail that cannot keep up."""

from __future__ import annotations

import random
from typing import Any
from unittest.mock import patch

import pytest
from tests.lifecycle.refusals import begin, deploy, many
from tests.lifecycle.test_deployment_in_memory import MIGRATIONS, Writer, expected
from tests.lifecycle.world import World, some_items

from verdigris import runner
from verdigris.core.machine import Event, State
from verdigris.core.model import Color, Key, Phase
from verdigris.core.records import Intent, Record, Said
from verdigris.core.settling import Settled
from verdigris.core.transform import Migration
from verdigris.errors import HintsLost, PhaseFailed, Unreachable
from verdigris.phases.base import Progress
from verdigris.phases.settling import Settler
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
    world.clock.sleep(1 * HOUR)
    stream.trim(lambda change: True)
    with pytest.raises(HintsLost):
        runner.run(world.bench())
    assert world.journal().flags().color is Color.BLUE
    assert runner.run(world.bench()).state is State.BAKED
    assert world.items("beta") == expected(world.items("alpha"))


def test_the_tail_stops_before_a_record_expires_and_the_next_run_needs_no_stream() -> None:
    world = World(MIGRATIONS)
    world.live(some_items(20))
    bench = world.bench()
    runner.run(bench, until=Phase.REPLAY)
    following = tail(bench)
    world.clock.sleep(23.7 * HOUR)
    for _ in range(3):
        following.step()  # it finds out that nothing is left to be settled
    world.put("alpha", {"pk": "case|1", "sk": "case|1", "entityName": "Other", "n": 666})
    world.clock.sleep(23.8 * HOUR)
    with pytest.raises(HintsLost, match="about to drop changes"):
        following.step()
    trim(world, 0)
    bench = world.bench()
    assert runner.run(bench).state is State.BAKED
    assert bench.snapshot.losses == 1
    assert bench.snapshot.phases[Phase.VERIFY].evidence["repaired_keys"] == ["case|1/case|1", "case|1/contact|case|1"]
    assert world.items("beta") == expected(world.items("alpha"))


def test_what_verify_saw_refused_is_not_forgotten_with_the_run_that_saw_it() -> None:
    """No hint names the item, and what was read of the source is not read again: so the entry is durable before."""
    world = begin(many())
    deploy(world, until=Phase.BACKFILL)
    world.put("alpha", {"pk": "case|late", "sk": "case|late", "entityName": "Case"})
    world.clock.sleep(30 * HOUR)
    trim(world, 0)
    settle = Settler.hints

    def cut(settler: Settler, hints: dict[Key, set[Key]], *more: Any, **named: Any) -> Settled:
        if ("case|late", "case|late") in hints:
            raise Unreachable("no answer")
        return settle(settler, hints, *more, **named)

    with patch.object(Settler, "hints", cut), pytest.raises(Unreachable):
        deploy(world)
    assert deploy(world, until=Phase.VERIFY).phases[Phase.VERIFY].evidence["quarantined"] == 2


def trim(world: World, hours: float) -> None:
    """The service drops what is older."""
    stream = world.tables.stream(world.tables.enable_stream("court-dev-alpha"))
    oldest_s = world.clock.now_s - hours * HOUR
    stream.trim(lambda change: change.at_s < oldest_s)


@pytest.mark.parametrize("shards", [1, 5])
@pytest.mark.parametrize("phase", [Phase.REPLAY, Phase.VERIFY, Phase.REINDEX, Phase.EXERCISE, Phase.APPROVE])
def test_a_deployment_that_lay_still_for_a_day_loses_nothing(phase: Phase, shards: int) -> None:
    """Also where nothing was ever read of a shard: then no position in it tells that records are gone."""
    world = World(MIGRATIONS, shards=shards)
    world.live(some_items(60))
    runner.run(world.bench(), until=phase)
    stream = world.tables.stream(world.tables.enable_stream("court-dev-alpha"))
    for number in range(0, 60, 3):
        world.put("alpha", {"pk": f"case|{number}", "sk": f"case|{number}", "entityName": "User", "n": 666})
        world.delete("alpha", (f"case|{number + 1}", f"case|{number + 1}"))
    stream.split(stream.shards()[0].id)
    world.clock.sleep(23.8 * HOUR)
    trim(world, 0)
    bench = world.bench()
    assert runner.run(bench).state is State.BAKED
    assert bench.snapshot.losses == 1
    assert bench.snapshot.phases[Phase.VERIFY].evidence["repaired"] > 30
    assert world.items("beta") == expected(world.items("alpha"))
    assert world.beacons() == []


def test_a_day_between_two_looks_at_the_gate_is_no_loss_when_the_tail_ran() -> None:
    world = World(MIGRATIONS)
    world.live(some_items(20))
    runner.run(world.bench(), until=Phase.VERIFY)
    for _ in range(3):
        world.clock.sleep(23 * HOUR)
        tail(world.bench()).catch_up()
    bench = world.bench()
    assert runner.run(bench).state is State.BAKED
    assert bench.snapshot.losses == 0


@pytest.mark.parametrize("seed", range(15))
def test_a_stream_that_drops_what_a_slow_runner_has_not_read(seed: int) -> None:
    """Whatever it keeps, and whenever; the same command again ends the deployment."""
    dice = random.Random(seed)
    world = World(MIGRATIONS, page_items=3, shards=dice.choice([1, 3]))
    world.pointer = MemoryPointer(Color.BLUE, clock=world.clock)
    world.live(some_items(60))
    writer = Writer(world, seed)
    drops = [6]

    def on_record(record: Record) -> None:
        if isinstance(record.body, Intent) and record.body.step.startswith("fence"):
            writer.enabled = False
        writer()

    def on_progress(progress: Progress) -> None:
        writer()
        if progress.phase in (Phase.REPLAY, Phase.VERIFY) and drops[0] and dice.random() < 0.6:
            drops[0] -= 1
            world.clock.sleep(dice.choice([1, 13, 23.5]) * HOUR)
            trim(world, 0 if dice.random() < 0.5 else 24)

    world.heard, world.progress = on_record, on_progress
    for _ in range(30):
        try:
            snapshot = runner.run(world.bench())
        except HintsLost:
            continue
        break
    assert snapshot.state is State.BAKED
    assert drops[0] < 6
    assert world.items("beta") == expected(world.items("alpha")), f"seed {seed}"


def test_what_moved_while_hints_were_lost_is_claimed_by_verify() -> None:
    """Two items trade a key, and it looks as before. A later collision on it must still be known as one."""
    moving = Migration(
        "0001_move.py", lambda item: {"pk": item["to"], "sk": item["to"], "entityName": "Moved", "n": item["n"]}
    )
    world = World((moving,))
    one = {"pk": "one", "sk": "one", "to": "there", "n": 1}
    two = {"pk": "two", "sk": "two", "to": "elsewhere", "n": 1}
    world.live([one, two])
    runner.run(world.bench(), until=Phase.VERIFY)
    world.put("alpha", one | {"to": "elsewhere"}, two | {"to": "there"})
    world.clock.sleep(30 * HOUR)
    trim(world, 24)
    bench = world.bench()
    runner.run(bench, until=Phase.EXERCISE)
    assert bench.snapshot.losses == 1
    world.put("alpha", one | {"n": 2})
    with pytest.raises(PhaseFailed, match="1 item is in quarantine"):
        runner.run(world.bench())


def test_going_forward_again_after_a_day_is_refused() -> None:
    """What the old color wrote meanwhile is not known."""
    world = World(MIGRATIONS)
    world.live(some_items(20))
    bench = world.bench()
    runner.run(bench)
    for event in (Event.ROLLBACK, Event.FORWARD):
        world.clock.sleep(30 * HOUR)
        bench = world.bench()
        bench.log.append(Said(event, "tester"))
        if event is Event.ROLLBACK:
            runner.run(bench)
    with pytest.raises(HintsLost) as caught:
        runner.run(bench)
    assert caught.value.next_command == "verdigris abort dev"
    assert world.bench().snapshot.live == "blue"


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
    assert any("the stream keeps what is not settled yet for" in reason for reason in reasons)
