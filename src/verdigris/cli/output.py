"""Data goes to stdout, everything else to stderr. One skin for people, one for programs."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from verdigris.cli.call import Call
from verdigris.cli.json_output import print_document

#: A last column that has fewer characters than this is not folded.
_ROOM = 20


class Output:
    """What a command prints."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def data(self, document: Mapping[str, Any], lines: Iterable[str]) -> None:
        """The answer: `document` with `--json`, else `lines`."""
        if self._call.json:
            print_document(document)
            return
        for line in lines:
            click.echo(line, color=self._call.colors(sys.stdout))

    def say(self, text: str) -> None:
        """A message for people."""
        sys.stdout.flush()
        click.echo(text, err=True, color=self._call.colors(sys.stderr))

    def next(self, command: str) -> None:
        """What to type next, as the last line. With `--json` it stands in the document."""
        if command and not self._call.json:
            self.say(next_line(command))


def next_line(command: str) -> str:
    return f"{click.style('next:', bold=True)} {command}"


def shown(path: Path) -> str:
    """A path as a person here would type it."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def terminal_width() -> int | None:
    """In characters, of the terminal that the answer goes to; None where it goes elsewhere."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def columns(rows: Iterable[tuple[str, ...]], *, indent: str = "", width: int | None = None) -> list[str]:
    """Rows as lines with aligned columns; cells may be styled. The last column is not padded; where it would pass
    `width` characters, it goes on below itself."""
    kept = list(rows)
    widths = [max(map(_width, column)) for column in zip(*(row[:-1] for row in kept), strict=True)]
    before = len(indent) + sum(each + 2 for each in widths)
    room = width - before if width and width - before >= _ROOM else None
    lines = []
    for row in kept:
        first = "".join(cell + " " * (each - _width(cell) + 2) for cell, each in zip(row, widths, strict=False))
        last = f"\n{'':{before}}".join(_folded(row[-1], room)) if room else row[-1]
        lines.append(f"{indent}{first}{last}".rstrip())
    return lines


def _folded(cell: str, room: int) -> Iterator[str]:
    """The words of a cell in lines of `room` characters, or of one word that is longer."""
    line, length = "", 0
    for word in cell.split(" "):
        if line and length + 1 + _width(word) > room:
            yield line
            line, length = "", 0
        line = f"{line} {word}" if line else word
        length += _width(word) + (line != word)
    yield line


def _width(cell: str) -> int:
    return len(click.unstyle(cell))
