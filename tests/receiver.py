"""A receiver of webhooks and HTTP hooks: keeps what it was sent, and answers what it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar


@dataclass
class Message:
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """`answers` are given one after the other, each (status, JSON); then 200 and an empty object."""

    url: str = ""
    answers: list[tuple[int, Any]] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    receiver: ClassVar[Receiver]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.receiver.messages.append(Message({name.lower(): value for name, value in self.headers.items()}, body))
        status, value = self.receiver.answers.pop(0) if self.receiver.answers else (200, {})
        answer = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(answer)))
        if status == 302:
            self.send_header("location", self.receiver.url)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def receiver() -> Iterator[Receiver]:
    """On a free port of 127.0.0.1."""
    made = Receiver()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"receiver": made}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
