"""The deploy table in memory, for tests and simulation: the same guarantees, one lock."""

from __future__ import annotations

import threading

from verdigris.errors import Conflict, Invalid, NotFound
from verdigris.journal.base import Check, Delete, Expect, Put, Row

#: What one transaction of the service may hold.
_MOST = 100


class MemoryRows:
    """`Rows` in a dict. Safe to share between threads."""

    def __init__(self, name: str = "deploy", *, created: bool = False) -> None:
        self.name = name
        self._created = created
        self._rows: dict[tuple[str, str], Row] = {}
        self._lock = threading.Lock()

    def exists(self) -> bool:
        return self._created

    def create(self) -> None:
        self._created = True

    def get(self, pk: str, sk: str) -> Row | None:
        with self._locked() as rows:
            row = rows.get((pk, sk))
            return dict(row) if row is not None else None

    def query(self, pk: str, prefix: str = "") -> list[Row]:
        with self._locked() as rows:
            return [dict(row) for key, row in sorted(rows.items()) if key[0] == pk and key[1].startswith(prefix)]

    def scan(self, prefix: str) -> list[Row]:
        with self._locked() as rows:
            return [dict(row) for key, row in sorted(rows.items()) if key[0].startswith(prefix)]

    def last(self, pk: str) -> Row | None:
        rows = self.query(pk)
        return rows[-1] if rows else None

    def write(self, *operations: Put | Delete | Check) -> None:
        with self._locked() as rows:
            touched = [_key(operation) for operation in operations]
            if len(touched) > _MOST or len(set(touched)) < len(touched):
                raise Invalid(f"more than {_MOST} rows in one write, or one of them twice", where=self.name)
            for operation in operations:
                self._expect(rows, operation)
            for operation in operations:
                match operation:
                    case Put(row):
                        rows[str(row["pk"]), str(row["sk"])] = dict(row)
                    case Delete(pk, sk):
                        rows.pop((pk, sk), None)

    def _expect(self, rows: dict[tuple[str, str], Row], operation: Put | Delete | Check) -> None:
        if isinstance(operation, Delete):
            return
        key = _key(operation)
        if not _holds(rows.get(key, {}), operation.expect or {}):
            raise Conflict("a condition did not hold: somebody else was first", where=f"{self.name}: {key[0]}")

    def _locked(self) -> _Locked:
        if not self._created:
            raise NotFound("the deploy table does not exist", where=self.name)
        return _Locked(self._lock, self._rows)


class _Locked:
    def __init__(self, lock: threading.Lock, rows: dict[tuple[str, str], Row]) -> None:
        self._lock = lock
        self._rows = rows

    def __enter__(self) -> dict[tuple[str, str], Row]:
        self._lock.acquire()
        return self._rows

    def __exit__(self, *_: object) -> None:
        self._lock.release()


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
