"""Which files of the folder are migrations. Reads names only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from verdigris.errors import MigrationError

_FORM = re.compile(r"([0-9]{4})[_-][A-Za-z0-9][A-Za-z0-9_-]*\.py")


@dataclass(frozen=True, slots=True)
class MigrationFile:
    """One migration. `name` is the file's name, by which it is ordered, recorded and called everywhere."""

    name: str
    path: Path

    @property
    def number(self) -> int:
        return int(self.name[:4])


@dataclass(frozen=True, slots=True)
class Note:
    """Something that is no error and that somebody should know."""

    text: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The migrations in the order in which they run, and notes on what looks odd."""

    files: tuple[MigrationFile, ...]
    notes: tuple[Note, ...]


def discover(folder: Path) -> Found:
    """The `NNNN_name.py` and `NNNN-name.py` of `folder`. An empty folder is fine. Raises MigrationError without one."""
    try:
        paths = sorted(folder.iterdir(), key=lambda path: path.name)
    except FileNotFoundError:
        raise MigrationError(
            "there is no folder of migrations",
            where=str(folder),
            next_command="verdigris migrations new NAME, which makes it, or mend `migrations` in verdigris.toml",
        ) from None
    except NotADirectoryError:
        raise MigrationError(
            "this is a file, not a folder of migrations",
            where=str(folder),
            next_command="mend `migrations` in verdigris.toml",
        ) from None
    except OSError as error:
        raise MigrationError(f"the folder of migrations cannot be read: {error.strerror}", where=str(folder)) from error
    files = tuple(MigrationFile(path.name, path) for path in paths if _FORM.fullmatch(path.name) and not path.is_dir())
    return Found(files, (*_shared_numbers(files), *_near_misses(paths)))


def _shared_numbers(files: tuple[MigrationFile, ...]) -> list[Note]:
    notes = []
    for number, group in groupby(files, key=lambda file: file.number):
        names = tuple(file.name for file in group)
        if len(names) > 1:
            text = f"{' and '.join(names)} share the number {number:04}; they run in the order of their whole names"
            notes.append(Note(text, names))
    return notes


def _near_misses(paths: list[Path]) -> list[Note]:
    return [
        Note(f"{path.name} is ignored: {reason}", (path.name,))
        for path in paths
        if (reason := _near_miss(path)) is not None
    ]


def _near_miss(path: Path) -> str | None:
    """Why a path that somebody may have meant as a migration is none; None where there is nothing to say."""
    if not path.name[0].isdigit():
        return None
    if path.is_dir():
        return "a migration is one file, not a folder"
    if path.suffix.lower() != ".py" or _FORM.fullmatch(path.name):
        return None
    return "the name of a migration is four digits, `_` or `-`, letters, digits, `_` or `-`, then .py: 0002_name.py"
