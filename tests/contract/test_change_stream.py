"""The port `ChangeStream`: what every adapter does alike.

DynamoDB Local slows with the records and the streamed tables that it has seen: this file has a server of its own, and
a handful of records a test. What Local never does (several shards, closed ones, trimming) is in
tests/unit/test_memory_stream.py and tests/fault/test_dynamodb_stream.py.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.contract.stores import KEY, NUMBERED, DynamoStores, MemoryStores, Stores, new_table, raw

from verdigris.core.items import decode
from verdigris.core.model import Change, Item, KeySchema, RawItem
from verdigris.errors import NotFound
from verdigris.local import dynamodb
from verdigris.local.stack import LocalStack
from verdigris.stores.base import ChangeStream, Table
from verdigris.testing.fault_proxy import MILD, FaultProxy


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="verdigris-tests-") as folder:
        local = LocalStack(Path(folder))
        try:
            yield local.up(engines=[dynamodb.NAME]).dynamodb_url
        finally:
            local.down()


@pytest.fixture(params=["memory", "memory with empty pages", "dynamodb", "dynamodb behind faults"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "dynamodb":
        yield DynamoStores(request.getfixturevalue("server"))
    elif request.param == "dynamodb behind faults":
        with FaultProxy(request.getfixturevalue("server"), 1, MILD) as proxy:
            yield DynamoStores(proxy.url)
    else:
        yield MemoryStores(empty_pages=2 if request.param.endswith("pages") else 0, page_records=3)


@dataclass
class Streamed:
    table: Table
    stream: ChangeStream

    def read(self, count: int, after: str | None = None) -> list[Change]:
        """The next changes of the one shard; gives up after ten seconds."""
        (shard,) = self.stream.shards()
        found: list[Change] = []
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if len(found) >= count:
                return found
            page = self.stream.read(shard.id, after)
            assert page.last == (page.changes[-1].sequence if page.changes else after)
            assert not page.ended
            found += page.changes
            after = page.last
        raise AssertionError(f"only {len(found)} of {count} changes came: {found}")


def streamed(stores: Stores, key: KeySchema = KEY) -> Streamed:
    table = new_table(stores, key)
    return Streamed(table, stores.stream(stores.admin.enable_stream(table.name), key))


def decoded(image: RawItem | None) -> Item | None:
    return decode(image) if image else None


def test_a_change_has_its_key_and_its_images(stores: Stores) -> None:
    at = streamed(stores)
    at.table.write([raw("p", n={"N": "1"}), raw("q", map={"M": {}}, list={"L": [{"M": {}}, {"S": ""}]})])
    at.table.write([raw("p", n={"N": "2.50"})])
    at.table.write([], [("p", "a")])
    put, other, change, removal = at.read(4)
    if put.key != ("p", "a"):  # two keys of one write have no order
        put, other = other, put
    p1, p2 = decode(raw("p", n={"N": "1"})), decode(raw("p", n={"N": "2.5"}))
    assert [(each.key, *map(decoded, (each.old, each.new))) for each in (put, change, removal)] == [
        (("p", "a"), None, p1),
        (("p", "a"), p1, p2),
        (("p", "a"), p2, None),
    ]
    assert (other.key, other.old) == (("q", "a"), None)
    assert decoded(other.new) == decode(raw("q", map={"M": {}}, list={"L": [{"M": {}}, {"S": ""}]}))


def test_what_changes_nothing_makes_no_record(stores: Stores) -> None:
    at = streamed(stores)
    at.table.write([raw("p", n={"N": "1"}, tags={"SS": ["a", "b"]})])
    at.table.write([raw("p", tags={"SS": ["b", "a"]}, n={"N": "1.0"})])
    at.table.write([], [("absent", "a")])
    at.table.write([raw("last")])
    assert [change.key for change in at.read(2)] == [("p", "a"), ("last", "a")]


def test_what_was_before_the_stream_is_not_in_it(stores: Stores) -> None:
    table = new_table(stores)
    table.write([raw("before")])
    at = Streamed(table, stores.stream(stores.admin.enable_stream(table.name), KEY))
    table.write([raw("after")])
    assert [change.key for change in at.read(1)] == [("after", "a")]


def test_reading_goes_on_after_any_sequence_number(stores: Stores) -> None:
    at = streamed(stores)
    for n in range(8):
        at.table.write([raw("p", n={"N": str(n)})])
    changes = at.read(8)
    assert [decode(change.new or b"{}")["n"] for change in changes] == list(range(8))
    assert len({change.sequence for change in changes}) == 8
    for place in (0, 3, 6):
        assert at.read(7 - place, changes[place].sequence)[0] == changes[place + 1]
    assert at.read(8) == changes


def test_an_empty_page_keeps_the_position_and_what_comes_later_is_seen(stores: Stores) -> None:
    at = streamed(stores)
    (shard,) = at.stream.shards()
    for _ in range(3):
        page = at.stream.read(shard.id, None)
        assert (list(page.changes), page.last, page.ended) == ([], None, False)
    at.table.write([raw("p")])
    (change,) = at.read(1)
    for _ in range(3):
        page = at.stream.read(shard.id, change.sequence)
        assert (list(page.changes), page.last, page.ended) == ([], change.sequence, False)
    at.table.write([raw("q")])
    assert [later.key for later in at.read(1, change.sequence)] == [("q", "a")]


def test_keys_that_are_numbers_have_one_spelling(stores: Stores) -> None:
    at = streamed(stores, NUMBERED)
    at.table.write([b'{"pk":{"S":"p"},"sk":{"N":"1.50E+1"}}'])
    assert [change.key for change in at.read(1)] == [("p", "15")]


def test_an_open_shard_without_parents(stores: Stores) -> None:
    (shard,) = streamed(stores).stream.shards()
    assert (shard.parent, shard.closed) == (None, False)


def test_no_such_shard(stores: Stores) -> None:
    with pytest.raises(NotFound):
        streamed(stores).stream.read("shardId-00000000000000000099-ffffffff", None)
