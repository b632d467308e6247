"""Passes one HTTP request on to an application, over connections that are kept open."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import urlsplit

import h11

Headers: TypeAlias = Sequence[tuple[bytes, bytes]]
#: Applications close connections that were idle for 5 seconds (Node, uvicorn) or longer: ours are older at no time.
_IDLE_S = 2.0
_PIECE = 64 * 1024
#: Bytes of headers in an answer.
_MAX_HEAD = 256 * 1024
#: Headers that concern one connection only (RFC 9110, section 7.6.1), and what the front door answers itself.
_HOP_BY_HOP = frozenset(
    b"connection keep-alive proxy-connection proxy-authenticate proxy-authorization te trailer transfer-encoding "
    b"upgrade expect".split()
)


class NotSent(Exception):
    """The application could not be reached; it has seen nothing of the request."""


class Broken(Exception):
    """The connection broke while the application had the request; whether it took effect is unknown."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the application said. `headers` without those of the connection."""

    status: int
    headers: Headers
    body: bytes


@dataclass(slots=True)
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    http: h11.Connection = field(default_factory=lambda: h11.Connection(h11.CLIENT, _MAX_HEAD))
    idle_since: float = 0.0


class Forwarder:
    """Connections to applications, by address (`http://host:port`). All of it runs on one event loop."""

    def __init__(self) -> None:
        self._idle: dict[str, list[_Connection]] = {}

    async def send(self, address: str, method: str, target: bytes, headers: Headers, body: bytes) -> Answer:
        """Sends the request and reads the whole answer. Raises NotSent, Broken."""
        connection = self._take(address) or await _connect(address)
        try:
            answer = await _exchange(connection, address, method, target, headers, body)
        except (OSError, h11.ProtocolError, asyncio.IncompleteReadError) as error:
            connection.writer.close()
            raise Broken(type(error).__name__) from error
        except BaseException:
            connection.writer.close()
            raise
        self._keep(address, connection)
        return answer

    def close(self) -> None:
        """Closes what is idle."""
        for connections in self._idle.values():
            for connection in connections:
                connection.writer.close()
        self._idle.clear()

    def _take(self, address: str) -> _Connection | None:
        idle = self._idle.get(address, [])
        while idle:
            connection = idle.pop()
            if time.monotonic() - connection.idle_since < _IDLE_S and not connection.reader.at_eof():
                return connection
            connection.writer.close()
        return None

    def _keep(self, address: str, connection: _Connection) -> None:
        if connection.http.our_state is h11.DONE and connection.http.their_state is h11.DONE:
            connection.http.start_next_cycle()
            connection.idle_since = time.monotonic()
            self._idle.setdefault(address, []).append(connection)
        else:
            connection.writer.close()


async def _connect(address: str) -> _Connection:
    parts = urlsplit(address)
    try:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    except OSError as error:
        raise NotSent(type(error).__name__) from error
    return _Connection(reader, writer)


async def _exchange(
    connection: _Connection, address: str, method: str, target: bytes, headers: Headers, body: bytes
) -> Answer:
    http = connection.http
    # One write for all of it: a second small one would wait for the first's acknowledgement.
    out = [http.send(h11.Request(method=method, target=target, headers=_passed_on(headers, address, method, body)))]
    if body:
        out.append(http.send(h11.Data(data=body)))
    out.append(http.send(h11.EndOfMessage()))
    connection.writer.write(b"".join(piece for piece in out if piece))
    await connection.writer.drain()
    return await _answer(connection)


async def _answer(connection: _Connection) -> Answer:
    status, headers, pieces = 0, [], []
    while True:
        event = connection.http.next_event()
        if event is h11.NEED_DATA:
            connection.http.receive_data(await connection.reader.read(_PIECE))
        elif isinstance(event, h11.Response):
            status, headers = event.status_code, list(event.headers.raw_items())
        elif isinstance(event, h11.Data):
            pieces.append(bytes(event.data))
        elif isinstance(event, h11.EndOfMessage):
            return Answer(status, without_hops(headers), b"".join(pieces))
        elif isinstance(event, h11.ConnectionClosed):
            raise ConnectionResetError("closed before an answer")


def _passed_on(headers: Headers, address: str, method: str, body: bytes) -> list[tuple[bytes, bytes]]:
    passed = [(name, value) for name, value in without_hops(headers) if name.lower() != b"content-length"]
    if body or method not in ("GET", "HEAD", "OPTIONS", "DELETE"):
        passed.append((b"content-length", str(len(body)).encode()))
    if not any(name.lower() == b"host" for name, _ in passed):  # HTTP/1.0
        passed.append((b"host", urlsplit(address).netloc.encode()))
    return passed


def without_hops(headers: Headers) -> list[tuple[bytes, bytes]]:
    """The headers that are meant for whoever is at the other end."""
    named = {
        token.strip().lower() for name, value in headers if name.lower() == b"connection" for token in value.split(b",")
    }
    return [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP and name.lower() not in named]
