"""What only a real search engine shows."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator, Mapping
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from tests.contract.search import BODY, SETTINGS, all_of, put

from verdigris.core.batching import Limit
from verdigris.errors import Invalid, NotFound, StoreError
from verdigris.stores.opensearch_index import PAGE, OpenSearchIndex
from verdigris.stores.search_http import SearchHttp

_numbers = itertools.count(1)


@pytest.fixture
def name() -> str:
    return f"engine-{next(_numbers)}"


@pytest.fixture
def willing(http: SearchHttp) -> Iterator[OpenSearchIndex]:
    """A cluster that creates any index that is written to, as clusters do unless told otherwise."""

    def allow(value: str | None) -> None:
        body = {"persistent": {"action.auto_create_index": value}}
        http.call("PUT", "/_cluster/settings", body, where="cluster")

    allow("true")
    yield OpenSearchIndex(http.url)
    allow(None)


def test_a_late_write_does_not_bring_a_deleted_index_back(willing: OpenSearchIndex, name: str) -> None:
    willing.create(name, BODY)
    willing.bulk(name, [put("a")])
    OpenSearchIndex(willing._http.url).delete(name)
    with pytest.raises(NotFound):
        willing.bulk(name, [put("b")])
    with pytest.raises(NotFound):
        willing.bulk(name, [put("b")])
    assert not willing.exists(name)


def test_an_index_that_somebody_else_made_can_be_written(http: SearchHttp, name: str) -> None:
    http.call("PUT", f"/{name}", {"settings": SETTINGS}, where=name)
    indexes = OpenSearchIndex(http.url)
    assert indexes.bulk(name, [put("a")]).written == 1
    indexes.delete(name)


def test_the_mappings_refuse_one_document(http: SearchHttp, name: str) -> None:
    indexes = OpenSearchIndex(http.url)
    indexes.create(name, BODY)
    result = indexes.bulk(name, [put("a", n=1), put("b", n="one"), put("c", n=3)])
    assert result.written == 2
    ((key, reason),) = result.refused
    assert key == "b"
    assert reason.startswith("mapper_parsing_exception: failed to parse field [n] of type [long]")
    assert "one" not in reason, "what stood in the document is nobody's to know"
    indexes.delete(name)


def test_an_oversized_bulk_is_split_until_it_fits(http: SearchHttp, name: str) -> None:
    indexes = OpenSearchIndex(http.url, limit=Limit(7, 2000, "this test"))
    indexes.create(name, BODY)
    assert indexes.bulk(name, [put(str(n), text="x" * n * 50) for n in range(60)]).written == 60
    indexes.refresh(name)
    assert indexes.count(name) == 60
    indexes.delete(name)


def test_deletes_are_remembered_for_longer_than_a_request_may_be_late(http: SearchHttp, name: str) -> None:
    indexes = OpenSearchIndex(http.url)
    indexes.create(name, BODY)
    settings = msgspec.json.decode(http.call("GET", f"/{name}/_settings", where=name))
    assert settings[name]["settings"]["index"]["gc_deletes"] == "15m"
    indexes.delete(name)


def test_an_index_without_source_is_told(http: SearchHttp, name: str) -> None:
    indexes = OpenSearchIndex(http.url)
    indexes.create(name, {"settings": SETTINGS, "mappings": {"_source": {"enabled": False}}})
    indexes.bulk(name, [put("a")])
    indexes.refresh(name)
    with pytest.raises(Invalid, match="no _source"):
        list(indexes.documents(name))
    with pytest.raises(Invalid, match="no _source"):
        indexes.read(name, ["a"])
    indexes.delete(name)


@pytest.mark.parametrize("name", ["*", "_all", "a,b", "-a", "", "a*", "a/b", "<a-{now/d}>", "..", "A"])
def test_a_pattern_is_no_name(name: str) -> None:
    indexes = OpenSearchIndex("http://127.0.0.1:1")
    for call in (indexes.delete, indexes.exists, indexes.count, indexes.refresh, indexes.alias):
        with pytest.raises(Invalid, match="no name"):
            call(name)


@pytest.mark.parametrize(
    ("settings", "after"),
    [
        ({}, (None, None)),
        ({"refresh_interval": "30s", "number_of_replicas": 1}, ("30s", "1")),
        ({"index": {"refresh_interval": "5s"}}, ("5s", None)),
        ({"index.refresh_interval": "7s", "index": {"number_of_replicas": 2}}, ("7s", "2")),
    ],
)
def test_a_load_ends_with_the_settings_that_the_index_was_made_with(
    http: SearchHttp, name: str, settings: dict[str, object], after: tuple[str | None, str | None]
) -> None:
    indexes, body = OpenSearchIndex(http.url), {"settings": settings}
    indexes.create(name, body)

    def now() -> tuple[str | None, str | None]:
        found = msgspec.json.decode(http.call("GET", f"/{name}/_settings", where=name))[name]["settings"]["index"]
        return found.get("refresh_interval"), found.get("number_of_replicas")

    indexes.begin_load(name)
    assert now() == ("-1", "0")
    indexes.end_load(name, body)
    replicas = now()[1] if after[1] is None else after[1]  # the cluster writes its default down
    assert now() == (after[0], replicas)
    assert replicas != "0"
    indexes.delete(name)


# ── views ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def views(http: SearchHttp, kind: str = "open_contexts") -> int:
    """How many the cluster keeps open: all, or those of a kind."""
    answer = http.call("GET", "/_nodes/stats/indices/search", where="cluster")
    return sum(node["indices"]["search"].get(kind, 0) for node in msgspec.json.decode(answer)["nodes"].values())


@pytest.fixture
def viewed(http: SearchHttp, name: str) -> Iterator[Generator[tuple[str, Mapping[str, Any]], None, None]]:
    """A view of which the first page was read, and the second was not."""
    indexes = OpenSearchIndex(http.url)
    indexes.create(name, BODY)
    indexes.bulk(name, [put(str(n)) for n in range(PAGE + 1)])
    indexes.refresh(name)
    documents = indexes.documents(name)
    assert isinstance(documents, Generator)
    next(documents)
    yield documents
    indexes.delete(name)


def test_a_view_is_a_point_in_time_where_there_are_any(http: SearchHttp, viewed: Generator[object, None, None]) -> None:
    version = msgspec.json.decode(http.call("GET", "/", where="cluster"))["version"]
    opensearch = version.get("distribution") == "opensearch"
    assert views(http, "point_in_time_current") == (1 if opensearch else 0)
    assert views(http, "scroll_current") == (0 if opensearch else 1)
    viewed.close()


@pytest.mark.parametrize("count", [0, 1, 4 * PAGE])
def test_a_view_is_of_every_shard(http: SearchHttp, name: str, count: int) -> None:
    indexes = OpenSearchIndex(http.url)
    indexes.create(name, {"settings": {**SETTINGS, "number_of_shards": 3}})
    indexes.bulk(name, [put(str(n), n=n) for n in range(count)])
    assert all_of(indexes, name) == {str(n): {"n": n} for n in range(count)}
    indexes.delete(name)


def test_a_view_is_closed_at_its_end(http: SearchHttp, viewed: Generator[object, None, None]) -> None:
    assert views(http) == 1
    assert len(list(viewed)) == PAGE
    assert views(http) == 0


def test_a_view_that_is_left_early_is_closed(http: SearchHttp, viewed: Generator[object, None, None]) -> None:
    assert views(http) == 1
    viewed.close()
    assert views(http) == 0


def test_a_view_that_the_cluster_lost_is_not_taken_for_a_missing_index(
    http: SearchHttp, viewed: Generator[object, None, None]
) -> None:
    for path in ("/_search/scroll/_all", "/_search/point_in_time/_all"):
        with suppress(StoreError):  # one of the two is unknown to it
            http.call("DELETE", path, where="cluster")
    assert views(http) == 0
    with pytest.raises(StoreError) as caught:
        list(viewed)
    assert type(caught.value) is StoreError


def test_a_blocked_index_is_not_taken_for_missing_permissions(http: SearchHttp, name: str) -> None:
    indexes = OpenSearchIndex(http.url)
    indexes.create(name, BODY)
    http.call("PUT", f"/{name}/_settings", {"index.blocks.write": True}, where=name)
    with pytest.raises(StoreError) as caught:
        indexes.bulk(name, [put("a")])
    assert type(caught.value) is StoreError
    indexes.delete(name)
