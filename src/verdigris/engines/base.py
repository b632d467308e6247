"""The port of an engine: runs independent units of work, each safe to repeat."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

Unit = TypeVar("Unit")


class Engine(Protocol):
    def run(self, units: Iterable[Unit], work: Callable[[Unit], None], between: Callable[[], None]) -> None:
        """Runs `work` once for every unit, in any order, some at the same time; returns when all have ended.

        `between` is called by the calling thread, again and again while it waits, and never beside itself. The first
        error (of a unit or of `between`) is raised after the units under way have ended; no further ones are begun.
        """
        ...

    def stopping(self) -> bool:
        """Whether a unit, or `between`, has failed: the other units should end at their next page."""
        ...
