"""The flags as the deploy table holds them, read strictly: scripts read what they do not understand as something."""

from __future__ import annotations

from typing import TypeVar

from verdigris.core import flags as names
from verdigris.core.flags import FIRST_COLOR, Flags
from verdigris.core.model import Color, DataVersion
from verdigris.errors import StoreError
from verdigris.journal.base import JOURNAL, MIGRATION, Rows, Value

_Name = TypeVar("_Name", Color, DataVersion)


def read_flags(rows: Rows) -> Flags:
    """The flags. Raises NotFound where there is no deploy table, StoreError for a value that makes no sense."""
    color = read_choice(rows, names.CURRENT_COLOR, tuple(Color))
    source = read_choice(rows, names.SOURCE_VERSION, tuple(DataVersion))
    destination = read_choice(rows, names.DESTINATION_VERSION, tuple(DataVersion))
    migrate = read_switch(rows, names.MIGRATE) or False
    if color is None and _scripts_ran(rows, versioned=bool(source or destination)):
        return Flags(FIRST_COLOR, source, destination, migrate, color_implied=True)
    return Flags(color, source, destination, migrate)


def read_switch(rows: Rows, name: str) -> bool | None:
    """A flag that is true or false, None if there is none. Raises StoreError for any other type."""
    value = _read(rows, name)
    if value is None or isinstance(value, bool):
        return value
    text = str(value).lower()
    kind = "text" if isinstance(value, str) else "value"
    raise _nonsense(
        rows,
        name,
        f"{value!r}; it must be true or false (BOOL), since scripts read a {kind} as no",
        text if text in ("true", "false") else "false",
    )


def read_choice(rows: Rows, name: str, allowed: tuple[_Name, ...]) -> _Name | None:
    """A flag that is one of `allowed`, None if there is none. Raises StoreError for anything else."""
    value = _read(rows, name)
    if value is None:
        return None
    for choice in allowed:
        if choice == value:
            return choice
    raise _nonsense(rows, name, f"{value!r}; it must be {' or '.join(allowed)} (S)", "VALUE")


def _read(rows: Rows, name: str) -> Value | None:
    row = rows.get(name, name)
    if row is None:
        return None
    if "current" not in row:
        raise _nonsense(rows, name, "without a `current`", "VALUE")
    return row["current"]


def _scripts_ran(rows: Rows, *, versioned: bool) -> bool:
    """Whether this table is one that scripts kept: they do not write the first color, which is green.

    Verdigris writes the color with its first deployment, and until then a missing one says that there is none.
    """
    if rows.last(JOURNAL) is not None:
        return False
    return versioned or any("checksum" not in row for row in rows.scan(MIGRATION))


def _nonsense(rows: Rows, name: str, what: str, meant: str) -> StoreError:
    return StoreError(
        f"the flag {name} is {what}",
        where=f"{rows.name}, pk = sk = {name}",
        state="nothing was changed",
        next_command=f"verdigris set ENV {name} {meant}",
    )
