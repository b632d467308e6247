"""The live pointer in memory: the same rules as the front door, for tests and simulations. Safe to share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition

from verdigris.core.model import Color
from verdigris.errors import Unreachable
from verdigris.stores.base import Pointer
from verdigris.stores.gate import READS, Gate, Verdict


class MemoryPointer:
    """A `LivePointer` and `Fence` over a `Gate`. `clock` gives seconds; if it stands still, fences never lapse."""

    def __init__(self, live: Color | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._gate = Gate(live)
        self._clock = clock
        self._changed = Condition()
        #: How many requests wait now.
        self.held = 0

    def read(self) -> Pointer:
        with self._changed:
            return self._gate.pointer(self._clock())

    def register(self, color: Color, address: str) -> None:
        with self._changing() as gate:
            gate.register(color, address)

    def demand(self, color: Color) -> None:
        """Both colors are there."""

    def fence(self, token: str, deadline_s: float) -> None:
        with self._changing() as gate:
            gate.fence(token, self._clock(), deadline_s)
            while not gate.quiet(token, self._clock()):
                self._changed.wait(gate.deadline - self._clock())

    def seal(self, token: str) -> None:
        with self._changing() as gate:
            gate.seal(token, self._clock())

    def set(self, expected: Color | None, new: Color, token: str, *, back: bool = False) -> None:
        with self._changing() as gate:
            gate.set(expected, new, token, self._clock())

    def release(self, token: str) -> None:
        with self._changing() as gate:
            gate.release(token)

    @contextmanager
    def request(self, method: str) -> Iterator[Color]:
        """A request as the front door would treat it: the block is the application of the color it is given.

        Waits while it is held. Raises Unreachable where a client would see 503: refused, or no color is live.
        """
        with self._changing() as gate:
            while (verdict := gate.verdict(method, self._clock())) is Verdict.HOLD:
                self.held += 1
                self._changed.wait(gate.deadline - self._clock())
                self.held -= 1
            if verdict is Verdict.REFUSE or gate.live is None:
                raise Unreachable("refused: 503", where="front door", state="nothing was written")
            color = gate.live
            if method not in READS:
                gate.began()
        try:
            yield color
        finally:
            if method not in READS:
                with self._changing() as gate:
                    gate.ended()

    @contextmanager
    def _changing(self) -> Iterator[Gate]:
        with self._changed:
            try:
                yield self._gate
            finally:
                self._changed.notify_all()
