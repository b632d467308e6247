"""What the traffic generator knows: each entity as its last acknowledged write left it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import Random
from typing import NamedTuple
from zlib import crc32

from court.entities import Entity, Ref


class Slot(NamedTuple):
    """One entity, immutable: a reader that finds the same slot before and after its read saw no write between.

    `color` acknowledged the last write (None: it was there from the beginning); `busy` while a write is under way.
    """

    entity: Entity | None
    rev: int
    color: str | None = None
    busy: bool = False


class Partition:
    """The entities of one worker, who alone writes them. Others may read: slots are only ever replaced."""

    def __init__(self, index: int, hot: int, rng: Random, entities: Iterable[tuple[Ref, Entity]]) -> None:
        self.index = index
        self.slots = {ref: Slot(entity, entity["rev"]) for ref, entity in entities}
        #: every entity that ever was, deleted ones included; only ever appended to
        self.refs = list(self.slots)
        self.hot = rng.sample(self.refs, min(hot, len(self.refs)))

    def begin(self, refs: Iterable[Ref]) -> None:
        """A write of `refs` is under way."""
        for ref in refs:
            if ref in self.slots:
                self.slots[ref] = self.slots[ref]._replace(busy=True)
            else:
                self.slots[ref] = Slot(None, 0, busy=True)
                self.refs.append(ref)

    def acknowledge(self, writes: Mapping[Ref, Entity | None], rev: int, color: str) -> None:
        for ref, entity in writes.items():
            self.slots[ref] = Slot(entity, entity["rev"] if entity else rev, color)

    def give_up(self, refs: Iterable[Ref], rev: int) -> None:
        """The write was refused: nothing changed, but its revision is used up."""
        for ref in refs:
            slot = self.slots[ref]
            self.slots[ref] = slot._replace(rev=max(slot.rev, rev), busy=False)

    def choose(self, rng: Random) -> Ref:
        """Half of the time one of the hot entities, else any."""
        return rng.choice(self.hot if self.hot and rng.random() < 0.5 else self.refs)


def divide(entities: Iterable[tuple[Ref, Entity]], workers: int, hot: int, seed: int) -> list[Partition]:
    """One partition a worker; `hot` is the number of hot entities in all of them together."""
    shares: list[list[tuple[Ref, Entity]]] = [[] for _ in range(workers)]
    for ref, entity in entities:
        shares[worker_of(ref, workers)].append((ref, entity))
    return [
        Partition(index, max(1, hot // workers), Random(f"hot/{seed}/{index}"), share)
        for index, share in enumerate(shares)
    ]


def worker_of(ref: Ref, workers: int) -> int:
    """Who writes `ref`: a case and all that belongs to it have the same worker, since one transaction writes both."""
    return crc32(ref.owner.encode()) % workers
