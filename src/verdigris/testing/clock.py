"""A clock for tests: `sleep` moves it at once, nothing else does."""

from __future__ import annotations

from datetime import UTC, datetime


class VirtualClock:
    """Seconds since the epoch, beginning at `start_s`; every reading moves it by `tick_s`, as real code takes time."""

    def __init__(self, start_s: float = 1_700_000_000.0, tick_s: float = 0.001) -> None:
        self.now_s = start_s
        self._tick_s = tick_s
        self.slept_s = 0.0

    def __call__(self) -> float:
        self.now_s += self._tick_s
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds
        self.slept_s += seconds

    def iso(self) -> str:
        """ISO 8601, UTC, with milliseconds: as the journal writes it."""
        return datetime.fromtimestamp(self(), UTC).isoformat(timespec="milliseconds")
