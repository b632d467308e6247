"""A server on loopback that answers as told and notes what it was asked: the faults that DynamoDB Local never shows."""

from __future__ import annotations

import json
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import urllib3

from verdigris.stores.backoff import Backoff
from verdigris.stores.http import AwsJson, Service


@dataclass(frozen=True)
class Answer:
    """What to answer. `crc` is the x-amz-crc32 header: None leaves it out."""

    body: Any = field(default_factory=dict)
    status: int = 200
    crc: int | None = None
    reset: bool = False

    def bytes(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


RESET = Answer(reset=True)


def fault(code: str, message: str = "no", status: int = 400) -> Answer:
    return Answer({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message}, status)


@dataclass(frozen=True)
class Request:
    """What the server was asked."""

    operation: str
    body: bytes
    headers: dict[str, str]

    @property
    def region(self) -> str:
        """The region that the request was signed for."""
        return self.headers["authorization"].partition("Credential=")[2].split("/")[2]


@dataclass
class Script:
    """What the server was asked, in order."""

    url: str = ""
    requests: list[tuple[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    def operations(self) -> list[str]:
        return [operation for operation, _ in self.requests]

    def bodies(self) -> list[Any]:
        return [body for _, body in self.requests]


@contextmanager
def scripted(*answers: Answer) -> Iterator[Script]:
    """Answers first to last, the last one again and again."""
    left = list(answers)
    with answering(lambda _: left.pop(0) if len(left) > 1 else left[0]) as script:
        yield script


@contextmanager
def answering(answer: Callable[[Request], Answer]) -> Iterator[Script]:
    """Answers each request as `answer` says, one at a time."""
    script = Script()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # headers and body in one packet: no delayed acknowledgement between them

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(headers["x-amz-target"].partition(".")[2], body, headers)
            with lock:
                script.requests.append((request.operation, json.loads(body)))
                script.headers.append(headers)
                given = answer(request)
            if given.reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                return
            self.send_response(given.status)
            self.send_header("content-length", str(len(given.bytes())))
            if given.crc is not None:
                self.send_header("x-amz-crc32", str(given.crc))
            self.end_headers()
            self.wfile.write(given.bytes())

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        script.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield script
        finally:
            server.shutdown()
            thread.join()


@dataclass(frozen=True)
class FixedCredentials:
    access_key: str = "AKIDEXAMPLE"
    secret_key: str = "secret"
    token: str | None = None

    def get_frozen_credentials(self) -> FixedCredentials:
        return self


def transport(script: Script, *, attempts: int = 4, credentials: Any = None, **options: Any) -> AwsJson:
    """A transport to the scripted server that notes its pauses instead of sleeping."""
    return AwsJson(
        Service("DynamoDB_20120810", "dynamodb"),
        endpoint_url=script.url,
        region="us-east-1",
        credentials=credentials or FixedCredentials(),
        pool=urllib3.PoolManager(timeout=urllib3.Timeout(5)),
        backoff=Backoff(attempts=attempts, base_s=1, cap_s=4, sleep=script.slept.append, random=lambda: 0.5),
        **options,
    )


def crc(answer: Answer) -> Answer:
    return Answer(answer.body, answer.status, zlib.crc32(answer.bytes()))
