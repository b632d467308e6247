"""Units as actors: what the engine of threads does, under the scheduler."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from verdigris.engines.base import Unit
from verdigris.testing.simulation.process import Process
from verdigris.testing.simulation.scheduler import Actor, Killed


class SimEngine:
    """An `Engine` of at most `workers` actors of a process; `between` is called about every `beat_s` seconds."""

    def __init__(self, process: Process, workers: int, beat_s: float) -> None:
        self._process = process
        self.scheduler = process.world.scheduler
        self._workers = workers
        self._beat_s = beat_s
        self._failed = False

    def run(self, units: Iterable[Unit], work: Callable[[Unit], None], between: Callable[[], None]) -> None:
        self._failed = False
        crew = _Crew(self.scheduler.current)
        try:
            for number, unit in enumerate(units):
                self._begin(crew, number, unit, work)
                while crew.busy >= self._workers:
                    self._wait(crew, between)
            while crew.busy:
                self._wait(crew, between)
            crew.check()
        except Killed:
            raise
        except BaseException:
            self._failed = True
            while crew.busy:
                self.scheduler.sleep(self._beat_s)
            raise

    def stopping(self) -> bool:
        return self._failed

    def _begin(self, crew: _Crew, number: int, unit: Unit, work: Callable[[Unit], None]) -> None:
        def body() -> None:
            try:
                work(unit)
            except Exception as error:
                crew.errors.append(error)
            finally:
                crew.busy -= 1
                self.scheduler.wake(crew.waiting)

        crew.busy += 1
        self.scheduler.spawn(f"{self._process.name}.{number}", body, self._process)

    def _wait(self, crew: _Crew, between: Callable[[], None]) -> None:
        self.scheduler.sleep(self._beat_s)
        crew.check()
        between()


class _Crew:
    """The units under way of one `run`."""

    def __init__(self, waiting: Actor) -> None:
        self.waiting = waiting
        self.busy = 0
        self.errors: list[Exception] = []

    def check(self) -> None:
        if self.errors:
            raise self.errors[0]
