"""One unit after the other in the calling thread: deterministic, for tests and simulation."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from verdigris.engines.base import Unit


class Inline:
    """An `Engine` without concurrency."""

    def run(self, units: Iterable[Unit], work: Callable[[Unit], None], between: Callable[[], None]) -> None:
        for unit in units:
            work(unit)
            between()

    def stopping(self) -> bool:
        return False
