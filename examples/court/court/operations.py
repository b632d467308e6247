"""What the traffic generator does next: drawn from a worker's own random numbers and what it knows of its entities."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from court.contents import changes, contents
from court.entities import CASES, ENTRIES, NOTES, USERS, WORK_ITEMS, Entity, Ref
from court.generator import user_id
from court.world import Partition, worker_of

_SUFFIX = {ENTRIES: "e", WORK_ITEMS: "w", NOTES: "n"}
#: What is done to an entity that is there, and how often; the last one is for cases only.
_WEIGHTS = (("update", 45), ("put", 15), ("delete", 12), ("re-insert", 10), ("file", 40))


@dataclass(frozen=True, slots=True)
class Operation:
    """One write request, and what each entity is once it is acknowledged. Repeating it changes nothing."""

    op: str  # put, update, delete, file
    method: str
    path: str
    body: Any
    writes: Mapping[Ref, Entity | None]
    rev: int


class Chooser:
    """The next operations of one worker. `gone` are kinds that the application no longer has: left alone."""

    def __init__(self, partition: Partition, workers: int, seed: int, users: list[str]) -> None:
        self._partition = partition
        self._workers = workers
        self._rng = Random(f"traffic/{seed}/{partition.index}")
        self._users = users
        self._born = 0
        self.gone: set[str] = set()

    def next(self) -> list[Operation]:
        """One operation, or the two of a delete and re-insert; on one entity, or on a case and a new docket entry."""
        rng = self._rng
        if rng.random() < 0.15 or not self._partition.refs:
            return [self._put(self._new_ref())]
        ref = self._partition.choose(rng)
        while ref.kind in self.gone:
            ref = self._partition.choose(rng)
        slot = self._partition.slots[ref]
        if slot.entity is None:
            return [self._put(ref)]
        return self._change(ref, slot.entity, slot.rev + 1)

    def _change(self, ref: Ref, entity: Entity, rev: int) -> list[Operation]:
        weights = _WEIGHTS if ref.kind == CASES else _WEIGHTS[:-1]
        [(op, _)] = self._rng.choices(weights, [weight for _, weight in weights])
        if op == "update":
            return [self._update(ref, entity, rev)]
        if op == "file":
            return [self._file(ref, entity, rev)]
        if op == "put":
            return [self._put(ref)]
        return [_delete(ref, rev)] if op == "delete" else [_delete(ref, rev), self._put(ref, rev + 1)]

    def _put(self, ref: Ref, rev: int | None = None) -> Operation:
        if rev is None:
            rev = self._partition.slots[ref].rev + 1 if ref in self._partition.slots else 1
        entity = contents(self._rng, ref, self._users) | {"rev": rev}
        return Operation("put", "PUT", ref.path, entity, {ref: entity}, rev)

    def _update(self, ref: Ref, entity: Entity, rev: int) -> Operation:
        fields = changes(self._rng, ref, self._users) | {"rev": rev}
        return Operation("update", "PATCH", ref.path, fields, {ref: entity | fields}, rev)

    def _file(self, ref: Ref, case: Entity, rev: int) -> Operation:
        entry = Ref(ENTRIES, self._new_id(ref, ENTRIES))
        filed = contents(self._rng, entry, self._users) | {"rev": 1}
        counted = case | {"rev": rev, "entryCount": case["entryCount"] + 1, "lastFiledAt": filed["filedAt"]}
        body = {"rev": rev, "entryId": entry.id, "entry": filed}
        return Operation("file", "POST", f"{ref.path}/filings", body, {ref: counted, entry: filed}, rev)

    def _new_ref(self) -> Ref:
        kind = self._rng.choice([kind for kind in (CASES, ENTRIES, USERS, WORK_ITEMS, NOTES) if kind not in self.gone])
        if kind == USERS:
            return self._mine(lambda _: Ref(USERS, user_id(self._rng)))
        near = self._partition.choose(self._rng) if self._partition.refs else None
        if kind == CASES or near is None or near.kind == USERS:
            return self._mine(lambda number: Ref(CASES, f"{number * self._workers + self._partition.index}-27"))
        return Ref(kind, self._new_id(near, kind))

    def _mine(self, make: Callable[[int], Ref]) -> Ref:
        """The first new reference that falls to this worker."""
        while True:
            self._born += 1
            ref = make(self._born)
            if worker_of(ref, self._workers) == self._partition.index:
                return ref

    def _new_id(self, near: Ref, kind: str) -> str:
        """An id that belongs to the same case as `near`."""
        self._born += 1
        return f"{near.owner}.{_SUFFIX[kind]}t{self._born}"


def _delete(ref: Ref, rev: int) -> Operation:
    return Operation("delete", "DELETE", f"{ref.path}?rev={rev}", None, {ref: None}, rev)
