"""The verdict: what the application was acknowledged, and nothing else, is what the tables hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verdigris.core.model import Color, Key, RawItem
from verdigris.core.ttl import expiry
from verdigris.testing.simulation.application import Due, Thing, due, forms, raw_of
from verdigris.testing.simulation.places import DESTINATION, RESERVED, SOURCE

if TYPE_CHECKING:
    from verdigris.testing.simulation.world import World

_EXPIRED = expiry("exp")


def judge(world: World, when: str) -> Due:
    """Compares the destination with what it is due, and the source, while it serves, with what was written there."""
    found = _living(world, DESTINATION)
    wanted = due(world.schedule.shape.migration, _unexpired(world), world.decided)
    for key in sorted({*found, *wanted.items}):
        there, item = found.get(key), wanted.items.get(key)
        if there != item:
            word = "lost" if there is None else "extra" if item is None else "stale"
            world.wrong.append(f"{word} {key[0]} {when}: {_text(there)} instead of {_text(item)}")
    if world.gate.live is Color.BLUE:
        kept = {(f"i{number}",): raw_of(number, thing) for number, thing in _unexpired(world).items()}
        if kept != _living(world, SOURCE):
            world.wrong.append(f"the source is not what the application wrote, {when}")
    return wanted


def judge_write(world: World, key: Key, item: RawItem | None) -> None:
    """While nobody has decided about an item, its own key gets nothing but what it once was."""
    application, decided = world.application, world.decided
    migration = world.schedule.shape.migration
    if key not in due(migration, application.things, decided).undecided:
        return
    was = forms(migration, key, application.past[int(key[0].removeprefix("i"))])
    if item is None and any(discarded == key for _, discarded, _ in decided.given_up):
        return
    if item not in was:
        word = "lost" if item is None else "stale"
        world.wrong.append(f"{word} {key[0]} while it waits in quarantine: {_text(item)}")


def _unexpired(world: World) -> dict[int, Thing]:
    now_s = world.scheduler.now_s
    return {n: thing for n, thing in world.application.things.items() if not 0 < thing.expires <= now_s}


def _living(world: World, table: str) -> dict[Key, RawItem]:
    """What a table holds, without beacons and without what has expired."""
    now_s, items = world.scheduler.now_s, world.tables.contents(table).items
    return {key: item for key, item in items.items() if key not in RESERVED and not _EXPIRED(item, now_s)}


def _text(item: RawItem | None) -> str:
    return "nothing" if item is None else item.decode()
