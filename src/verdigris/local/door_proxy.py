"""The users' side of the front door, as an ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import orjson

from verdigris.core.model import Color
from verdigris.local.forward import Answer, Broken, Forwarder, Headers, NotSent
from verdigris.local.hall import Gone, Hall, Refused

Scope: TypeAlias = dict[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[dict[str, Any]]]
Send: TypeAlias = Callable[[dict[str, Any]], Awaitable[None]]

_MAX_BODY = 32 * 1024 * 1024


class Proxy:
    """Sends every request to the live color. Bodies are read whole, at most 32 MiB (413 otherwise).

    Answers of its own are JSON: 503 refused (nothing was written), 502 the application cannot be reached or broke
    off, 504 it did not answer within `patience_s` seconds. Answers of the application get `x-verdigris-color`.
    """

    def __init__(self, hall: Hall, forwarder: Forwarder, *, patience_s: float = 60.0) -> None:
        self._hall = hall
        self._forwarder = forwarder
        self._patience_s = patience_s
        self._under_way: set[asyncio.Task[Answer]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await _body(receive)
            if body is None:
                await _say(send, 413, "too-large", f"the front door takes bodies of at most {_MAX_BODY} bytes")
                return
            color, address = await self._hall.enter(scope["method"], len(body), receive)
        except Refused as refused:
            await _say(send, 503, "refused", f"{refused}; nothing was written")
        except Gone:
            return
        else:
            await self._pass(scope, body, color, address, send)

    async def _pass(self, scope: Scope, body: bytes, color: Color, address: str, send: Send) -> None:
        task = asyncio.create_task(self._forward(scope, body, address))
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        try:
            # A client that waits no longer does not end the write: it stays under way until the application is done.
            answer = await asyncio.wait_for(asyncio.shield(task), self._patience_s)
        except NotSent as error:
            await _say(send, 502, "unreachable", f"{color} at {address} cannot be reached ({error})", color)
        except Broken as error:
            await _say(send, 502, "broken", f"{color} at {address} broke off ({error}); the outcome is unknown", color)
        except TimeoutError:
            await _say(send, 504, "slow", f"{color} at {address} has not answered; the outcome is unknown", color)
        else:
            await _answer(send, answer.status, [*answer.headers, _mark(color)], answer.body)

    def _ended(self, task: asyncio.Task[Answer]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # taken note of: nobody may be waiting for it any more

    async def _forward(self, scope: Scope, body: bytes, address: str) -> Answer:
        query = scope["query_string"]
        target = scope["raw_path"] + (b"?" + query if query else b"")
        try:
            return await self._forwarder.send(address, scope["method"], target, scope["headers"], body)
        finally:
            self._hall.leave(scope["method"])


async def _body(receive: Receive) -> bytes | None:
    """The whole body, or None if it is too long. Raises Gone if the client leaves before its end."""
    pieces, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > _MAX_BODY:
            return None
        more = message.get("more_body", False)
    return b"".join(pieces)


def _mark(color: Color) -> tuple[bytes, bytes]:
    return (b"x-verdigris-color", color.value.encode())


async def _say(send: Send, status: int, error: str, message: str, color: Color | None = None) -> None:
    body = orjson.dumps({"error": error, "message": message})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status == 503:
        headers.append((b"retry-after", b"1"))
    await _answer(send, status, [*headers, _mark(color)] if color else headers, body)


async def _answer(send: Send, status: int, headers: Headers, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
