"""Threads of this process: the work waits for the network most of the time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from verdigris.engines.base import Unit


class Threads:
    """An `Engine` of at most `workers` threads; `between` is called about every `beat_s` seconds."""

    def __init__(self, workers: int, beat_s: float = 0.2) -> None:
        self._workers = workers
        self._beat_s = beat_s
        self._failed = threading.Event()

    def run(self, units: Iterable[Unit], work: Callable[[Unit], None], between: Callable[[], None]) -> None:
        running: set[Future[None]] = set()
        self._failed.clear()
        with ThreadPoolExecutor(self._workers, thread_name_prefix="verdigris") as pool:
            try:
                for unit in units:
                    running.add(pool.submit(work, unit))
                    while len(running) >= self._workers:
                        running = self._settle(running, between)
                while running:
                    running = self._settle(running, between)
            except BaseException:
                self._failed.set()  # before the pool waits for the rest
                raise

    def stopping(self) -> bool:
        return self._failed.is_set()

    def _settle(self, running: set[Future[None]], between: Callable[[], None]) -> set[Future[None]]:
        done, still = wait(running, timeout=self._beat_s, return_when=FIRST_COMPLETED)
        for future in done:
            future.result()
        between()
        return still
