"""Lambda's control plane of event source mappings with what moto lacks: changes that take time, and refusals meanwhile.

Time is counted in lists: what is on its way has arrived after `looks` of them. The states, and ResourceInUseException
for a change of what is on its way: Lambda's API reference (EventSourceMappingConfiguration, UpdateEventSourceMapping).
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

_ROOT = "/2015-03-31/"
_PAGE = 2
_SETTLED = ("Enabled", "Disabled")


@dataclass
class Mapping:
    """One mapping: where it stands, and how many lists it takes until it stands where it is going."""

    stream: str
    function: str
    state: str = "Enabled"
    going: str = ""
    left: int = 0
    start: str = "TRIM_HORIZON"


@dataclass
class Lambda:
    """`looks`: how many lists a change takes. `listed` is called before each list is answered: what others do."""

    looks: int = 2
    timeout_s: int = 3
    mappings: dict[str, Mapping] = field(default_factory=dict)
    #: how often a change was asked for while there was another one
    refused: int = 0
    #: ids whose change was accepted, with what was asked for
    asked: list[tuple[str, bool]] = field(default_factory=list)
    #: answers of status 500 or 429 to give first
    failures: list[int] = field(default_factory=list)
    listed: Callable[[], None] = lambda: None
    url: str = ""

    def add(self, stream: str, function: str, state: str = "Enabled", **more: Any) -> str:
        id_ = f"00000000-0000-0000-0000-{len(self.mappings) + len(self.asked):012d}"
        self.mappings[id_] = Mapping(stream, function, state, **more)
        return id_

    def states(self) -> dict[str, str]:
        return {mapping.function: mapping.state for mapping in self.mappings.values()}

    def answer(self, method: str, target: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        url = urlsplit(target)
        kind, _, rest = url.path.removeprefix(_ROOT).partition("/")
        if self.failures:
            return self.failures.pop(0), {"message": "not now"}
        if kind == "functions":
            name = unquote(rest.removesuffix("/configuration"))
            return 200, {"FunctionName": name, "Timeout": self.timeout_s}
        if method == "GET":
            return self._list({name: values[0] for name, values in parse_qs(url.query).items()})
        return self._update(unquote(rest), body)

    def _list(self, query: dict[str, str]) -> tuple[int, dict[str, Any]]:
        marker = int(query.get("Marker", 0))
        if not marker:
            self.listed()
            self._pass_time()
        found = [(id_, one) for id_, one in self.mappings.items() if one.stream == query["EventSourceArn"]]
        page = found[marker : marker + _PAGE]
        answer: dict[str, Any] = {"EventSourceMappings": [_shown(id_, one) for id_, one in page]}
        return 200, answer | ({"NextMarker": str(marker + _PAGE)} if marker + _PAGE < len(found) else {})

    def _pass_time(self) -> None:
        for mapping in self.mappings.values():
            if mapping.going:
                mapping.left -= 1
                if mapping.left < 0:
                    mapping.state, mapping.going = mapping.going, ""

    def _update(self, id_: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        mapping = self.mappings.get(id_)
        if mapping is None:
            return 404, {"__code": "ResourceNotFoundException", "Message": "no such mapping"}
        if mapping.state not in _SETTLED:
            self.refused += 1
            return 400, {"__code": "ResourceInUseException", "Message": f"it is {mapping.state}"}
        on = bool(body["Enabled"])
        self.asked.append((id_, on))
        mapping.state, mapping.going = ("Enabling", "Enabled") if on else ("Disabling", "Disabled")
        mapping.left = self.looks
        return 202, _shown(id_, mapping)


def _shown(id_: str, mapping: Mapping) -> dict[str, Any]:
    return {
        "UUID": id_,
        "EventSourceArn": mapping.stream,
        "FunctionArn": f"arn:aws:lambda:us-east-1:123456789012:function:{mapping.function}",
        "State": mapping.state,
        "LastModified": time.time(),
        "StartingPosition": mapping.start,
    }


@contextmanager
def serving(made: Lambda) -> Iterator[Lambda]:
    """Answers on loopback, one request at a time."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self) -> None:
            self._answer("GET")

        def do_PUT(self) -> None:
            self._answer("PUT")

        def _answer(self, method: str) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
            with lock:
                status, given = made.answer(method, self.path, body)
            text = json.dumps({name: value for name, value in given.items() if name != "__code"}).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(text)))
            if "__code" in given:
                self.send_header("x-amzn-errortype", given["__code"])
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
