"""Every document of an index in one consistent view: by point in time, or by scroll where a product has none.

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


class _Hits(msgspec.Struct):
    hits: list[Hit]
    total: _Total | None = None


class _Shards(msgspec.Struct):
    failed: int = 0


class _Page(msgspec.Struct, rename={"shards": "_shards", "scroll_id": "_scroll_id"}):
    hits: _Hits
    shards: _Shards
    timed_out: bool = False
    pit_id: str = ""
    scroll_id: str = ""


class _Opened(msgspec.Struct):
    pit_id: str


def pages(http: SearchHttp, index: str, size: int) -> Iterator[Sequence[Hit]]:
    """The hits, `size` at a time. Raises NotFound, and StoreError if the cluster gives fewer than it counted."""
    total, seen = 0, 0
    for page in _pages(http, index, size):
        total = page.hits.total.value if page.hits.total else total
        seen += len(page.hits.hits)
        yield page.hits.hits
    if seen != total:
        raise StoreError(f"{seen} of {total} documents were given", where=index)


def _pages(http: SearchHttp, index: str, size: int) -> Iterator[_Page]:
    opened = _open(http, index, size)
    if opened is None:
        yield from _scrolled(http, index, size)
        return
    page = opened
    try:
        while page.hits.hits:
            yield page
            page = _after(http, index, size, page)
    finally:
        _close(http, index, page.pit_id)


def _open(http: SearchHttp, index: str, size: int) -> _Page | None:
    """The first page of a point in time; None where the product has none, or cannot sort by `_shard_doc`."""
    query = {"keep_alive": KEEP_ALIVE}
    try:
        answer = http.call("POST", path_of(index, "_search", "point_in_time"), where=index, query=query)
    except (Invalid, AccessRefused):
        # Elasticsearch, and OpenSearch before 2.4. Amazon's service answers 401 to a path that a version does not
        # have, and roles may be older than the path. Who may not read at all is told so by the scroll.
        return None
    pit = decoded(answer, _Opened, index).pit_id
    try:
        return _search(http, index, size, pit, {"track_total_hits": True})
    except Invalid:
        _close(http, index, pit)
        return None
    except BaseException:
        _close(http, index, pit)
        raise


def _after(http: SearchHttp, index: str, size: int, page: _Page) -> _Page:
    more = {"track_total_hits": False, "search_after": page.hits.hits[-1].sort}
    return _search(http, index, size, page.pit_id, more)


def _search(http: SearchHttp, index: str, size: int, pit: str, more: dict[str, Any]) -> _Page:
    view = {"id": pit, "keep_alive": KEEP_ALIVE}
    body = {"size": size, "pit": view, "sort": [{"_shard_doc": "asc"}], **more}
    query = {"allow_partial_search_results": "false"}
    page = _whole(http.call("POST", "/_search", body, where=index, query=query), index)
    page.pit_id = page.pit_id or pit
    return page


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
