"""Rows of the deploy table that somebody changed or removed by hand: refused by name, never guessed at."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from verdigris.errors import StoreError

_AGAIN = "then run the command again"
#: What may be done about it: the row comes from a backup, or it is one that Verdigris can do without.
FROM_BACKUP = f"put that row back as it was, from a backup of the deploy table, {_AGAIN}"
_REMOVE = f"remove that row (what it covers is done once more), {_AGAIN}"

_Value = TypeVar("_Value")


class Damaged(StoreError):
    """A row is not as it was written."""


def damaged(table: str, row: str, why: object, next_command: str) -> Damaged:
    return Damaged(
        f"the row {row} of the deploy table is not as Verdigris wrote it: {why}",
        where=table,
        state="nothing was changed",
        next_command=next_command,
    )


@contextmanager
def understood(table: str, row: str, next_command: str = FROM_BACKUP) -> Iterator[None]:
    """Reading a row. Raises StoreError in place of what its content makes Python raise."""
    try:
        yield
    except KeyError as error:
        raise damaged(table, row, f"it has no {error.args[0]}", next_command) from error
    except (TypeError, ValueError, zlib.error) as error:
        raise damaged(table, row, error, next_command) from error


def decoded(table: str, unit: str, value: bytes, decode: Callable[[bytes], _Value]) -> _Value:
    """A checkpoint's content. Work can do without it: it is done again. Raises StoreError."""
    with understood(table, f"verdigris|checkpoint … {unit}", _REMOVE):
        return decode(value)
