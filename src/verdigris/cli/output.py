"""Data goes to stdout, everything else to stderr. One skin for people, one for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TextIO

import click

from verdigris.cli.call import Call

FORMAT = {"format": "verdigris", "version": 1}


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


class JsonLines:
    """JSON Lines on stdout: the first names the format, each further one has one key.

    A reader that went away does not stop the work: what is left is then not printed.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream: TextIO | None = stream
        self._write(FORMAT)

    def write(self, **line: Any) -> None:
        self._write(line)

    def _write(self, line: Mapping[str, Any]) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(as_json(line) + "\n")
            self._stream.flush()
        except BrokenPipeError:
            self._stream = None


def next_line(command: str) -> str:
    return f"{click.style('next:', bold=True)} {command}"


def print_document(document: Mapping[str, Any]) -> None:
    """One document on stdout."""
    click.echo(as_json({**FORMAT, **document}, indent=2))


def as_json(value: Any, *, indent: int = 0) -> str:
    import msgspec

    text = msgspec.json.encode(value)
    return (msgspec.json.format(text, indent=indent) if indent else text).decode()


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
