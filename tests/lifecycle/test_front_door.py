"""The front door as a process: what it passes on, what it says by itself, and what it remembers."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import urllib3

from verdigris.core.model import Color
from verdigris.errors import Invalid, LocalStackError, Unreachable
from verdigris.local.door import ensure_door
from verdigris.local.ports import free_port
from verdigris.local.stack import LocalStack
from verdigris.stores.front_door import FrontDoor

BLUE, GREEN = Color.BLUE, Color.GREEN


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked, as JSON."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        size = int(self.headers.get("content-length") or 0)
        asked = {
            "method": self.command,
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": self.rfile.read(size).decode(),
        }
        body = json.dumps(asked).encode()
        self.send_response(201)
        self.send_header("content-length", str(len(body)))
        self.send_header("set-cookie", "a=1")
        self.send_header("set-cookie", "b=2")
        self.send_header("connection", "x-of-this-connection")
        self.send_header("x-of-this-connection", "1")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_DELETE = answer  # noqa: N815

    def log_message(self, *_: object) -> None: ...


class Chunked(Echo):
    """Answers in chunks, and breaks off at `/broken`."""

    def do_GET(self) -> None:
        if self.path == "/broken":
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(200)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    LocalStack(tmp_path).down()


@pytest.fixture
def door(folder: Path) -> Iterator[FrontDoor]:
    """A door whose blue echoes."""
    door = ensure_door(folder, "dev")
    with serving(Echo) as address:
        door.register(BLUE, address)
        door.set(None, BLUE, "bootstrap")
        yield door


def ask(url: str, method: str = "GET", **options: object) -> urllib3.BaseHTTPResponse:
    return urllib3.request(method, url, retries=False, timeout=20, **options)  # type: ignore[arg-type]


def kill(folder: Path) -> None:
    info = LocalStack(folder).processes.get("door-dev")
    assert info
    os.kill(info.pid, signal.SIGKILL)
    while LocalStack(folder).processes.get("door-dev"):
        pass


def test_requests_and_answers_pass_whole(door: FrontDoor) -> None:
    headers = {"X-Mine": "1", "Connection": "keep-alive, x-hop", "X-Hop": "1", "Host": "court.example"}
    answer = ask(f"{door.url}/cases/a%2Fb?q=1&q=2", "POST", body=b"x" * 300_000, headers=headers)
    asked = answer.json()
    assert (answer.status, asked["method"], asked["path"]) == (201, "POST", "/cases/a%2Fb?q=1&q=2")
    assert asked["body"] == "x" * 300_000
    assert asked["headers"]["x-mine"] == "1"
    assert asked["headers"]["host"] == "court.example"
    assert "x-hop" not in asked["headers"]
    assert answer.headers["x-verdigris-color"] == "blue"
    assert answer.headers.getlist("set-cookie") == ["a=1", "b=2"]
    assert "x-of-this-connection" not in answer.headers


@pytest.mark.parametrize("method", ["HEAD", "DELETE", "GET"])
def test_other_methods_pass_too(door: FrontDoor, method: str) -> None:
    answer = ask(f"{door.url}/", method)
    assert answer.status == 201
    assert method == "HEAD" or answer.json()["method"] == method


def test_chunked_answers_and_broken_ones(door: FrontDoor) -> None:
    with serving(Chunked) as address:
        door.register(GREEN, address)
        door.set(BLUE, GREEN, "t")
        assert ask(f"{door.url}/").data == b"hello world"
        broken = ask(f"{door.url}/broken")
        assert (broken.status, broken.json()["error"]) == (502, "broken")


def test_an_application_that_cannot_be_reached(door: FrontDoor) -> None:
    door.register(GREEN, f"http://127.0.0.1:{free_port()}")
    door.set(BLUE, GREEN, "t")
    answer = ask(f"{door.url}/", "POST", body=b"{}")
    assert (answer.status, answer.json()["error"]) == (502, "unreachable")
    assert answer.headers["x-verdigris-color"] == "green"


def test_no_live_color(folder: Path) -> None:
    answer = ask(f"{ensure_door(folder, 'dev').url}/")
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert "no color is live" in answer.json()["message"]


def test_a_killed_door_comes_back_as_it_was(door: FrontDoor, folder: Path) -> None:
    door.fence("t", 60)
    kill(folder)
    with pytest.raises(Unreachable):
        door.read()
    again = ensure_door(folder, "dev")
    assert (again.url, again.control_url) == (door.url, door.control_url)
    pointer = door.read()
    assert (pointer.live, pointer.fence) == (BLUE, None), "an unsealed fence is gone"
    assert ask(f"{door.url}/", "POST").status == 201


def test_a_sealed_fence_outlives_the_door(door: FrontDoor, folder: Path) -> None:
    door.fence("t", 60)
    door.seal("t")
    kill(folder)
    ensure_door(folder, "dev")
    pointer = door.read()
    assert (pointer.live, pointer.fence, pointer.sealed) == (BLUE, "t", True)
    assert ask(f"{door.url}/", "POST").status == 503
    assert ask(f"{door.url}/").status == 201
    door.release("t")
    assert ask(f"{door.url}/", "POST").status == 201


def test_the_same_door_is_found_again(door: FrontDoor, folder: Path) -> None:
    assert ensure_door(folder, "dev").url == door.url
    with pytest.raises(LocalStackError, match="runs already, on port"):
        ensure_door(folder, "dev", port=free_port())


def test_environments_have_doors_of_their_own(door: FrontDoor, folder: Path) -> None:
    other = ensure_door(folder, "stg")
    assert other.url != door.url
    assert other.read().live is None
    assert set(LocalStack(folder).down()) == {"door-dev", "door-stg"}


def test_a_port_in_use(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(LocalStackError, match=f"port {port}, asked for by door-dev, is in use"):
            ensure_door(folder, "dev", port=port)
    assert ensure_door(folder, "dev", port=port).url == f"http://127.0.0.1:{port}"


def test_bad_requests_to_its_control_port(door: FrontDoor) -> None:
    with pytest.raises(Invalid):
        door.register(GREEN, "ftp://somewhere")
    url = f"{door.control_url}/_verdigris"
    assert ask(f"{url}/set", "POST", body=b"{}", headers={"Content-Type": "application/json"}).status == 400
    assert ask(f"{url}/release", "POST", body=b'{"token":"t"}', headers={"Content-Type": "text/plain"}).status == 400
    assert ask(f"{url}/pointer", headers={"Host": "evil.example"}).status == 400
    assert ask(f"{door.url}/_verdigris/pointer").status == 201, "users' paths are the application's"


def test_a_body_that_is_too_long(door: FrontDoor) -> None:
    answer = ask(f"{door.url}/", "POST", body=b"x" * (32 * 1024 * 1024 + 1))
    assert answer.status == 413
