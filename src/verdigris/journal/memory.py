"""The deploy table in memory, for tests and simulation: the same guarantees, one lock."""

from __future__ import annotations

import threading

from verdigris.core.batching import TRANSACT_WRITE
from verdigris.errors import Conflict, Invalid, NotFound
from verdigris.journal.base import Check, Delete, Expect, Put, Row


class MemoryRows:
    """`Rows` in dicts, one a partition. Safe to share between threads."""

    def __init__(self, name: str = "deploy", *, created: bool = False) -> None:
        self.name = name
        self._created = created
        self._partitions: dict[str, dict[str, Row]] = {}
        self._lock = threading.Lock()

    def exists(self) -> bool:
        return self._created

    def create(self) -> None:
        self._created = True

    def get(self, pk: str, sk: str) -> Row | None:
        with self._lock:
            row = self._there().get(pk, {}).get(sk)
            return dict(row) if row is not None else None

    def query(self, pk: str, prefix: str = "") -> list[Row]:
        with self._lock:
            partition = self._there().get(pk, {})
            return [dict(partition[sk]) for sk in sorted(partition) if sk.startswith(prefix)]

    def scan(self, prefix: str) -> list[Row]:
        with self._lock:
            names = sorted(pk for pk in self._there() if pk.startswith(prefix))
        return [row for pk in names for row in self.query(pk)]

    def last(self, pk: str) -> Row | None:
        with self._lock:
            partition = self._there().get(pk, {})
            return dict(partition[max(partition)]) if partition else None

    def write(self, *operations: Put | Delete | Check) -> None:
        keyed = {_key(operation): operation for operation in operations}
        if len(operations) > TRANSACT_WRITE.count or len(keyed) < len(operations):
            raise Invalid(f"more than {TRANSACT_WRITE.count} rows in one write, or one of them twice", where=self.name)
        with self._lock:
            partitions = self._there()
            for (pk, sk), operation in keyed.items():
                row = partitions.get(pk, {}).get(sk, {})
                if not isinstance(operation, Delete) and operation.expect and not _holds(row, operation.expect):
                    raise Conflict("a condition did not hold: somebody else was first", where=f"{self.name}: {pk}")
            for (pk, sk), operation in keyed.items():
                if isinstance(operation, Put):
                    partitions.setdefault(pk, {})[sk] = dict(operation.row)
                elif isinstance(operation, Delete):
                    partitions.get(pk, {}).pop(sk, None)

    def _there(self) -> dict[str, dict[str, Row]]:
        if not self._created:
            raise NotFound("the deploy table does not exist", where=self.name)
        return self._partitions


def _key(operation: Put | Delete | Check) -> tuple[str, str]:
    if isinstance(operation, Put):
        return str(operation.row["pk"]), str(operation.row["sk"])
    return operation.pk, operation.sk


def _holds(row: Row, expect: Expect) -> bool:
    for name, value in expect.items():
        found = row.get(name)
        if type(found) is not type(value) or found != value:  # by type too: 1 is not True, as in the service
            return False
    return True
