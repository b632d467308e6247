"""Any engine, each of whose units works within a scope of its own: so that what is below knows whose call it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any

from verdigris.engines.base import Engine, Unit


class Scoped:
    """An `Engine`: `scope(unit)` is entered by the thread that works on the unit, and by nobody else."""

    def __init__(self, inner: Engine, scope: Callable[[Any], AbstractContextManager[None]]) -> None:
        self._inner = inner
        self._scope = scope

    def run(self, units: Iterable[Unit], work: Callable[[Unit], None], between: Callable[[], None]) -> None:
        def scoped(unit: Unit) -> None:
            with self._scope(unit):
                work(unit)

        self._inner.run(units, scoped, between)

    def stopping(self) -> bool:
        return self._inner.stopping()
