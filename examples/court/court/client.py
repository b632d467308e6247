"""The traffic generator's HTTP client: a write is repeated until it is answered for good, a read is asked once."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeAlias

import urllib3

from court.api import COLOR, DEADLINE
from court.operations import Operation

#: How long one attempt may take: longer than a front door may hold a write.
ATTEMPT_SECONDS = 15.0
#: Answers that leave open whether an attempt was done, or still will be.
_OPEN = {408, 502, 504}


class Answer(NamedTuple):
    """`status` 0: none came."""

    status: int
    color: str
    body: Any

    @property
    def done(self) -> bool:
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """Answered for good, and not done."""
        return 400 <= self.status < 500 and self.status not in (*_OPEN, 429)


#: Told of each attempt that has to be repeated.
Failed: TypeAlias = Callable[[Answer], None]


class Stop(Protocol):
    """The part of a `threading.Event` that tells a client to give up."""

    def is_set(self) -> bool: ...

    def wait(self, timeout: float) -> bool: ...


class Client:
    """Safe to share between threads. Writes are given up once `stop` is set; `clock` gives Unix seconds."""

    def __init__(self, url: str, connections: int, stop: Stop, *, clock: Callable[[], float] = time.time) -> None:
        self._url = url.rstrip("/")
        self._http = urllib3.PoolManager(maxsize=connections, retries=False, timeout=ATTEMPT_SECONDS)
        self._stop = stop
        self._clock = clock

    def write(self, operation: Operation, failed: Failed) -> Answer | None:
        """The answer that settled the write; None if it was given up unsettled. Each failed attempt is reported.

        An attempt without an answer may still be done until its deadline, which the application honours: the next
        one waits until then, so that an old attempt can never land on top of a newer write.
        """
        pause = 0.05
        while not self._stop.is_set():
            deadline = self._clock() + ATTEMPT_SECONDS
            headers = {DEADLINE: f"{deadline:.3f}"}
            answer = self._ask(operation.method, operation.path, operation.body, headers)
            if answer.done or answer.refused:
                return answer
            failed(answer)
            unknown = answer.status == 0 or answer.status in _OPEN
            self._stop.wait(max(pause, deadline + 1 - self._clock()) if unknown else pause)
            pause = min(pause * 2, 1.0)
        return None

    def read(self, path: str) -> Answer:
        return self._ask("GET", path, None, {})

    def _ask(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        payload = None if body is None else json.dumps(body).encode()
        try:
            answer = self._http.request(method, self._url + path, body=payload, headers=headers)
        except urllib3.exceptions.NewConnectionError:
            return Answer(503, "", "no connection: nothing was sent")
        except urllib3.exceptions.HTTPError as error:
            return Answer(0, "", type(error).__name__)
        try:
            return Answer(answer.status, answer.headers.get(COLOR, ""), json.loads(answer.data))
        except ValueError:
            return Answer(answer.status, answer.headers.get(COLOR, ""), answer.data[:200].decode(errors="replace"))
