"""What `budget`, `pause` and `resume` print."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from verdigris.cli import shapes, words
from verdigris.cli.call import Call
from verdigris.cli.output import Output

if TYPE_CHECKING:
    from verdigris.commands.steering import Steered


def steered(call: Call, found: Steered) -> int:
    """Says what holds from now on, and what to type next."""
    then = _next(found)
    output = Output(call)
    output.data(shapes.steered(found, then), _lines(found))
    output.next(then)
    return 0


def _lines(found: Steered) -> Iterator[str]:
    whose = f"deployment {found.deployment}" if found.deployment else "the next deployment"
    yield f"{whose} of {found.env}: {words.budget(found.budget)}"
    if found.paused_at:
        yield f"paused by {found.paused_by} at {words.clock(found.paused_at)}"
    if found.deployment and not found.running:
        yield "no runner is at work on it now"
    elif found.changed:
        yield "its runner takes this up within seconds"


def _next(found: Steered) -> str:
    if found.paused_at:
        return f"verdigris resume {found.env}"
    return f"verdigris {'status' if found.running else 'deploy'} {found.env}"
