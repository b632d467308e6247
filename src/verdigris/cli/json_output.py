"""The skin for programs: one document, or JSON Lines. The shapes are in docs/reference/json.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TextIO

import click

FORMAT = {"format": "verdigris", "version": 1}


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


def print_document(document: Mapping[str, Any]) -> None:
    """One document on stdout."""
    click.echo(as_json({**FORMAT, **document}, indent=2))


def as_json(value: Any, *, indent: int = 0) -> str:
    import msgspec

    text = msgspec.json.encode(value)
    return (msgspec.json.format(text, indent=indent) if indent else text).decode()
