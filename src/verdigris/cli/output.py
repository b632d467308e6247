"""Data goes to stdout, everything else to stderr. One skin for people, one for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from verdigris.cli.call import Call
from verdigris.cli.json_output import print_document


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


def columns(rows: Iterable[tuple[str, ...]], *, indent: str = "") -> list[str]:
    """Rows as lines with aligned columns; the last column is not padded. Cells may be styled."""
    kept = list(rows)
    widths = [max(map(_width, column)) for column in zip(*(row[:-1] for row in kept), strict=True)]
    return [
        (
            indent
            + "".join(cell + " " * (width - _width(cell) + 2) for cell, width in zip(row, widths, strict=False))
            + row[-1]
        ).rstrip()
        for row in kept
    ]


def _width(cell: str) -> int:
    return len(click.unstyle(cell))
