"""What every SearchIndex guarantees: the one in memory and the one over a real OpenSearch.

VERDIGRIS_TEST_SEARCH_URL names another cluster to run it against, Elasticsearch 7.10 say; it is left as it was.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from verdigris.core.batching import Limit
from verdigris.core.documents import canonical, fingerprint
from verdigris.errors import AlreadyThere, Conflict, Invalid, NotFound
from verdigris.stores.base import BulkResult, Document, SearchIndex
from verdigris.stores.memory_index import MemoryIndex
from verdigris.stores.opensearch_index import OpenSearchIndex
from verdigris.stores.search_http import SearchHttp

#: Nothing is visible before it is asked for, and one shard is enough.
SETTINGS = {"refresh_interval": "-1", "number_of_shards": 1, "number_of_replicas": 0}
BODY = {"settings": SETTINGS, "mappings": {"dynamic": False, "properties": {"n": {"type": "long"}}}}
_numbers = itertools.count(1)


@pytest.fixture(params=["memory", "opensearch"])
def make(request: pytest.FixtureRequest) -> Callable[[], SearchIndex]:
    """Makes clients of one cluster."""
    if request.param == "memory":
        shared = MemoryIndex()
        return lambda: shared
    http = request.getfixturevalue("http")
    return lambda: OpenSearchIndex(http.url)


@pytest.fixture
def http(request: pytest.FixtureRequest) -> SearchHttp:
    return SearchHttp(os.environ.get("VERDIGRIS_TEST_SEARCH_URL") or request.getfixturevalue("stack").search_url)


@pytest.fixture
def indexes(make: Callable[[], SearchIndex]) -> SearchIndex:
    return make()


@pytest.fixture
def name() -> str:
    return f"contract-{next(_numbers)}"


@pytest.fixture
def index(indexes: SearchIndex, name: str) -> Iterator[str]:
    indexes.create(name, BODY)
    yield name
    indexes.delete(name)


def put(id: str, version: int = 1, **body: Any) -> Document:  # noqa: A002
    return Document(id, body, version)


def gone(id: str, version: int = 1) -> Document:  # noqa: A002
    return Document(id, None, version)


def all_of(indexes: SearchIndex, index: str) -> dict[str, Any]:
    indexes.refresh(index)
    found = list(indexes.documents(index))
    assert len(found) == len({key for key, _ in found}) == indexes.count(index)
    return dict(found)


# ── indexes ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_index_comes_and_goes(indexes: SearchIndex, name: str) -> None:
    assert not indexes.exists(name)
    indexes.create(name, BODY)
    assert indexes.exists(name)
    assert all_of(indexes, name) == {}
    indexes.delete(name)
    assert not indexes.exists(name)
    indexes.delete(name)


def test_create_refuses_what_is_there(indexes: SearchIndex, index: str) -> None:
    indexes.bulk(index, [put("1")])
    with pytest.raises(AlreadyThere):
        indexes.create(index, BODY)
    assert all_of(indexes, index) == {"1": {}}


@pytest.mark.parametrize("body", [{"mapings": {}}, {"mappings": {}, "aliases": {"x": {}}}])
def test_create_refuses_other_things_than_mappings_and_settings(
    indexes: SearchIndex, name: str, body: dict[str, Any]
) -> None:
    with pytest.raises(Invalid):
        indexes.create(name, body)
    assert not indexes.exists(name)


def test_create_refuses_a_name_in_upper_case(indexes: SearchIndex, name: str) -> None:
    with pytest.raises(Invalid):
        indexes.create(name.upper(), BODY)


@pytest.mark.parametrize(
    "call",
    [
        lambda indexes, name: indexes.bulk(name, [put("1")]),
        lambda indexes, name: indexes.bulk(name, [gone("1")]),
        lambda indexes, name: indexes.bulk(name, []),
        lambda indexes, name: indexes.refresh(name),
        lambda indexes, name: indexes.count(name),
        lambda indexes, name: list(indexes.documents(name)),
        lambda indexes, name: indexes.read(name, ["1"]),
    ],
    ids=["bulk", "bulk-delete", "bulk-nothing", "refresh", "count", "documents", "read"],
)
def test_an_index_that_is_not_there_is_not_made(
    indexes: SearchIndex, name: str, call: Callable[[SearchIndex, str], object]
) -> None:
    with pytest.raises(NotFound):
        call(indexes, name)
    assert not indexes.exists(name)


# ── documents ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_written_is_there_after_a_refresh_and_read_at_once(indexes: SearchIndex, index: str) -> None:
    result = indexes.bulk(index, [put("a", n=1), put("b", n=2), put("weird/id ?&é", n=3)])
    assert result == BulkResult(3, 0, ())
    assert indexes.count(index) == 0
    assert list(indexes.documents(index)) == []
    assert indexes.read(index, ["weird/id ?&é", "a", "absent", "a"]) == {"a": {"n": 1}, "weird/id ?&é": {"n": 3}}
    assert all_of(indexes, index) == {"a": {"n": 1}, "b": {"n": 2}, "weird/id ?&é": {"n": 3}}


def test_the_highest_version_stays_and_equal_ones_overwrite(indexes: SearchIndex, index: str) -> None:
    assert indexes.bulk(index, [put("a", 5, n=5)]) == BulkResult(1, 0, ())
    assert indexes.bulk(index, [put("a", 4, n=4), gone("a", 3)]) == BulkResult(0, 2, ())
    assert indexes.read(index, ["a"]) == {"a": {"n": 5}}
    assert indexes.bulk(index, [put("a", 5, n=55)]) == BulkResult(1, 0, ())
    assert indexes.read(index, ["a"]) == {"a": {"n": 55}}


def test_a_delete_keeps_older_writes_out_even_of_what_never_was(indexes: SearchIndex, index: str) -> None:
    indexes.bulk(index, [put("a", 1, n=1)])
    assert indexes.bulk(index, [gone("a", 7), gone("never", 7)]) == BulkResult(2, 0, ())
    assert indexes.bulk(index, [put("a", 6, n=6), put("never", 6)]) == BulkResult(0, 2, ())
    assert all_of(indexes, index) == {}
    assert indexes.bulk(index, [put("a", 7, n=7)]) == BulkResult(1, 0, ())
    assert all_of(indexes, index) == {"a": {"n": 7}}


def test_the_last_of_several_in_one_bulk_stays(indexes: SearchIndex, index: str) -> None:
    result = indexes.bulk(index, [put("a", 1, n=1), gone("a", 2), put("a", 2, n=2), put("a", 1, n=3)])
    assert result == BulkResult(3, 1, ())
    assert all_of(indexes, index) == {"a": {"n": 2}}


@pytest.mark.parametrize(
    "bad",
    [
        Document("bad", {"n": float("nan")}, 1),
        Document("bad", {"n": object()}, 1),
        Document("bad", {"n": "\ud800"}, 1),
        Document("bad", {"n": 1}, -1),
        Document("bad", {"n": 1}, 2**63),
        Document("", {"n": 1}, 1),
        Document("x" * 513, {"n": 1}, 1),
    ],
    ids=["nan", "object", "surrogate", "version", "version-too-high", "no-id", "long-id"],
)
def test_a_document_that_cannot_be_stored_is_refused_alone(indexes: SearchIndex, index: str, bad: Document) -> None:
    result = indexes.bulk(index, [put("a"), bad, put("b")])
    assert (result.written, result.superseded) == (2, 0)
    assert [key for key, _ in result.refused] == [bad.id]
    assert all_of(indexes, index) == {"a": {}, "b": {}}


def test_numbers_come_back_digit_by_digit(indexes: SearchIndex, index: str) -> None:
    body = {
        "long": Decimal("1234567890123456789012345678.9012345678"),
        "cents": Decimal("1.10"),
        "big": 2**70,
        "tiny": Decimal("1E-130"),
        "huge": Decimal("9.9999999999999999999999999999999999999E+125"),
        "float": 0.1,
        "nested": {"empty": {}, "list": [1, Decimal("2.50"), []]},
        "set": {"b", "a"},
    }
    indexes.bulk(index, [Document("a", body, 1)])
    stored = all_of(indexes, index)["a"]
    assert stored == indexes.read(index, ["a"])["a"]
    assert stored["long"] == body["long"]
    assert stored["float"] == Decimal("0.1")
    assert canonical(stored) == canonical(body)
    assert fingerprint("a", stored) == fingerprint("a", body)


def test_documents_are_of_one_moment(indexes: SearchIndex, index: str) -> None:
    indexes.bulk(index, [put(f"{n:04}", 1, n=n) for n in range(1200)])
    indexes.refresh(index)
    view = indexes.documents(index)
    seen = [next(view)]
    indexes.bulk(index, [gone(f"{n:04}", 2) for n in range(1200)] + [put("new", 1)])
    indexes.refresh(index)
    seen += view
    assert sorted(key for key, _ in seen) == [f"{n:04}" for n in range(1200)]
    assert all_of(indexes, index) == {"new": {}}


def test_a_view_that_is_left_early_can_be_taken_again(indexes: SearchIndex, index: str) -> None:
    indexes.bulk(index, [put(str(n)) for n in range(3)])
    indexes.refresh(index)
    assert next(indexes.documents(index))
    assert len(list(indexes.documents(index))) == 3


def test_many_ids_are_read(indexes: SearchIndex, index: str) -> None:
    indexes.bulk(index, [put(str(n), n=n) for n in range(1100)])
    assert indexes.read(index, [str(n) for n in range(1200)]) == {str(n): {"n": n} for n in range(1100)}


# ── aliases ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def two(indexes: SearchIndex, name: str) -> Iterator[tuple[str, str]]:
    for version in ("alpha", "beta"):
        indexes.create(f"{name}-{version}", BODY)
    yield f"{name}-alpha", f"{name}-beta"
    for version in ("alpha", "beta"):
        indexes.delete(f"{name}-{version}")


def test_an_alias_is_set_moved_and_dies_with_its_index(indexes: SearchIndex, name: str, two: tuple[str, str]) -> None:
    alpha, beta = two
    assert indexes.alias(name) is None
    indexes.point_alias(name, None, alpha)
    assert indexes.alias(name) == alpha
    indexes.point_alias(name, alpha, beta)
    indexes.point_alias(name, alpha, beta)
    assert indexes.alias(name) == beta
    indexes.delete(beta)
    assert indexes.alias(name) is None


def test_an_alias_that_is_elsewhere_is_left_there(indexes: SearchIndex, name: str, two: tuple[str, str]) -> None:
    alpha, beta = two
    with pytest.raises(Conflict):
        indexes.point_alias(name, alpha, beta)
    assert indexes.alias(name) is None
    indexes.point_alias(name, None, alpha)
    with pytest.raises(Conflict):
        indexes.point_alias(name, None, beta)
    with pytest.raises(Conflict):
        indexes.point_alias(name, "another", beta)
    assert indexes.alias(name) == alpha


def test_an_alias_is_not_moved_to_an_index_that_is_not_there(
    indexes: SearchIndex, name: str, two: tuple[str, str]
) -> None:
    indexes.point_alias(name, None, two[0])
    with pytest.raises(NotFound):
        indexes.point_alias(name, two[0], f"{name}-absent")
    assert indexes.alias(name) == two[0]


def test_index_and_alias_are_kept_apart(indexes: SearchIndex, name: str, two: tuple[str, str]) -> None:
    alpha, beta = two
    indexes.point_alias(name, None, alpha)
    assert not indexes.exists(name)
    with pytest.raises(Invalid):
        indexes.delete(name)
    assert indexes.exists(alpha)
    with pytest.raises(Invalid):
        indexes.create(name, BODY)
    with pytest.raises(Invalid):
        indexes.alias(alpha)
    with pytest.raises(Invalid):
        indexes.point_alias(alpha, None, beta)


@pytest.mark.parametrize("expected", [None, "alpha"])
def test_of_many_that_move_an_alias_one_wins(
    make: Callable[[], SearchIndex], indexes: SearchIndex, name: str, expected: str | None
) -> None:
    names = [f"{name}-{n}" for n in range(3)]
    start = f"{name}-{expected}" if expected else None
    for index in (*names, *filter(None, [start])):
        indexes.create(index, BODY)
    if start:
        indexes.point_alias(name, None, start)

    def move(index: str) -> bool:
        try:
            make().point_alias(name, start, index)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(3) as pool:
        won = [index for index, moved in zip(names, pool.map(move, names), strict=True) if moved]
    now = indexes.alias(name)
    for index in (*names, *filter(None, [start])):
        indexes.delete(index)
    assert won == [now]


# ── the real engine only ─────────────────────────────────────────────────────────────────────────────────────────


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
    assert reason.startswith("mapper_parsing_exception: ")
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
