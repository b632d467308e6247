"""Where in a TOML text a key stands: tomllib does not say."""

from __future__ import annotations

import re

KeyPath = tuple[str | int, ...]

_WORD = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_KEY = rf"{_WORD}(?:\s*\.\s*{_WORD})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_KEY})\s*\]")
_ASSIGNMENT = re.compile(rf"\s*({_KEY})\s*=")


class Lines:
    """The lines (1-based) of the headers and keys of one text."""

    def __init__(self, text: str) -> None:
        self._at: dict[KeyPath, int] = {}
        table: KeyPath = ()
        counts: dict[KeyPath, int] = {}
        for number, line in enumerate(text.splitlines(), 1):
            if header := _HEADER.match(line):
                table = _words(header[2])
                if header[1] == "[[":
                    counts[table] = counts.get(table, -1) + 1
                    table = (*table, counts[table])
                self._remember(table, number)
            elif assignment := _ASSIGNMENT.match(line):
                self._remember(table + _words(assignment[1]), number)

    def of(self, path: KeyPath) -> int | None:
        """The line of a key, or of the nearest thing around it that has one (the header, for a missing key)."""
        return next((self._at[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self._at), None)

    def _remember(self, path: KeyPath, number: int) -> None:
        for end in range(1, len(path) + 1):
            self._at.setdefault(path[:end], number)


def _words(key: str) -> KeyPath:
    return tuple(word.strip("\"'") for word in re.findall(_WORD, key))
