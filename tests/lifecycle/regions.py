"""An environment in two regions, and a replica that replication does not reach in time."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
import pytest
from tests.lifecycle.world import World, some_items

from verdigris.core.model import Key, RawItem, Segment
from verdigris.core.transform import Migration
from verdigris.stores.base import ScanPage, Table

WEST, BETA = "us-west-1", "court-dev-beta"
SEVEN = ("case|7", "case|7")
MIGRATION = Migration("0001_mark.py", up=lambda item: item | {"marked": True})


def live() -> World:
    world = World(migrations=[MIGRATION], regions=(WEST,))
    world.live(some_items(40))
    world.replicas.add("court-dev-alpha", WEST)
    return world


class Behind:
    """A replica to which the changes of one key have not come until `arrives_s`."""

    def __init__(self, world: World, table: Table, missing: Key, arrives_s: float) -> None:
        self.name, self.key = table.name, table.key
        self._world, self._table, self._missing, self._arrives_s = world, table, missing, arrives_s

    def scan(self, segment: Segment, start: str | None) -> ScanPage:
        page = self._table.scan(segment, start)
        return ScanPage([item for item in page.items if not self._hides(self.key_of(item))], page.next)

    def read(self, keys: Sequence[Key]) -> dict[Key, RawItem]:
        return {key: item for key, item in self._table.read(keys).items() if not self._hides(key)}

    def write(self, puts: Sequence[RawItem], deletes: Sequence[Key] = ()) -> None:
        raise AssertionError("nobody writes a replica")

    def key_of(self, item: RawItem) -> Key:
        return self._world.tables.contents(self.name).key_in(item)

    def _hides(self, key: Key) -> bool:
        return key == self._missing and self._world.clock() < self._arrives_s


def behind(world: World, monkeypatch: pytest.MonkeyPatch, by_s: float = 1e9, key: Key = SEVEN) -> None:
    """From now on item `key` is not in the other region, for so long (seconds)."""
    arrives_s, table = world.clock() + by_s, world.replicas.table
    monkeypatch.setattr(
        world.replicas, "table", lambda name, region: Behind(world, table(name, region), key, arrives_s)
    )


class Respelt:
    """A table that gives an item's attributes in another order each time, and never as they were written: the service
    promises none. Its items have three or more."""

    def __init__(self, table: Table) -> None:
        self.name, self.key, self.scan, self.write = table.name, table.key, table.scan, table.write
        self._table, self._asked = table, 0

    def read(self, keys: Sequence[Key]) -> dict[Key, RawItem]:
        self._asked += 1
        return {key: self._spelt(item) for key, item in self._table.read(keys).items()}

    def _spelt(self, item: RawItem) -> RawItem:
        attributes = list(orjson.loads(item).items())
        turn = 1 + self._asked % (len(attributes) - 1)
        return orjson.dumps(dict(attributes[turn:] + attributes[:turn]))
