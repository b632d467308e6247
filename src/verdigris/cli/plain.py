"""The display where there is no terminal: lines with the time, fewer as a phase goes on."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

import click

from verdigris.cli.board import Board, said
from verdigris.core.records import PhaseBegan, Record
from verdigris.core.snapshot import Snapshot
from verdigris.phases.base import Progress

#: At most one line a second a phase, and the longer it takes the fewer: one in this share of the time so far.
_EVERY_S = 1.0
_SHARE = 0.1
_MOST_S = 30.0
_NUMBER = re.compile(r"[\d.,]+")


class Plain:
    """Writes lines to stderr. `clock` is monotonic seconds, `today` the wall clock."""

    def __init__(
        self,
        board: Board,
        *,
        clock: Callable[[], float] = time.monotonic,
        today: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._board = board
        self._clock = clock
        self._today = today
        self._began_s = clock()
        self._next_s = 0.0
        self._reasons: set[str] = set()
        self._gone = False

    def __enter__(self) -> Plain:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def resumed(self, snapshot: Snapshot) -> None:
        self._print(self._board.resumed(snapshot))

    def record(self, record: Record) -> None:
        self._print(self._board.record(record))
        if isinstance(record.body, PhaseBegan):
            self._began_s, self._next_s, self._reasons = self._clock(), 0.0, set()

    def progress(self, progress: Progress) -> None:
        self._board.progress(progress, self._clock())
        self._maybe(progress.reason)

    def waiting(self, reason: str) -> None:
        self._board.waiting(reason)
        self._maybe("waiting")

    def output(self, line: str) -> None:
        self._print([f"  │ {line}"])

    def stopping(self, text: str) -> None:
        """From a signal handler: written past the buffers, which may be in the middle of a line."""
        os.write(2, f"{text}\n".encode())

    def restore(self) -> None:
        """Nothing to put back."""

    def _maybe(self, reason: str) -> None:
        """A line if one is due, or if there is a new reason; one that counts its seconds down is none."""
        now_s = self._clock()
        kind = _NUMBER.sub("", reason)
        if now_s < self._next_s and (not kind or kind in self._reasons):
            return
        self._reasons.add(kind)
        self._next_s = now_s + min(_MOST_S, max(_EVERY_S, (now_s - self._began_s) * _SHARE))
        now = self._board.now
        self._print([f"  {now.phase or '':<10} {' · '.join(said(now))}"])

    def _print(self, lines: list[str]) -> None:
        """A reader that went away does not stop the work."""
        try:
            for line in lines if not self._gone else ():
                click.echo(f"{self._today():%Y-%m-%dT%H:%M:%SZ} {click.unstyle(line)}", file=sys.stderr)
        except BrokenPipeError:
            self._gone = True
