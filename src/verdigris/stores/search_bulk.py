"""Bulk writes: documents → NDJSON requests → what became of each document.

A bulk must never create the index: a write that comes late, after the index was deleted, would bring it back with
guessed mappings and the cluster's consent. `require_alias` makes the cluster itself see to that, in the same step as
the write: it refuses names that are no alias. So each index gets an alias of its own for writing, and loses it
together with its life.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from verdigris.core import documents
from verdigris.core.batching import Limit, batches
from verdigris.errors import Conflict, Invalid, StoreError, Throttled, Unreachable
from verdigris.stores.search_errors import Cause, kind_of
from verdigris.stores.search_http import SearchHttp, decoded, path_of
from verdigris.stores.searching import BulkResult, Document

BULK = Limit(
    1000,
    4 * 1024 * 1024,
    "Amazon OpenSearch Service, operational best practices: start at 3 to 5 MiB; quotas: 10 MiB on small instances",
)
#: OpenSearch, index document API: an id has at most 512 bytes. A longer one would fail the whole request.
MAX_ID_BYTES = 512
#: External versions are whole numbers from 0 to 2⁶³ - 1 (OpenSearch, index document API).
MAX_VERSION = 2**63 - 1

_QUERY = {
    "require_alias": "true",
    "filter_path": "items.*.status,items.*.error.type,items.*.error.reason",
}
_encode = msgspec.json.encode


class _Line(NamedTuple):
    id: str
    data: bytes


class _Item(msgspec.Struct):
    status: int
    error: Cause | None = None


class _Answer(msgspec.Struct):
    items: list[dict[str, _Item]] = []


def write_alias(index: str) -> str:
    """The alias through which `index` is written."""
    return f"{index}.writes"


class Bulk:
    """One bulk to one index: `run` sends everything and says what became of it."""

    def __init__(self, http: SearchHttp, index: str, limit: Limit = BULK) -> None:
        self._http = http
        self._index = index
        self._limit = limit
        self._path = path_of(write_alias(index), "_bulk")
        self._written = 0
        self._superseded = 0
        self._refused: list[tuple[str, str]] = []

    def run(self, stream: Iterable[Document]) -> BulkResult:
        for batch in batches(self._lines(stream), self._limit, size=lambda line: len(line.data)):
            try:
                self._send(batch)
            except StoreError as error:
                error.state = error.state or f"{self._written} documents were written before; again is harmless"
                raise
        return BulkResult(self._written, self._superseded, tuple(self._refused))

    def _lines(self, stream: Iterable[Document]) -> Iterator[_Line]:
        for document in stream:
            try:
                yield _Line(document.id, line_of(document))
            except ValueError as error:
                self._refused.append((document.id, str(error)))

    def _send(self, batch: Sequence[_Line]) -> None:
        """Sends until every document is accounted for. Given up when attempts in a row get nothing done."""
        fruitless = 0
        while batch:
            try:
                again, failure = self._attempt(batch)
            except Invalid as error:
                self._halve(batch, error)
                return
            fruitless = fruitless + 1 if len(again) == len(batch) else 0
            if failure and fruitless >= self._http.backoff.attempts:
                raise failure
            if isinstance(failure, Throttled):
                self._http.throttled(self._index)
            if again:
                self._http.backoff.pause(fruitless + 1)
            batch = again

    def _attempt(self, batch: Sequence[_Line]) -> tuple[list[_Line], StoreError | None]:
        """The documents to send again, and why."""
        body = b"".join(line.data for line in batch)
        text = self._http.call(
            "POST", self._path, body, where=self._index, query=_QUERY, content_type="application/x-ndjson"
        )
        items = [item for action in decoded(text, _Answer, self._index).items for item in action.values()]
        if len(items) != len(batch):
            raise StoreError(f"{len(batch)} documents were sent, {len(items)} answered", where=self._index)
        again: list[_Line] = []
        failure: StoreError | None = None
        for line, item in zip(batch, items, strict=True):
            problem = self._settle(line.id, item)
            if problem:
                again.append(line)
                failure = problem
        return again, failure

    def _settle(self, id: str, item: _Item) -> StoreError | None:  # noqa: A002
        """Counts one document. Returns the reason to send it again; raises what is no fault of the document."""
        if item.error is None:  # a delete of what is not there answers 404, and leaves its version behind
            self._written += 1
            return None
        kind = kind_of(item.error, item.status)
        if kind is Conflict:
            self._superseded += 1
        elif kind is Invalid:
            self._refused.append((id, item.error.text))
        elif issubclass(kind, Throttled | Unreachable):
            return kind(item.error.text, where=self._index)
        else:
            raise kind(item.error.text, where=self._index)
        return None

    def _halve(self, batch: Sequence[_Line], error: Invalid) -> None:
        """A request that is refused as a whole (too large, or spoilt by one document) is taken apart."""
        if len(batch) == 1:
            self._refused.append((batch[0].id, error.what))
            return
        middle = len(batch) // 2
        self._send(batch[:middle])
        self._send(batch[middle:])


def line_of(document: Document) -> bytes:
    """The NDJSON of one write. Raises ValueError for what no index takes."""
    if not 0 < len(document.id.encode()) <= MAX_ID_BYTES:
        raise ValueError(f"an id has 1 to {MAX_ID_BYTES} bytes")
    if not 0 <= document.version <= MAX_VERSION:
        raise ValueError(f"version {document.version} is not within 0 to 2^63 - 1")
    action = b"delete" if document.body is None else b"index"
    head = b'{"%b":{"_id":%b,"version":%d,"version_type":"external_gte"}}\n' % (
        action,
        _encode(document.id),
        document.version,
    )
    return head if document.body is None else head + documents.encode(document.body) + b"\n"
