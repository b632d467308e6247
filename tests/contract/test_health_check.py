"""The contract of `HealthCheck`: an address on a local server, and the one in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from verdigris.stores.http_health import HttpHealth
from verdigris.stores.memory_watches import MemoryHealth
from verdigris.stores.outside import HealthCheck


@dataclass
class Made:
    check: HealthCheck
    ill: Callable[[], object]


@contextmanager
def server(answers: list[int]) -> Iterator[str]:
    """Answers with these statuses, then with 200."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(answers.pop(0) if answers else 200)
            self.send_header("location", "/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{made.server_address[1]}"
    finally:
        made.shutdown()
        made.server_close()
        thread.join()


@pytest.fixture(params=["memory", "http"])
def made(request: pytest.FixtureRequest) -> Iterator[Made]:
    if request.param == "memory":
        memory = MemoryHealth()
        yield Made(memory, lambda: memory.answers.append("HTTP 503 instead of 200"))
        return
    answers: list[int] = []
    with server(answers) as url:
        yield Made(HttpHealth(f"{url}/health"), lambda: answers.append(503))


def test_well_ill_and_well_again(made: Made) -> None:
    assert made.check.look() == ""
    made.ill()
    assert made.check.look() == "HTTP 503 instead of 200"
    assert made.check.look() == ""
    assert made.check.name


def test_another_status_may_be_the_right_one() -> None:
    with server([204, 302]) as url:
        check = HttpHealth(url, status=204)
        assert check.look() == ""
        assert check.look() == "HTTP 302 instead of 204", "redirects are not followed"


def test_no_answer_is_wrong() -> None:
    assert HttpHealth("http://127.0.0.1:1").look().startswith("no answer")


def test_a_name_holds_no_secret() -> None:
    assert HttpHealth("http://127.0.0.1:1/health?token=planted").name == "http://127.0.0.1:1/health"
