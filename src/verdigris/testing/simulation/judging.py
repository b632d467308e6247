"""The verdict: what the application was acknowledged, and nothing else, is what the tables hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from verdigris.core.model import Color, Key, Phase, RawItem
from verdigris.core.snapshot import Snapshot
from verdigris.core.ttl import expiry
from verdigris.stores.memory import MemoryTables
from verdigris.testing.simulation.application import Due, Thing, Things, due, forms, raw_of
from verdigris.testing.simulation.documents import ALIAS, LIVE, documents_due, made_by
from verdigris.testing.simulation.places import DESTINATION, RESERVED, SOURCE
from verdigris.testing.simulation.replication import Replicated

if TYPE_CHECKING:
    from verdigris.testing.simulation.world import World

_EXPIRED = expiry("exp")


def judge(world: World, when: str, live: Color) -> Due:
    """Compares each table with what the application has in its color, or had there when it left; the destination holds
    what the migrations make of it. Before the first switch both colors are to have the same."""
    things = world.application.things
    old, new = (things if color is live else world.left.get(color, things) for color in Color)
    wanted = due(world.schedule.shape.migration, _unexpired(world, new), world.decided)
    _compare(world, when, DESTINATION, wanted.items)
    _compare(world, when, SOURCE, {(f"i{n}",): raw_of(n, thing) for n, thing in _unexpired(world, old).items()})
    return wanted


def judge_proven(world: World, when: str, since_s: float) -> None:
    """A quiet point: the deployment says that every change from before `since_s` (seconds) is in the destination. So
    what each key is due, unless that changed since, is there.

    Nothing is said while somebody must decide, or has decided, about something: keys keep values then.
    """
    application, decided, migration = world.application, world.decided, world.schedule.shape.migration
    now = due(migration, _unexpired(world, application.things), decided)
    if now.undecided or decided.given_up or decided.mended:
        return
    found = _living(world, DESTINATION)
    if found == now.items:
        return
    still = {key for key in {**found, **now.items} if found.get(key) != now.items.get(key)}
    for things in application.since(since_s):
        then = due(migration, _unexpired(world, things), decided)
        still = {key for key in still if then.items.get(key) == now.items.get(key)} if not then.undecided else set()
    _name(world, when, {key: found.get(key) for key in still}, now.items)


def judge_write(world: World, key: Key, item: RawItem | None) -> None:
    """While nobody has decided about an item, its own key gets nothing but what it once was."""
    if world.tables.describe(DESTINATION) is None:
        return  # late, from a deployment that was aborted
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


def judge_told(world: World, snapshot: Snapshot) -> None:
    """The evidence of the switch names what was given up, and nothing else."""
    told = {entry["key"] for entry in snapshot.phases[Phase.SWITCH].evidence.get("discarded", ())}
    if told != {"/".join(key) for key in world.due.given_up}:
        world.wrong.append(f"{sorted(world.due.given_up)} were given up, and the switch names {sorted(told)}")


def judge_documents(world: World, when: str) -> None:
    """The new color's index holds the documents of what the new table held at the switch; the alias follows the color.

    What was written since then has consumers of its own, which are none of a deployment's business.
    """
    _compare_documents(world, when, documents_due(world.due.items))
    if world.indexes.stored(LIVE):
        world.wrong.append(f"extra documents in the old color's index {when}")


def judge_alias(world: World, live: Color) -> None:
    """Once the deployment is through, the alias names the index of the color that is live."""
    wanted = LIVE if live is Color.BLUE else made_by(world.deployments)
    if (found := world.indexes.alias(ALIAS)) != wanted:
        world.wrong.append(f"the alias names {found} instead of {wanted}")


def judge_reindexed(world: World) -> None:
    """The index was proven: it holds the documents of what is in the destination, whatever that is."""
    _compare_documents(world, "though that was proven", documents_due(_living(world, DESTINATION)))


def _compare_documents(world: World, when: str, wanted: Mapping[str, Mapping[str, Any]]) -> None:
    now_s = world.scheduler.now_s
    found = {
        id_: body
        for id_, body in world.indexes.stored(made_by(world.deployments)).items()
        if not 0 < body.get("exp", 0) <= now_s
    }
    wanted = {id_: body for id_, body in wanted.items() if not 0 < body.get("exp", 0) <= now_s}
    for id_ in sorted({*found, *wanted}):
        there, body = found.get(id_), wanted.get(id_)
        if there != body:
            word = "lost" if there is None else "extra" if body is None else "stale"
            world.wrong.append(f"{word} document {id_} {when}: {there} instead of {body}")


def judge_replica(world: World, when: str) -> None:
    """The other region may be sent the traffic: it holds what the destination holds, as far as looks can tell."""
    tables = world.tables
    if not isinstance(tables, Replicated):
        return
    if tables.there.describe(DESTINATION) is None:
        world.wrong.append(f"the table {DESTINATION} is gone in the other region {when}")
        return
    tables.arrive()
    home, there = _living(world, DESTINATION), _unreserved(world, tables.there, DESTINATION)
    differing = {
        key: there.get(key)
        for key in {**home, **there}
        if home.get(key) != there.get(key) and not tables.agreed(DESTINATION, key)
    }
    _name(world, f"in the other region {when}", differing, home)


def judge_forward(world: World) -> None:
    """The old color wrote nothing since the way back, or it would be lost now."""
    if _unexpired(world, world.left[Color.BLUE]) != _unexpired(world, world.returned):
        world.wrong.append("lost: what the old color wrote between the way back and the way forward")


def judge_aborted(world: World) -> None:
    """Nothing of the deployment is left, and the source is what the application wrote."""
    if world.tables.describe(DESTINATION) is not None:
        world.wrong.append("an aborted deployment left its table")
    if world.indexes.exists(made_by(world.deployments)):
        world.wrong.append("an aborted deployment left its index")
    for kind in ("checkpoint", "quarantine"):
        if left := world.rows.scan(f"verdigris|{kind}"):
            world.wrong.append(f"an aborted deployment left {len(left)} rows: {kind}")
    things = _unexpired(world, world.application.things)
    _compare(world, "after the abort", SOURCE, {(f"i{n}",): raw_of(n, thing) for n, thing in things.items()})


def _compare(world: World, when: str, table: str, wanted: dict[Key, RawItem]) -> None:
    if world.tables.describe(table) is None:
        world.wrong.append(f"the table {table} is gone {when}")
        return
    found = _living(world, table)
    differing = {key: found.get(key) for key in {**found, **wanted} if found.get(key) != wanted.get(key)}
    _name(world, when if table == DESTINATION else f"in the source {when}", differing, wanted)


def _name(world: World, when: str, differing: Mapping[Key, RawItem | None], wanted: Mapping[Key, RawItem]) -> None:
    for key in sorted(differing):
        there, item = differing[key], wanted.get(key)
        word = "lost" if there is None else "extra" if item is None else "stale"
        world.wrong.append(f"{word} {key[0]} {when}: {_text(there)} instead of {_text(item)}")


def _unexpired(world: World, things: Things) -> dict[int, Thing]:
    now_s = world.scheduler.now_s
    return {n: thing for n, thing in things.items() if not 0 < thing.expires <= now_s}


def _living(world: World, table: str) -> dict[Key, RawItem]:
    """What a table holds, without beacons and without what has expired."""
    return _unreserved(world, world.tables, table)


def _unreserved(world: World, tables: MemoryTables, table: str) -> dict[Key, RawItem]:
    """The same, at home or in the other region."""
    now_s, items = world.scheduler.now_s, tables.contents(table).items
    return {key: item for key, item in items.items() if key not in RESERVED and not _EXPIRED(item, now_s)}


def _text(item: RawItem | None) -> str:
    return "nothing" if item is None else item.decode()
