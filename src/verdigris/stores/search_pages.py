"""Every document of an index in one consistent view: by point in time, or by scroll where a product has none.

A page of a point in time can be asked for again when its answer was lost; one of a scroll cannot.

No answer is thinned with `filter_path` here: the cluster then parses each document and writes it anew, and
`12345678901234567890.5` comes back as `1.2345678901234567E19`. Unfiltered it sends the bytes that were stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from verdigris.errors import AccessRefused, Invalid, StoreError, Unreachable
from verdigris.stores.search_http import SearchHttp, decoded, path_of

#: How long the cluster keeps the view while nobody asks for the next page.
KEEP_ALIVE = "10m"


class Hit(msgspec.Struct, rename={"id": "_id", "source": "_source"}):
    """One document as it came; `source` is empty if the index keeps none."""

    id: str
    source: msgspec.Raw = msgspec.Raw(b"")
    sort: msgspec.Raw = msgspec.Raw(b"null")


class _Total(msgspec.Struct):
    value: int


_NONE = _Total(0)


class _Hits(msgspec.Struct):
    hits: list[Hit]
    total: _Total | None = None


class _Shards(msgspec.Struct):
    total: int
    failed: int


class _Page(msgspec.Struct, rename={"shards": "_shards", "scroll_id": "_scroll_id"}):
    hits: _Hits
    shards: _Shards
    timed_out: bool = False
    pit_id: str = ""
    scroll_id: str = ""


class _Opened(msgspec.Struct, rename={"shards": "_shards"}):
    pit_id: str
    shards: _Shards


def pages(http: SearchHttp, index: str, size: int) -> Iterator[Sequence[Hit]]:
    """The hits, `size` at a time. Raises NotFound, and StoreError if the cluster gives fewer than it counted."""
    total, seen = 0, 0
    opened = _open(http, index)
    for page in _viewed(http, index, size, opened) if opened else _scrolled(http, index, size):
        total = page.hits.total.value if page.hits.total else total
        seen += len(page.hits.hits)
        yield page.hits.hits
    if seen != total:
        raise StoreError(f"{seen} of {total} documents were given", where=index)


def _open(http: SearchHttp, index: str) -> _Opened | None:
    """A point in time; None where the product has none."""
    query = {"keep_alive": KEEP_ALIVE, "allow_partial_pit_creation": "false"}
    try:
        answer = http.call("POST", path_of(index, "_search", "point_in_time"), where=index, query=query)
    except (Invalid, AccessRefused):
        # Elasticsearch, and OpenSearch before 2.4. Amazon's service answers 401 to a path that a version does not
        # have, and roles may be older than the path. Who may not read at all is told so by the scroll.
        return None
    return decoded(answer, _Opened, index)


def _viewed(http: SearchHttp, index: str, size: int, opened: _Opened) -> Iterator[_Page]:
    """Shard by shard, each in the order in which it keeps its documents: that costs no sorting, and no two of one shard
    have the same place. (`_shard_doc`, a place among all shards, is unknown before OpenSearch 3.)
    """
    pit, shards = opened.pit_id, opened.shards.total
    try:
        counted = _search(http, index, pit, {"size": 0, "track_total_hits": True})
        yield counted
        if counted.hits.total == _NONE:  # an index without any field cannot be cut into slices
            return
        for shard in range(shards):
            body: dict[str, Any] = {"size": size, "sort": ["_doc"], "track_total_hits": False}
            if shards > 1:  # where there are as many slices as shards, each slice is a shard
                body["slice"] = {"id": shard, "max": shards}
            while (page := _search(http, index, pit, body)).hits.hits:
                pit = page.pit_id or pit
                yield page
                body["search_after"] = page.hits.hits[-1].sort
    finally:
        _close(http, index, pit)


def _search(http: SearchHttp, index: str, pit: str, body: dict[str, Any]) -> _Page:
    view = {"pit": {"id": pit, "keep_alive": KEEP_ALIVE}}
    query = {"allow_partial_search_results": "false"}
    return _whole(http.call("POST", "/_search", body | view, where=index, query=query), index)


def _close(http: SearchHttp, index: str, pit: str) -> None:
    # It lapses by itself; what is under way matters more than this call.
    with suppress(StoreError):
        http.call("DELETE", "/_search/point_in_time", {"pit_id": [pit]}, where=index)


def _scrolled(http: SearchHttp, index: str, size: int) -> Iterator[_Page]:
    """A scroll moves on with each request: one without an answer must not be repeated, or a page is missed."""
    body = {"size": size, "sort": ["_doc"], "track_total_hits": True}
    query = {"scroll": KEEP_ALIVE, "allow_partial_search_results": "false"}
    page = _whole(http.call("POST", path_of(index, "_search"), body, where=index, query=query), index)
    try:
        while page.hits.hits:
            yield page
            body = {"scroll": KEEP_ALIVE, "scroll_id": page.scroll_id}
            page = _whole(http.call("POST", "/_search/scroll", body, where=index, repeat=False), index)
            page.hits.total = None
    finally:
        with suppress(StoreError):
            http.call("DELETE", "/_search/scroll", {"scroll_id": [page.scroll_id]}, where=index)


def _whole(answer: bytes, index: str) -> _Page:
    page = decoded(answer, _Page, index)
    if page.timed_out or page.shards.failed:
        raise Unreachable(f"{page.shards.failed} shards did not answer", where=index)
    return page
