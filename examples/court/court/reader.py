"""The generator's reads, each judged against the last acknowledged write of what was read."""

from __future__ import annotations

import time
from random import Random
from typing import Protocol

from court.client import Answer
from court.entities import CASES, Ref
from court.stats import Stats
from court.world import Partition, Slot


class ReadClient(Protocol):
    """The part of `court.client.Client` that reads."""

    def read(self, path: str) -> Answer: ...


class Reader:
    """For one thread; reads what any worker writes."""

    def __init__(self, partitions: list[Partition], client: ReadClient, stats: Stats, rng: Random) -> None:
        self._partitions = partitions
        self._client = client
        self._stats = stats
        self._rng = rng

    def read(self) -> None:
        """One read of an entity, or (one in twenty) a search."""
        partition = self._rng.choice(self._partitions)
        ref = partition.choose(self._rng)
        if self._rng.random() < 0.05:
            self.search(ref.owner if ref.kind == CASES else "petitioner")
        else:
            self.look(partition, ref)

    def look(self, partition: Partition, ref: Ref) -> None:
        """Judged unless a write of the entity went on meanwhile."""
        before = partition.slots[ref]
        answer = self._ask(ref.path)
        if answer is None or answer.status == 410 or before.busy or partition.slots[ref] is not before:
            return
        seen = answer.body if answer.done else None
        if seen == before.entity:
            return
        if self._stats.came_before(answer.color, before.color):
            self._stats.count("behind")
        else:
            self._stats.count("stale_reads", _told(ref, before, answer))

    def search(self, text: str) -> None:
        """The index may be a second late, so what is found is not judged."""
        self._ask(f"/search?q={text}")

    def _ask(self, path: str) -> Answer | None:
        """The answer, counted; None if it is an error."""
        answer = self._client.read(path)
        if answer.done or answer.status in (404, 410):
            self._stats.read(time.monotonic())
            return answer
        self._stats.count("read_errors", f"{path}: {answer.status} {answer.body}")
        return None


def _told(ref: Ref, slot: Slot, answer: Answer) -> str:
    said = f"rev {answer.body.get('rev')}" if answer.done else "absent"
    known = f"rev {slot.rev}" if slot.entity else "deleted"
    return f"{ref.path} on {answer.color}: {said}, acknowledged {known} on {slot.color}"
