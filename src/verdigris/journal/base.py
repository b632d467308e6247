"""The port of the deploy table: a few rows, read consistently, written all-or-nothing under conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

Value: TypeAlias = str | int | bool | bytes
#: An item of the deploy table, `pk` and `sk` included.
Row: TypeAlias = dict[str, Value]
#: attribute → the value it must have; None: the attribute must be absent. Empty: no condition.
Expect: TypeAlias = Mapping[str, Value | None]

#: The partition of the records, and what the keys of applied migrations begin with.
JOURNAL = "verdigris|journal"
MIGRATION = "migration|"

#: No such row may exist.
ABSENT: Expect = {"pk": None}


@dataclass(frozen=True)
class Put:
    """Writes the whole row, if what is there now is as expected."""

    row: Row
    expect: Expect | None = None


@dataclass(frozen=True)
class Delete:
    """Removes the row (an absent one is fine)."""

    pk: str
    sk: str


@dataclass(frozen=True)
class Check:
    """Writes nothing; the transaction fails unless the row is as expected."""

    pk: str
    sk: str
    expect: Expect


class Rows(Protocol):
    """One deploy table. Every read sees every write that was acknowledged before it began.

    Raises the StoreErrors of `verdigris.errors`; NotFound if there is no such table.
    """

    @property
    def name(self) -> str: ...

    def exists(self) -> bool: ...

    def create(self) -> None:
        """Creates the table (`pk`, `sk`, both strings) if it is not there; returns when it is active."""
        ...

    def get(self, pk: str, sk: str) -> Row | None: ...

    def query(self, pk: str, prefix: str = "") -> list[Row]:
        """All rows of `pk` whose `sk` begins with `prefix`, in order of `sk`."""
        ...

    def scan(self, prefix: str) -> list[Row]:
        """All rows whose `pk` begins with `prefix` ("": every row), in order of `pk` and `sk`."""
        ...

    def last(self, pk: str) -> Row | None:
        """The row of `pk` with the greatest `sk`."""
        ...

    def write(self, *operations: Put | Delete | Check) -> None:
        """All of them or none: at most 100, and each row once, or Invalid is raised. Raises Conflict if an expectation
        does not hold."""
        ...


def flag_row(name: str, value: Value) -> Row:
    """A flag in the shape of design section 6: `pk` = `sk` = its name, the value under `current`."""
    return {"pk": name, "sk": name, "current": value}
