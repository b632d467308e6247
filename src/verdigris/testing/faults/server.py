"""A small HTTP/1.1 server on loopback that can also do what good ones never do: reset a connection."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeAlias

import h11

from verdigris.local.forward import Answer, without_hops
from verdigris.testing.faults.calls import Call

#: A call's answer; None resets the connection.
Handler: TypeAlias = Callable[[Call], Awaitable[Answer | None]]

_PIECE = 256 * 1024


class Server:
    """Serves connections of one listening socket on the running loop."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self, listener: socket.socket) -> None:
        self._server = await asyncio.start_server(self._accepted, sock=listener)

    async def stop(self) -> None:
        """Ends at once; requests under way are dropped."""
        if self._server:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(OSError, h11.ProtocolError, asyncio.CancelledError):
                await self._converse(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        http = h11.Connection(h11.SERVER)
        while (call := await _next_call(http, reader)) is not None:
            answer = await self._handler(call)
            if answer is None:
                _reset(writer)
                return
            writer.write(_bytes(http, answer))
            await writer.drain()
            if http.our_state is not h11.DONE or http.their_state is not h11.DONE:
                return
            http.start_next_cycle()


async def _next_call(http: h11.Connection, reader: asyncio.StreamReader) -> Call | None:
    """The next request, whole; None when the client has closed."""
    head: h11.Request | None = None
    pieces: list[bytes] = []
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            http.receive_data(await reader.read(_PIECE))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            pieces.append(bytes(event.data))
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            return Call(head.method.decode(), head.target, list(head.headers), b"".join(pieces))
        else:
            return None


def _bytes(http: h11.Connection, answer: Answer) -> bytes:
    headers = without_hops(answer.headers)
    if not any(name.lower() == b"content-length" for name, _ in headers):  # it came in chunks
        headers.append((b"content-length", str(len(answer.body)).encode()))
    parts = [
        http.send(h11.Response(status_code=answer.status, headers=headers)),
        http.send(h11.Data(data=answer.body)),
        http.send(h11.EndOfMessage()),
    ]
    return b"".join(part for part in parts if part)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Closes with RST, not FIN: the client sees a connection that was reset."""
    with suppress(OSError):
        found = writer.get_extra_info("socket")
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
