"""The traffic generator's HTTP client: no write is left ambiguous."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from court.client import ATTEMPT_SECONDS, Answer, Client
from court.entities import CASES, Ref
from court.operations import Operation

CASE = Ref(CASES, "101-26")
PUT = Operation("put", "PUT", CASE.path, {"rev": 2}, {CASE: {"rev": 2}}, 2)


class Patience:
    """A stop that is never set and never waits, but says how long it was asked to."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def is_set(self) -> bool:
        return len(self.waits) > 20

    def wait(self, timeout: float) -> bool:
        self.waits.append(timeout)
        return False


@contextmanager
def answering(statuses: list[int]) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A server that answers with the given statuses in turn (0: hangs up), then 200; and the headers it was sent."""
    seen: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            seen.append({name.lower(): value for name, value in self.headers.items()})
            status = statuses.pop(0) if statuses else 200
            if status:
                self.send_response(status)
                self.send_header("X-Court-Color", "green")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def written(statuses: list[int]) -> tuple[Answer | None, list[Answer], list[float], list[dict[str, str]]]:
    patience, failed = Patience(), list[Answer]()
    with answering(statuses) as (url, seen):
        answer = Client(url, 1, patience, clock=lambda: 1000.0).write(PUT, failed.append)
    return answer, failed, patience.waits, seen


def test_a_write_is_repeated_until_it_is_acknowledged() -> None:
    answer, failed, waits, _ = written([503, 500, 429])
    assert answer == Answer(200, "green", {})
    assert [one.status for one in failed] == [503, 500, 429]
    assert waits == [0.05, 0.1, 0.2]


@pytest.mark.parametrize("status", [0, 502, 504])
def test_after_an_attempt_of_unknown_outcome_its_deadline_is_waited_for(status: int) -> None:
    answer, failed, waits, seen = written([status])
    assert answer is not None
    assert answer.done
    assert [one.status for one in failed] == [status]
    assert waits == [ATTEMPT_SECONDS + 1]
    assert float(seen[0]["x-deadline"]) == 1000.0 + ATTEMPT_SECONDS


@pytest.mark.parametrize("status", [404, 409, 410])
def test_a_refusal_settles_a_write(status: int) -> None:
    answer, failed, _, _ = written([status])
    assert answer is not None
    assert (answer.status, answer.done, answer.refused) == (status, False, True)
    assert failed == []


def test_a_write_is_given_up_when_the_generator_stops() -> None:
    patience = Patience()
    failed = list[Answer]()
    with answering([]) as (url, _):
        pass
    assert Client(url, 1, patience).write(PUT, failed.append) is None
    assert {one.status for one in failed} == {503}, "nothing was sent: no need to wait for the deadline"
