"""Ctrl-C (or SIGTERM, as CI sends it) once: stop at the next page boundary. Twice: stop at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

STOPPING = "stopping at the next page boundary; press Ctrl-C again to stop at once"


@contextmanager
def stopping(stop: threading.Event, once: Callable[[str], None], twice: Callable[[], None]) -> Iterator[None]:
    """While inside, the first signal sets `stop` and calls `once` with what to say; the second calls `twice`.

    Both are called from a signal handler: they must take no lock. Does nothing outside the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            twice()
        else:
            stop.set()
            once(STOPPING)

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, handle) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
