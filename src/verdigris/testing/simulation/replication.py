"""Tables of which some have a replica in another region: what is written at home arrives there later, key by key."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from random import Random

from verdigris.core.model import Key, RawItem
from verdigris.stores.memory import MemoryTables
from verdigris.stores.memory_replicas import MemoryReplicas
from verdigris.testing.simulation.schedule import Schedule, Shape

#: The other region.
REGION = "west"


class Replicated(MemoryTables):
    """Tables at home. `there` are their replicas, as far as `arrive` has brought them.

    A change arrives after up to `lag_s` seconds, and never before an earlier one of its key; those of different keys
    overtake each other.
    """

    def __init__(self, shape: Shape, lag_s: float, dice: Random, clock: Callable[[], float]) -> None:
        super().__init__(page_items=shape.page_items, shards=shape.shards, page_records=shape.page_records, clock=clock)
        self.replicas = MemoryReplicas(self)
        self.there = MemoryTables(page_items=shape.page_items)
        self._lag_s, self._dice, self._now_s = lag_s, dice, clock
        #: when each change arrives, in order: (seconds, number, table, key, what is there then)
        self._under_way: list[tuple[float, int, str, Key, RawItem | None]] = []
        self._sent = 0
        #: when the last change of a key arrives
        self._last_s: dict[tuple[str, Key], float] = {}
        self._halted_until_s = 0.0
        #: the keys that were alike since they were last written
        self._agreed: set[tuple[str, Key]] = set()

    def agreed(self, name: str, key: Key) -> bool:
        """Whether both sides were alike at this key at some moment since it was last written at home: a look could not
        tell more. An earlier value may be like the last one; then what was between them is still to come."""
        return (name, key) in self._agreed

    def replicate(self, name: str, region: str) -> None:
        """Makes a replica, if there is none; what the table holds by then arrives as changes do."""
        contents = self.contents(name)
        self.replicas.add(name, region)
        if self.there.describe(name) is None:
            self.there.create(name, contents.shape)
            for key, item in contents.items.items():
                self._send(name, key, item)

    def halt(self, seconds: float) -> None:
        """From now on nothing arrives for so long."""
        self.arrive()
        self._halted_until_s = max(self._halted_until_s, self._now_s() + seconds)

    def arrive(self) -> None:
        """What is due by now is there."""
        now_s, under_way = self._now_s(), self._under_way
        if now_s < self._halted_until_s:
            return
        while under_way and under_way[0][0] <= now_s:
            _, _, name, key, item = heappop(under_way)
            if item is None:
                self.there.remove(name, key)
            else:
                self.there.put(name, item)
            self._compare(name, key)

    def put(self, name: str, item: RawItem) -> None:
        self.arrive()
        super().put(name, item)
        self._send(name, self.contents(name).key_in(item), item)

    def remove(self, name: str, key: Key) -> None:
        self.arrive()
        super().remove(name, key)
        self._send(name, key, None)

    def delete(self, name: str) -> None:
        """Its replica goes first."""
        self.there.delete(name)
        self._under_way = sorted(change for change in self._under_way if change[2] != name)
        super().delete(name)

    def _send(self, name: str, key: Key, item: RawItem | None) -> None:
        if self.there.describe(name) is None:
            return
        at_s = max(self._last_s.get((name, key), 0.0), self._now_s() + self._dice.random() * self._lag_s)
        self._last_s[name, key] = at_s
        self._sent += 1
        heappush(self._under_way, (at_s, self._sent, name, key, item))
        self._agreed.discard((name, key))
        self._compare(name, key)

    def _compare(self, name: str, key: Key) -> None:
        if self.contents(name).items.get(key) == self.there.contents(name).items.get(key):
            self._agreed.add((name, key))


def tables_of(schedule: Schedule, clock: Callable[[], float]) -> MemoryTables:
    """The tables of a schedule; `clock` gives seconds."""
    shape = schedule.shape
    if shape.lag_s is not None:
        return Replicated(shape, shape.lag_s, Random(schedule.seed ^ 0x1A6), clock)
    return MemoryTables(page_items=shape.page_items, shards=shape.shards, page_records=shape.page_records, clock=clock)
