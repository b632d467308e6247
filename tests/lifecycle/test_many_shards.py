"""A source whose stream has several open shards, which split whenever they like."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from tests.lifecycle.perils import Kills
from tests.lifecycle.scenario import Scenario, each_call
from tests.lifecycle.test_deployment_in_memory import MIGRATIONS, Writer, expected
from tests.lifecycle.test_killed_anywhere import assert_as_before
from tests.lifecycle.world import World, some_items

from verdigris import runner
from verdigris.core.lineage import open_leaves
from verdigris.core.machine import Event, State
from verdigris.core.model import Color, Phase, Shard
from verdigris.core.records import Intent, Record, Said
from verdigris.errors import PhaseFailed
from verdigris.phases.tail import tail
from verdigris.stores.memory_pointer import MemoryPointer
from verdigris.stores.memory_stream import MemoryStream


def many(shards: int) -> World:
    world = World(MIGRATIONS, shards=shards)
    world.pointer = MemoryPointer(Color.BLUE, clock=world.clock)
    world.live(some_items(40))
    return world


def stream_of(world: World) -> MemoryStream:
    return world.tables.stream(world.tables.enable_stream("court-dev-alpha"))


def split(world: World, dice: random.Random) -> None:
    if world.tables.describe("court-dev-alpha") is None:
        return  # finalized
    stream = stream_of(world)
    stream.split(dice.choice(open_leaves(stream.shards())), dice.choice([1, 2]))


def is_fence(record: Record) -> bool:
    return isinstance(record.body, Intent) and record.body.step.startswith("fence")


@pytest.mark.parametrize("shards", [2, 3, 20, 100])
def test_every_shard_gives_a_beacon_back_and_the_switch_goes_through(shards: int) -> None:
    world = many(shards)
    writer = Writer(world, seed=shards)

    def on_record(record: Record) -> None:
        writer.enabled &= not is_fence(record)
        writer()

    world.heard = on_record
    assert runner.run(world.bench()).state is State.BAKED
    assert world.items("beta") == expected(world.items("alpha"))
    assert world.beacons() == []


def test_what_was_learned_costs_one_beacon_a_shard_also_in_the_next_runner() -> None:
    world = many(10)
    runner.run(world.bench(), until=Phase.REPLAY)
    learned = len(world.beacons())
    assert learned > 10
    for _ in range(2):
        before = _written(world)
        tail(world.bench()).catch_up()
        assert _written(world) - before == 10
    assert len(world.beacons()) == learned


def _written(world: World) -> int:
    stream, found = stream_of(world), 0
    for shard in stream.shards():
        found += sum(change.key in world.settings.reserved for change in stream.read(shard.id, None).changes)
    return found


@pytest.mark.parametrize("shards", [1, 3])
def test_a_shard_that_splits_under_the_fence_is_followed(shards: int) -> None:
    world = many(shards)
    dice = random.Random(shards)

    def on_record(record: Record) -> None:
        if is_fence(record):
            for _ in range(3):
                split(world, dice)

    world.heard = on_record
    before = len(open_leaves(stream_of(world).shards()))
    assert runner.run(world.bench()).state is State.BAKED
    assert len(open_leaves(stream_of(world).shards())) > before
    assert world.beacons() == []


class Late:
    """A stream of which one shard splits when writes are held, and whose children give nothing for a while."""

    def __init__(self, inner: MemoryStream, world: World) -> None:
        self._inner = inner
        self._world = world

    def shards(self) -> Sequence[Shard]:
        return self._inner.shards()

    def read(self, shard: str, after: str | None) -> Any:
        self._world.clock.sleep(0.5)
        page = self._inner.read(shard, after)
        if self._world.pointer and self._world.pointer.read().fence and shard not in self._old():
            return replace(page, changes=[], last=after, ended=False)
        return page

    def _old(self) -> set[str]:
        return {shard.id for shard in self._inner.shards() if shard.parent is None}


def test_a_shard_that_is_not_reached_in_time_gives_the_switch_up() -> None:
    world = many(2)
    world.expose = lambda port, name: Late(port, world) if name == "stream" else port
    world.heard = lambda record: split(world, random.Random(1)) if is_fence(record) else None
    with pytest.raises(PhaseFailed, match="the switch was given up: the beacons did not come back"):
        runner.run(world.bench())
    assert world.pointer
    assert world.pointer.read().fence is None
    assert world.bench().snapshot.live == "blue"
    world.expose, world.heard = lambda port, name: port, lambda record: None
    assert runner.run(world.bench()).state is State.BAKED
    assert world.beacons() == []


class Unreachable:
    """A stream that lists one more shard, to which no key goes: as if it were for a part of one partition key."""

    def __init__(self, inner: MemoryStream) -> None:
        self._inner = inner

    def shards(self) -> Sequence[Shard]:
        return [*self._inner.shards(), Shard("hot", None, closed=False)]

    def read(self, shard: str, after: str | None) -> Any:
        page = self._inner.read(self._inner.shards()[0].id if shard == "hot" else shard, after)
        return replace(page, changes=[], last=after, ended=False) if shard == "hot" else page


def test_a_shard_that_no_beacon_reaches_refuses_before_anything_is_held() -> None:
    world = many(2)
    runner.run(world.bench(), until=Phase.APPROVE)
    world.expose = lambda port, name: Unreachable(port) if name == "stream" else port
    fences: list[Record] = []
    world.heard = lambda record: fences.append(record) if is_fence(record) else None
    with pytest.raises(PhaseFailed, match=r"1 open shards .* were not reached by a beacon under any of 192 keys"):
        runner.run(world.bench())
    assert fences == []
    assert world.pointer
    assert world.pointer.read().fence is None
    bench = world.bench()
    bench.log.append(Said(Event.ABORT, "tester"))
    assert runner.run(bench).state is State.ABORTED
    assert world.beacons() == []


@pytest.mark.parametrize("seed", range(20))
def test_killed_again_and_again_while_shards_split(seed: int) -> None:
    dice = random.Random(seed)
    scenario = Scenario(seed, writes=0.3, kills=Kills(*dice.sample(range(400), 12)), shards=3)
    scenario.world.heard = lambda record: split(scenario.world, dice) if dice.random() < 0.2 else None
    scenario.to_end()
    assert scenario.verdict() == [], f"seed {seed}, killed at {scenario.kills.killed}"


def test_killed_at_every_call_of_an_abort_no_beacon_stays() -> None:
    def undoing(seed: int) -> Scenario:
        scenario = Scenario(seed, shards=3)
        scenario.until(Phase.REPLAY)
        return scenario

    for scenario in each_call(undoing):
        assert len(scenario.world.beacons()) > 2
        scenario.command(State.ABORTED, Event.ABORT)
        assert_as_before(scenario)
