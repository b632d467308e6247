"""What every SearchIndex guarantees: the one in memory and the one over real clusters."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from tests.contract.search import BODY, CLUSTERS, all_of, gone, put

from verdigris.core.documents import canonical, fingerprint
from verdigris.errors import AlreadyThere, Conflict, Invalid, NotFound
from verdigris.stores.memory_index import MemoryIndex
from verdigris.stores.opensearch_index import OpenSearchIndex
from verdigris.stores.searching import BulkResult, Document, SearchIndex

_numbers = itertools.count(1)


@pytest.fixture(params=["memory", *CLUSTERS])
def make(request: pytest.FixtureRequest, search_cluster: Callable[[str], str]) -> Callable[[], SearchIndex]:
    """Makes clients of one cluster."""
    if request.param == "memory":
        shared = MemoryIndex()
        return lambda: shared
    url = search_cluster(request.param)
    return lambda: OpenSearchIndex(url)


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


# ── indexes ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_index_comes_and_goes(indexes: SearchIndex, name: str) -> None:
    assert not indexes.exists(name)
    indexes.create(name, BODY)
    assert indexes.exists(name)
    assert all_of(indexes, name) == {}
    indexes.delete(name)
    assert not indexes.exists(name)
    indexes.delete(name)


def test_the_indexes_of_a_name_are_listed_and_no_alias(indexes: SearchIndex, name: str) -> None:
    assert indexes.named(name) == []
    names = [f"{name}-alpha-1", f"{name}-alpha-12", f"{name}-alphabet"]
    for one in names:
        indexes.create(one, BODY)
    indexes.point_alias(f"{name}-alpha-alias", None, names[2])
    assert indexes.named(f"{name}-alpha") == names[:2]
    for one in names:
        indexes.delete(one)


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
        lambda indexes, name: indexes.end_load(name, {}),
    ],
    ids=["bulk", "bulk-delete", "bulk-nothing", "refresh", "count", "documents", "read", "end"],
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
