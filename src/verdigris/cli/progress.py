"""The display of a long command: live on a terminal, plain lines anywhere else."""

from __future__ import annotations

import sys
from typing import Protocol, Self

from verdigris.cli.board import Board
from verdigris.cli.call import Call
from verdigris.core.records import Record
from verdigris.core.snapshot import Snapshot
from verdigris.phases.base import Progress


class Display(Protocol):
    """Shows one runner at work, on stderr."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...

    def resumed(self, snapshot: Snapshot) -> None: ...

    def record(self, record: Record) -> None: ...

    def progress(self, progress: Progress) -> None: ...

    def waiting(self, reason: str) -> None: ...

    def output(self, line: str) -> None: ...

    def stopping(self, text: str) -> None: ...

    def restore(self) -> None: ...


def display(call: Call) -> Display:
    """With `--json` plain too: a live display and JSON Lines would fight for one terminal."""
    board = Board(verbose=call.verbose)
    if call.colors(sys.stderr) and not call.json:
        from verdigris.cli.live import Live

        return Live(board)
    from verdigris.cli.plain import Plain

    return Plain(board)
