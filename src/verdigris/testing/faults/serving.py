"""A proxy's thread and event loop: what stands in front of an engine while it is entered."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from verdigris.local.forward import Answer, Forwarder
from verdigris.local.ports import HOST, listen
from verdigris.testing.faults.calls import Call
from verdigris.testing.faults.server import Server

Thing = TypeVar("Thing")


class Serving:
    """Stands in front of `target_url`, on a port of loopback (0: any), in a thread of its own while it is entered."""

    def __init__(self, target_url: str, port: int = 0) -> None:
        self._target_url = target_url
        self._port = port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._server = Server(self._handle)
        self._forwarder = Forwarder()
        #: what goes on after its call was answered
        self._late: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._port}"

    def __enter__(self) -> Self:
        self.start(listen(self._port))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self, listener: socket.socket) -> None:
        self._port = listener.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=type(self).__name__, daemon=True)
        self._thread.start()
        self._on_loop(self._server.start(listener))

    def close(self) -> None:
        """Ends at once. What is held or late by then never lands."""
        if self._loop is None or self._thread is None:
            return
        self._on_loop(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._loop = None

    def _on_loop(self, work: Coroutine[Any, Any, Thing]) -> Thing:
        assert self._loop is not None, "the proxy is not entered"
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    # ── on the loop ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _handle(self, call: Call) -> Answer | None:
        raise NotImplementedError

    async def _stop(self) -> None:
        for task in list(self._late):
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)
        await self._server.stop()
        self._forwarder.close()

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def _forward(self, call: Call) -> Answer:
        return await self._forwarder.send(self._target_url, call.method, call.target, call.headers, call.body)
