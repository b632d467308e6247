"""A program of the user's that moves the traffic, and one that says where it goes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from verdigris.core.model import Color
from verdigris.errors import Invalid, Unreachable


class CommandPointer:
    """A `TrafficPointer`. `read_words` prints the live color, or nothing; `set_words` moves it, and may be run twice.

    Both are told the color, where there is one, in `VERDIGRIS_COLOR`. `limit_s`: how long each may take.
    """

    def __init__(self, read_words: Sequence[str], set_words: Sequence[str], folder: Path, limit_s: float) -> None:
        self.name = " ".join(set_words)
        self._read = read_words
        self._set = set_words
        self._folder = folder
        self._limit_s = limit_s

    def read(self) -> Color | None:
        said = self._run(self._read, None).strip()
        if not said:
            return None
        if said not in list(Color):
            raise Invalid(
                f"it must print blue, green or nothing, and printed {said[:40]!r}", where=" ".join(self._read)
            )
        return Color(said)

    def demand(self, color: Color) -> None:
        """Only the program knows."""

    def set(self, color: Color) -> None:
        self._run(self._set, color)

    def _run(self, words: Sequence[str], color: Color | None) -> str:
        where = " ".join(words)
        try:
            done = subprocess.run(
                words,
                cwd=self._folder,
                env=os.environ | ({"VERDIGRIS_COLOR": color.value} if color else {}),
                capture_output=True,
                text=True,
                timeout=self._limit_s,
                check=False,
                start_new_session=True,  # Ctrl-C is for Verdigris, which stops when the program has ended
            )
        except OSError as error:
            raise Invalid(f"the pointer's command cannot be run: {error.strerror}", where=where) from None
        except subprocess.TimeoutExpired:
            raise Unreachable(f"the pointer's command did not end in {self._limit_s:g} s", where=where) from None
        if done.returncode:
            said = " | ".join((done.stderr or done.stdout).strip().splitlines()[-5:])
            raise Unreachable(f"the pointer's command ended with code {done.returncode}: {said}", where=where)
        return done.stdout
