"""The display on a terminal: what is done scrolls away, what goes on stays at the bottom."""

from __future__ import annotations

import os
import time

from rich.console import Console, Group, RenderableType
from rich.live import Live as RichLive
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from verdigris.cli.board import Board, said
from verdigris.core.model import Phase
from verdigris.core.records import Record
from verdigris.core.snapshot import Snapshot
from verdigris.phases.base import Progress

_BAR = 20
_PHASE = max(map(len, Phase))
_SHOW_CURSOR = b"\x1b[?25h\n"


class Live:
    """Draws on stderr until it is left; then only the lines to keep remain."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._spinner = Spinner("dots", style="cyan")
        self._stopping = ""
        console = Console(stderr=True, highlight=False)
        self._live = RichLive(console=console, get_renderable=self._draw, refresh_per_second=8, transient=True)

    def __enter__(self) -> Live:
        self._live.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def resumed(self, snapshot: Snapshot) -> None:
        self._keep(self._board.resumed(snapshot))

    def record(self, record: Record) -> None:
        self._keep(self._board.record(record))

    def progress(self, progress: Progress) -> None:
        self._board.progress(progress, time.monotonic())

    def waiting(self, reason: str) -> None:
        self._board.waiting(reason)

    def stopping(self, text: str) -> None:
        """From a signal handler: only noted, and drawn a moment later."""
        self._stopping = text

    def restore(self) -> None:
        """The cursor back, past everything that holds a lock."""
        os.write(2, _SHOW_CURSOR)

    def _keep(self, lines: list[str]) -> None:
        for line in lines:
            self._live.console.print(Text.from_ansi(line), soft_wrap=True)

    def _draw(self) -> RenderableType:
        rows: list[RenderableType] = []
        now = self._board.now
        if now.phase or now.waiting:
            rows.append(self._work())
        if self._board.left:
            rows.append(Text("  then " + ", ".join(self._board.left), style="dim", no_wrap=True, overflow="ellipsis"))
        if self._stopping:
            rows.append(Text(self._stopping, style="yellow"))
        return Group(*rows)

    def _work(self) -> RenderableType:
        now, row = self._board.now, Table.grid(padding=(0, 1))
        cells: list[RenderableType] = [self._spinner, Text(f"{now.phase or 'waiting'}", style="bold")]
        row.add_column(no_wrap=True)
        row.add_column(no_wrap=True, min_width=_PHASE)
        progress = now.progress
        if progress and progress.estimated and progress.done and not now.waiting:
            row.add_column(width=_BAR)
            done = min(progress.done, progress.estimated)
            cells.append(ProgressBar(total=progress.estimated, completed=done, width=_BAR))
        row.add_column(no_wrap=True, overflow="ellipsis")
        row.add_row(*cells, Text(" · ".join(said(now))))
        return row
