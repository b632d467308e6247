"""A migration that refuses items, a world with such items, and what people do about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from tests.lifecycle.world import World

from verdigris import runner
from verdigris.core.planning import PendingMigration
from verdigris.core.quarantine import Entry
from verdigris.core.snapshot import Snapshot
from verdigris.core.transform import Migration
from verdigris.errors import PhaseFailed
from verdigris.journal.journal import Journal
from verdigris.journal.quarantine import QuarantineRows
from verdigris.phases import redriving

Item = dict[str, Any]
BAD = ("case|7", "case|7")
INDEX = "court-dev-case-beta-1"


def double(item: Item) -> Item:
    return item | {"double": item["n"] * 2}


def double_or_none(item: Item) -> Item:
    return item | {"double": item.get("n", 0) * 2}


def moved(item: Item) -> Item:
    """Two items with one name come to one key."""
    return {"pk": f"name|{item['name']}", "sk": "name", "n": item["n"]}


REFUSING = Migration("0001_double.py", up=double, selects={"entityName": "Case"})
MENDED = Migration("0001_double.py", up=double_or_none, selects={"entityName": "Case"})
MOVING = Migration("0001_names.py", up=moved)


def item(number: int, **more: Any) -> Item:
    return {"pk": f"case|{number}", "sk": f"case|{number}", "entityName": "Case", "n": number, **more}


def bad_item(number: int = 7) -> Item:
    """The migration needs `n`."""
    return {name: value for name, value in item(number).items() if name != "n"}


def begin(items: Sequence[Item], migration: Migration = REFUSING, **settings: Any) -> World:
    world = World([migration])
    world.settings = replace(world.settings, **settings)
    world.live(items)
    return world


def many(count: int = 200) -> list[Item]:
    return [item(number) if number != 7 else bad_item() for number in range(count)]


def deploy(world: World, **options: Any) -> Snapshot:
    return runner.run(world.bench(), **options)


def stopped(world: World) -> PhaseFailed:
    with pytest.raises(PhaseFailed) as caught:
        deploy(world)
    return caught.value


def entries(world: World) -> list[Entry]:
    """As everybody may look at them, without a lease."""
    journal = Journal(world.rows, world.clock.iso)
    return QuarantineRows(journal, journal.deployments()).entries()


def wanted(items: Sequence[Item]) -> dict[tuple[str, ...], Item]:
    """What the migration makes of good items, written out."""
    doubled = {"double": lambda n: {"N": str(n * 2)}}
    return {
        (one["pk"], one["sk"]): {
            "pk": {"S": one["pk"]},
            "sk": {"S": one["sk"]},
            "entityName": {"S": "Case"},
            "n": {"N": str(one["n"])},
            "double": doubled["double"](one["n"]),
        }
        for one in items
    }


def mend(world: World, *migrations: Migration) -> redriving.Redriven:
    """What `verdigris quarantine redrive` does when the files have changed."""
    bench = world.bench()
    changed = tuple(PendingMigration(one.name, "mended") for one in migrations)
    redriving.mend(bench.journal, bench.log, "tester", changed)
    world.migrations = migrations
    return redriving.redrive(world.bench())
