"""The display on a terminal: what is done scrolls away, what goes on stays at the bottom."""

from __future__ import annotations

import os
import time

import click
from rich.console import Console, Group, RenderableType
from rich.live import Live as RichLive
from rich.spinner import Spinner
from rich.text import Text

from verdigris.cli.board import Board, said
from verdigris.core.records import Record
from verdigris.core.snapshot import Snapshot
from verdigris.phases.base import Progress

_BAR = 20
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

    def output(self, line: str) -> None:
        self._keep([f"  {click.style('│', dim=True)} {line}"])

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
        if self._board.now.phase or self._board.now.waiting:
            rows.append(self._work())
        if self._board.left:
            rows.append(_line("  then " + ", ".join(self._board.left), "dim"))
        if self._stopping:
            rows.append(_line(self._stopping, "yellow"))
        return Group(*rows)

    def _work(self) -> Text:
        """Spinner, phase, bar and what there is to say, in one line; without the bar where it is too narrow."""
        now = self._board.now
        spinner = self._spinner.render(time.monotonic())
        line = Text.assemble(
            spinner if isinstance(spinner, Text) else "", " ", (f"{now.phase or 'waiting':<9}", "bold")
        )
        text = " · ".join(said(now))
        bar = _bar(now.progress) if now.progress and not now.waiting else None
        if bar and line.cell_len + _BAR + len(text) + 2 <= self._live.console.width:
            line.append(" ").append_text(bar)
        line.append(f" {text}")
        line.no_wrap, line.overflow = True, "ellipsis"
        return line


def _line(text: str, style: str) -> Text:
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")


def _bar(progress: Progress) -> Text | None:
    if not progress.estimated or not progress.done:
        return None
    done = round(_BAR * min(1, progress.done / progress.estimated))
    return Text.assemble(("━" * done, "cyan"), ("━" * (_BAR - done), "bright_black"))
