"""What is decided beforehand for the next requests of a kind: a fault, or to be held until told."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future

from verdigris.testing.faults.calls import Call
from verdigris.testing.faults.rules import Fault, applies, matches


class Hold:
    """One request that does not go on until told. Its sender waits, gives up, or dies: it lands all the same."""

    def __init__(self) -> None:
        self._arrived: Future[Call] = Future()
        self._verdict: Future[bool] = Future()
        self._landed: Future[int] = Future()

    def wait(self, timeout_s: float = 10.0) -> Call:
        """Returns when a request is held. Raises TimeoutError."""
        return self._arrived.result(timeout_s)

    def release(self, timeout_s: float = 10.0) -> int:
        """Lets it land; returns the status that the service answered. Raises TimeoutError."""
        self._verdict.set_result(True)
        return self._landed.result(timeout_s)

    def let_go(self) -> None:
        """It goes on, now or when it comes; nobody waits for that."""
        self._verdict.set_result(True)

    def drop(self) -> None:
        """It never lands; its sender's connection is reset."""
        self._verdict.set_result(False)

    async def until_told(self, call: Call) -> bool:
        """For the proxy: whether the request is to go on."""
        self._arrived.set_result(call)
        return await asyncio.wrap_future(self._verdict)

    def landed(self, status: int) -> None:
        """For the proxy."""
        self._landed.set_result(status)


class Ahead:
    """The list of such decisions, first come first served. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[str, Fault | Hold]] = []

    def add(self, only: str, what: Fault | Hold) -> None:
        with self._lock:
            self._waiting.append((only, what))

    def take(self, call: Call) -> Fault | Hold | None:
        """What was decided for this call, if anything; it is used up."""
        with self._lock:
            for number, (only, what) in enumerate(self._waiting):
                if matches(only, call) and (isinstance(what, Hold) or applies(what, call)):
                    del self._waiting[number]
                    return what
        return None
