"""What the service does by itself: items expire, shards of the stream split, a day passes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from verdigris.core.model import Change, Color
from verdigris.stores.memory_stream import MemoryStream
from verdigris.testing.simulation.application import Thing
from verdigris.testing.simulation.places import RESERVED, SOURCE
from verdigris.testing.simulation.replication import Replicated
from verdigris.testing.simulation.schedule import Day, Halt, Split

if TYPE_CHECKING:
    from verdigris.testing.simulation.world import World

#: Longer than a stream keeps anything.
_DAY_S = 90_000.0


def expire(world: World, number: int, thing: Thing) -> None:
    """Deletes an item of the source some time after it has expired, whatever a fence may hold."""
    world.scheduler.sleep(max(thing.expires - world.scheduler.now_s, 0.0) + thing.value % 5 * 0.3)
    if world.gate.live is Color.BLUE and world.application.things.get(number) == thing:
        del world.application.things[number]
        world.tables.remove(SOURCE, (f"i{number}",))


def stand_still(world: World, day: Day) -> None:
    world.wait_for(day.since)
    world.scheduler.sleep(day.nap_s)
    world.scheduler.now_s += _DAY_S
    _stream(world).trim(lambda change: True)


def halt_replication(world: World, halt: Halt) -> None:
    world.wait_for(halt.since)
    world.scheduler.sleep(halt.nap_s)
    if isinstance(world.tables, Replicated):
        world.tables.halt(halt.seconds)


def divide(world: World, split: Split) -> None:
    world.wait_for(split.since)
    world.scheduler.sleep(split.nap_s)
    shards = [shard.id for shard in _stream(world).shards() if not shard.closed]
    _stream(world).split(shards[0], split.into if len(shards) < world.allowed.shards else 1)


def bared(change: Change) -> Change:
    """The change as a stream without images gives it; beacons keep theirs."""
    return change if change.key in RESERVED else replace(change, old=None, new=None)


def _stream(world: World) -> MemoryStream:
    return world.tables.stream(world.tables.enable_stream(SOURCE))
