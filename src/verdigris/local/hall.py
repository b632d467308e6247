"""Where requests wait while writes are fenced: the gate's rules for one event loop, with the state kept on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress

from verdigris.core.model import Color
from verdigris.stores.base import Pointer
from verdigris.stores.gate import READS, Gate, Verdict


class Refused(Exception):
    """The request is not let through, and nothing was written; the message is for the client."""


class Gone(Exception):
    """The client went away while its request was held: it is dropped, nothing was written."""


class Hall:
    """Lets requests to the live color, holds or refuses them. All of it runs on one event loop.

    `clock` gives seconds. `keep` stores the pointer durably before a change takes effect, or raises. At most
    `max_held` requests with together `max_held_bytes` of bodies are held; more are refused.
    """

    def __init__(
        self,
        gate: Gate,
        clock: Callable[[], float],
        keep: Callable[[Pointer], None],
        *,
        max_held: int = 2_000,
        max_held_bytes: int = 64 * 1024 * 1024,
    ) -> None:
        self._gate = gate
        self._clock = clock
        self._keep = keep
        self._max_held = max_held
        self._max_held_bytes = max_held_bytes
        self._held = 0
        self._held_bytes = 0
        self._moved = _Bell()
        self._calmed = _Bell()

    @property
    def held(self) -> int:
        """How many requests wait now."""
        return self._held

    def pointer(self) -> Pointer:
        return self._gate.pointer(self._clock())

    async def enter(self, method: str, size: int, gone: Callable[[], Awaitable[object]]) -> tuple[Color, str]:
        """The live color and its address, when the request may go there; a write must `leave` afterwards.

        `size` is the body's, in bytes; `gone()` returns when the client has left. Raises Refused, Gone.
        """
        verdict = self._gate.verdict(method, self._clock())
        if verdict is Verdict.HOLD:
            with self._place(size):
                verdict = await self._wait(method, gone)
        if verdict is Verdict.REFUSE:
            raise Refused("writes are refused while a switch that passed its deadline is being resolved")
        live = self._gate.live
        if live is None:
            raise Refused("no color is live yet")
        if live.value not in self._gate.addresses:
            raise Refused(f"{live} is live but has no address")
        if method not in READS:
            self._gate.began()
        return live, self._gate.addresses[live.value]

    def leave(self, method: str) -> None:
        """The application is done with the request."""
        if method not in READS:
            self._gate.ended()
            if self._gate.writes == 0:
                self._calmed.ring()

    def register(self, color: Color, address: str) -> None:
        with self._kept() as gate:
            gate.register(color, address)

    async def fence(self, token: str, deadline_s: float) -> None:
        self._gate.fence(token, self._clock(), deadline_s)
        while not self._gate.quiet(token, self._clock()):
            await self._calmed.rung(self._remaining_s())

    def seal(self, token: str) -> None:
        with self._kept() as gate:
            gate.seal(token, self._clock())

    def set(self, expected: Color | None, new: Color, token: str) -> None:
        with self._kept() as gate:
            gate.set(expected, new, token, self._clock())

    def release(self, token: str) -> None:
        with self._kept() as gate:
            gate.release(token)

    @contextmanager
    def _place(self, size: int) -> Iterator[None]:
        if self._held >= self._max_held or self._held_bytes + size > self._max_held_bytes:
            raise Refused("too many writes wait for the switch to end")
        self._held += 1
        self._held_bytes += size
        try:
            yield
        finally:
            self._held -= 1
            self._held_bytes -= size

    async def _wait(self, method: str, gone: Callable[[], Awaitable[object]]) -> Verdict:
        leaving = asyncio.ensure_future(gone())
        try:
            while (verdict := self._gate.verdict(method, self._clock())) is Verdict.HOLD:
                moved = asyncio.ensure_future(self._moved.rung(self._remaining_s()))
                await asyncio.wait((moved, leaving), return_when=asyncio.FIRST_COMPLETED)
                moved.cancel()
                if leaving.done():
                    raise Gone
            return verdict
        finally:
            leaving.cancel()

    def _remaining_s(self) -> float:
        return max(0.0, self._gate.deadline - self._clock())

    @contextmanager
    def _kept(self) -> Iterator[Gate]:
        """A change that takes effect only if it could be stored. Nothing else runs meanwhile: no await inside."""
        before = vars(self._gate).copy() | {"addresses": dict(self._gate.addresses)}
        try:
            yield self._gate
            self._keep(self.pointer())
        except BaseException:
            vars(self._gate).update(before)
            raise
        self._moved.ring()
        self._calmed.ring()


class _Bell:
    """Wakes whoever waits now."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        self._event.set()
        self._event = asyncio.Event()

    def rung(self, patience_s: float) -> Coroutine[None, None, None]:
        """Returns at the next ring, counted from the call (not from the first await), or after `patience_s`."""
        return _until(self._event, patience_s)


async def _until(event: asyncio.Event, patience_s: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(patience_s):
            await event.wait()
