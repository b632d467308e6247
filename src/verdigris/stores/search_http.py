"""The transport to a search cluster: signed requests, retries, errors by class."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec
import urllib3

from verdigris.core.braking import Throttling
from verdigris.errors import StoreError, Throttled, Unreachable
from verdigris.stores.backoff import Backoff
from verdigris.stores.search_auth import Auth, anonymous
from verdigris.stores.search_errors import from_answer

log = logging.getLogger(__name__)
Decoded = TypeVar("Decoded")

#: Seconds to connect, and of silence while an answer is awaited: a bulk of a few MiB takes less than one.
TIMEOUT = urllib3.Timeout(connect=5, read=60)
#: What a load balancer or a node says that cannot take the request now. It was not, or may not have been, carried out.
_AGAIN = frozenset((429, 502, 503, 504))
_LOOKS = frozenset({"GET", "HEAD"})


class Answer(NamedTuple):
    status: int
    body: bytes


class Send(Protocol):
    """One HTTP exchange. Raises urllib3's HTTPError when there is no answer."""

    def __call__(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Answer: ...


def pooled(threads: int = 8) -> Send:
    """Kept connections, for as many threads at once."""
    pool = urllib3.PoolManager(maxsize=threads, timeout=TIMEOUT, retries=False)

    def send(method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        answer = pool.request(method, url, body=body or None, headers=headers, redirect=False)
        return Answer(answer.status, answer.data)

    return send


class SearchHttp:
    """Calls to one cluster; `throttled` is told of each answer that says: too much. Safe to share between threads.

    `may_go` is asked before each attempt that may change something; it raises LeaseLost.
    """

    def __init__(
        self,
        url: str,
        *,
        auth: Auth = anonymous,
        send: Send | None = None,
        backoff: Backoff | None = None,
        throttled: Callable[[Throttling], None] = lambda told: None,
        may_go: Callable[[], None] = lambda: None,
    ) -> None:
        self.url = url.rstrip("/")
        self.backoff = backoff or Backoff()
        self._throttled = throttled
        self._may_go = may_go
        self._auth = auth
        self._send = send or pooled()

    def call(
        self,
        method: str,
        path: str,
        body: bytes | Mapping[str, Any] = b"",
        *,
        where: str,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
        repeat: bool = True,
    ) -> bytes:
        """The body of the answer to one request, sent again while the cluster is busy or does not answer.

        `path` is quoted already (`path_of`). Raises any StoreError; after Unreachable the request may have taken
        effect. `repeat=False` is for what must not be carried out twice: only when it was turned away (429) is it sent
        again.
        """
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        # Quoted as a signature wants it: the server signs what it decoded and quoted again by the same rule.
        url = self.url + path + ("?" + urlencode(query, quote_via=quote, safe="") if query else "")
        attempt = 0
        while True:
            failure = self._attempt(method, url, data, where, content_type)
            if isinstance(failure, bytes):
                return failure
            attempt += 1
            if not isinstance(failure, Throttled | Unreachable if repeat else Throttled):
                raise failure
            if isinstance(failure, Throttled):
                self.throttled(where)
            if attempt >= self.backoff.attempts:
                failure.what = f"{failure.what}, after {attempt} attempts"
                raise failure
            log.debug("%s %s: %s; again", method, where, failure.what)
            self.backoff.pause(attempt)

    def throttled(self, where: str) -> None:
        """The cluster says of `where` that it has too much to do."""
        self._throttled(Throttling("index", where))

    def _attempt(self, method: str, url: str, body: bytes, where: str, content_type: str) -> bytes | StoreError:
        headers = {"content-type": content_type, **self._auth(method, url, body)}
        if method not in _LOOKS:
            self._may_go()
        try:
            answer = self._send(method, url, body, headers)
        except urllib3.exceptions.HTTPError as error:
            what = f"no answer from {self.url}: {error.__class__.__name__}"
            return Unreachable(what, where=where, next_command=self._look())
        if answer.status < 300:
            return answer.body
        failure = from_answer(answer.status, answer.body, where)
        if answer.status in _AGAIN and not isinstance(failure, Throttled):
            return Unreachable(failure.what, where=where, next_command=self._look())
        return failure

    def _look(self) -> str:
        """What to type when nobody answers: the embedded stack is the only thing that is ours to look at."""
        local = urlsplit(self.url).hostname in {"127.0.0.1", "localhost", "::1"}
        return "verdigris local status" if local else f"curl -sS {self.url}"


def decoded(answer: bytes, kind: type[Decoded], where: str) -> Decoded:
    """An answer's JSON as `kind`. Raises StoreError if it is something else."""
    try:
        return msgspec.json.decode(answer, type=kind)
    except msgspec.DecodeError as error:
        raise StoreError(f"an answer that is not understood: {error}", where=where) from error


def path_of(*parts: str) -> str:
    """`("court-case", "_bulk")` → `/court-case/_bulk`, quoted."""
    return "".join("/" + quote(part, safe="") for part in parts)
