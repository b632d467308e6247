"""The thread engine: what fails stops the rest at its next page, and `between` stays in the calling thread."""

from __future__ import annotations

import threading

import pytest

from verdigris.engines.threads import Threads


def test_every_unit_runs_once() -> None:
    seen: list[int] = []
    Threads(3, beat_s=0.001).run(range(20), seen.append, lambda: None)
    assert sorted(seen) == list(range(20))


def test_between_is_called_by_the_calling_thread_while_units_work() -> None:
    callers: set[int] = set()
    beats = threading.Semaphore(0)

    def between() -> None:
        callers.add(threading.get_ident())
        beats.release()

    def wait_for_a_beat(_: int) -> None:
        beats.acquire()

    Threads(2, beat_s=0.001).run(range(2), wait_for_a_beat, between)
    assert callers == {threading.get_ident()}


def test_a_failure_stops_the_others_at_their_next_page() -> None:
    engine = Threads(2, beat_s=0.001)
    both = threading.Barrier(2)
    pages = []

    def work(unit: int) -> None:
        both.wait(10)
        if unit == 0:
            raise ValueError("this unit fails")
        while not engine.stopping():
            pages.append(unit)
            threading.Event().wait(0.001)

    with pytest.raises(ValueError, match="this unit fails"):
        engine.run([0, 1, 2, 3], work, lambda: None)
    assert set(pages) <= {1}, "no further unit was begun"


def test_an_error_of_between_is_raised() -> None:
    engine = Threads(1, beat_s=0.001)

    def between() -> None:
        raise ValueError("lease lost")

    with pytest.raises(ValueError, match="lease lost"):
        engine.run([1], lambda _: None, between)
