"""What the embedded stack says while it starts: bars on a terminal, lines anywhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from verdigris.cli import words
from verdigris.cli.call import Call
from verdigris.cli.output import Output
from verdigris.local.progress import Progress, Step

_EVERY_S = 1.0
_DOING = {"download": "downloading", "unpack": "unpacking", "start": "starting", "ready": "ready"}


@contextmanager
def shown(call: Call) -> Iterator[Progress]:
    """A callback for `LocalStack.up`, shown while inside."""
    if call.colors(sys.stderr) and not call.json:
        with _bars() as progress:
            yield progress
    else:
        yield plain(Output(call).say)


def plain(say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> Progress:
    """A line for each new step, and at most one a second for each engine's bytes."""
    doing: dict[str, str] = {}
    next_s: dict[str, float] = {}

    def show(step: Step) -> None:
        is_last = step.done >= step.total
        if doing.get(step.engine) == step.doing and not is_last and clock() < next_s[step.engine]:
            return
        doing[step.engine] = step.doing
        next_s[step.engine] = clock() + _EVERY_S
        say(f"{step.engine}: {_DOING[step.doing]}{_far(step)}")

    return show


def _far(step: Step) -> str:
    return "" if step.total <= 1 else f" {words.size(step.done)} of {words.size(step.total)}"


@contextmanager
def _bars() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, TaskID, TextColumn
    from rich.progress import Progress as Bars

    bars = Bars(
        TextColumn("{task.fields[engine]:<15}"),
        BarColumn(bar_width=24),
        TextColumn("{task.description}"),
        console=Console(stderr=True),
        transient=True,
    )
    tasks: dict[str, TaskID] = {}

    def show(step: Step) -> None:
        if step.engine not in tasks:
            tasks[step.engine] = bars.add_task("", engine=step.engine)
        counts = step.total > 1
        bars.update(
            tasks[step.engine],
            description=_DOING[step.doing] + _far(step),
            total=step.total if counts or step.doing == "ready" else None,  # None: no end known, the bar pulses
            completed=step.done,
        )

    with bars:
        yield show
