"""The port `Table`: what every adapter does alike."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.contract.stores import KEY, NUMBERED, DynamoStores, MemoryStores, Stores, new_table, plain, raw

from verdigris.core.model import Key, KeySchema, RawItem, Segment
from verdigris.errors import Invalid, NotFound
from verdigris.phases.writing import write_valid
from verdigris.stores.abreast import AbreastTable
from verdigris.stores.base import Table, TableShape
from verdigris.testing.fault_proxy import MILD, FaultProxy

WHOLE = Segment(0, 1)


class AbreastStores(DynamoStores):
    def table(self, name: str, key: KeySchema) -> Table:
        return AbreastTable(super().table(name, key))


@pytest.fixture(params=["memory", "dynamodb", "dynamodb abreast", "dynamodb behind faults"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "memory":
        yield MemoryStores(page_items=7)
        return
    url = request.getfixturevalue("stack").dynamodb_url
    if request.param == "dynamodb":
        yield DynamoStores(url)
        return
    if request.param == "dynamodb abreast":
        yield AbreastStores(url)
        return
    with FaultProxy(url, 1, MILD) as proxy:
        yield DynamoStores(proxy.url)


@pytest.fixture
def table(stores: Stores) -> Table:
    return new_table(stores)


def scan(table: Table, segment: Segment = WHOLE, start: str | None = None) -> list[RawItem]:
    items: list[RawItem] = []
    while True:
        page = table.scan(segment, start)
        items += page.items
        start = page.next
        if start is None:
            return items


def keys(items: list[RawItem]) -> list[tuple[str, ...]]:
    return [KEY.of(json.loads(item)) for item in items]


# ── write and read ───────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_written_is_read(table: Table) -> None:
    item = raw(
        "café|1",
        title={"S": 'quotes " and \\ and \n and ✓'},
        none={"NULL": True},
        flag={"BOOL": False},
        empty={"S": ""},
        bytes={"B": "AAECAw=="},
        list={"L": [{"S": "x"}, {"N": "1"}, {"L": []}]},
        map={"M": {"inner": {"M": {}}, 'quoted " name': {"S": "x"}}},
        tags={"SS": ["b", "a"]},
        data={"BS": ["AA==", "AQ=="]},
    )
    table.write([item])
    assert plain(table.read([("café|1", "a")])[("café|1", "a")]) == plain(item)


def test_numbers_are_kept_by_value_not_by_spelling(table: Table) -> None:
    spelled = {"NS": ["1.50E+2", "7"]}
    table.write([raw("n", a={"N": "1.0"}, b={"N": "-0"}, c={"N": "1" * 38}, d={"N": "1E-130"}, e=spelled)])
    found = json.loads(table.read([("n", "a")])["n", "a"])
    assert (found["a"], found["b"], found["c"]) == ({"N": "1"}, {"N": "0"}, {"N": "1" * 38})
    assert sorted(found["e"]["NS"]) == ["150", "7"]
    assert plain(json.dumps({"d": found["d"]}).encode()) == plain(b'{"d":{"N":"0.%s1"}}' % (b"0" * 129))


def test_absent_keys_are_left_out_and_repeated_ones_are_no_matter(table: Table) -> None:
    table.write([raw("here")])
    found = table.read([("here", "a"), ("absent", "a"), ("here", "a")])
    assert list(found) == [("here", "a")]
    assert table.read([]) == {}


def test_any_number_of_puts_deletes_and_keys(table: Table) -> None:
    table.write([raw(f"p{n}", n={"N": str(n)}) for n in range(260)])
    table.write([raw(f"p{n}", n={"N": "-1"}) for n in range(10)], [(f"p{n}", "a") for n in range(10, 50)])
    found = table.read([(f"p{n}", "a") for n in range(300)])
    assert set(found) == {(f"p{n}", "a") for n in (*range(10), *range(50, 260))}
    assert json.loads(found["p3", "a"])["n"] == {"N": "-1"}
    assert json.loads(found["p259", "a"])["n"] == {"N": "259"}


def test_a_write_larger_than_one_request_may_be(table: Table) -> None:
    # Control characters take six bytes each on the wire: 12 items of 2.3 MB pass no limit but that of the request.
    table.write([raw(f"p{n}", body={"S": "\x01" * 390_000}) for n in range(12)])
    assert len(table.read([(f"p{n}", "a") for n in range(12)])) == 12


def test_a_put_replaces_the_whole_item(table: Table) -> None:
    table.write([raw("p", old={"S": "1"})])
    table.write([raw("p", new={"S": "2"})])
    assert plain(table.read([("p", "a")])["p", "a"]) == plain(raw("p", new={"S": "2"}))


def test_deleting_what_is_not_there_is_no_error(table: Table) -> None:
    table.write([], [("absent", "a")])
    table.write([])


def test_keys_that_are_numbers_have_one_spelling(stores: Stores) -> None:
    table = new_table(stores, NUMBERED)
    table.write([b'{"pk":{"S":"p"},"sk":{"N":"1.50E+1"}}'])
    assert set(table.read([("p", "15")])) == {("p", "15")}
    table.write([], [("p", "15.0")])
    assert table.read([("p", "15")]) == {}


def test_threads_share_a_table(table: Table) -> None:
    def write(worker: int) -> None:
        for n in range(5):
            table.write([raw(f"w{worker}", f"{n}|{m}") for m in range(10)])

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(4)))
    assert len(scan(table)) == 200


# ── refused ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "item",
    [
        raw("bad", body={"S": "x" * 410_000}),
        raw("bad", tags={"SS": []}),
        raw("bad", number={"N": "1" * 39}),
        raw("bad", number={"N": "1E+126"}),
        raw("bad", number={"N": "NaN"}),
        raw("bad", map={"M": {"": {"S": "x"}}}),
    ],
    ids=["too large", "empty set", "39 digits", "beyond the range", "not a number", "no name"],
)
def test_an_item_that_the_service_refuses_is_named(table: Table, item: RawItem) -> None:
    with pytest.raises(Invalid) as caught:
        table.write([raw("good"), item, raw("good too")])
    assert table.name in caught.value.where
    assert "bad" in caught.value.where
    assert caught.value.key == ("bad", "a")
    assert table.read([("bad", "a")]) == {}


@pytest.mark.parametrize(
    "item",
    [b'{"pk":{"S":"p"}}', b'{"pk":{"S":"p"},"sk":{"N":"1"}}', b'{"pk":{"S":""},"sk":{"S":"a"}}'],
    ids=["no sort key", "wrong type", "empty"],
)
def test_an_item_without_a_usable_key_is_refused(table: Table, item: RawItem) -> None:
    with pytest.raises(Invalid):
        table.write([item])
    assert scan(table) == []


def test_an_index_key_of_the_wrong_type_is_refused(stores: Stores) -> None:
    table = new_table(stores, shape=WITH_INDEX)
    table.write([raw("without"), raw("with", gsi1pk={"S": "x"})])
    with pytest.raises(Invalid):
        table.write([raw("wrong", gsi1pk={"N": "1"})])
    assert len(scan(table)) == 2


def test_many_are_written_around_those_that_are_refused(stores: Stores) -> None:
    table = new_table(stores, shape=WITH_INDEX)
    table.write([raw("gone")])
    bad = {3, 4, 29, 60}
    items = [raw(f"p{n}", gsi1pk={"N": "1"} if n in bad else {"S": "x"}) for n in range(61)]
    refused = write_valid(table, items, [("gone", "a")])
    assert [(put.key, put.raw) for put in refused] == [((f"p{n}", "a"), items[n]) for n in sorted(bad)]
    assert len(scan(table)) == 57
    assert table.read([("gone", "a")]) == {}
    assert write_valid(table, items[:3]) == []


def test_a_key_twice_in_one_write_is_refused(table: Table) -> None:
    with pytest.raises(Invalid):
        _insist(table, [raw("p", n={"N": "1"}), raw("p", n={"N": "2"})], [])
    with pytest.raises(Invalid):
        _insist(table, [raw("p")], [("p", "a")])


def _insist(table: Table, puts: list[RawItem], deletes: list[Key]) -> None:
    """A service that leaves the second of two undone has not seen them together: they are written again."""
    for _ in range(20):
        table.write(puts, deletes)


def test_no_such_table(stores: Stores) -> None:
    table = stores.table("not-there", KEY)
    with pytest.raises(NotFound):
        table.scan(WHOLE, None)
    with pytest.raises(NotFound):
        table.read([("p", "a")])
    with pytest.raises(NotFound):
        table.write([raw("p")])


# ── scan ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_empty_table(table: Table) -> None:
    assert scan(table) == []


@pytest.mark.parametrize("total", [1, 2, 5, 16])
def test_segments_share_the_items_among_them(table: Table, total: int) -> None:
    table.write([raw(f"p{n % 23}", f"{n}") for n in range(90)])
    parts = [keys(scan(table, Segment(index, total))) for index in range(total)]
    assert sorted(key for part in parts for key in part) == sorted((f"p{n % 23}", f"{n}") for n in range(90))


def large(n: int, **attributes: Any) -> RawItem:
    return raw(f"p{n}", f"{n}", body={"S": "x" * 150_000}, **attributes)


def test_a_scan_goes_on_from_any_page(table: Table) -> None:
    table.write([large(n) for n in range(30)])
    first = table.scan(WHOLE, None)
    assert 0 < len(first.items) < 30
    assert first.next is not None
    again = table.scan(WHOLE, None)
    assert (keys(list(again.items)), json.loads(again.next or "")) == (keys(list(first.items)), json.loads(first.next))
    rest = scan(table, WHOLE, first.next)
    assert len({*keys(list(first.items)), *keys(rest)}) == len(first.items) + len(rest) == 30


def test_a_scan_goes_on_where_the_last_item_is_gone(table: Table) -> None:
    table.write([large(n) for n in range(30)])
    first = table.scan(WHOLE, None)
    table.write([], keys(list(first.items)))
    assert len(scan(table, WHOLE, first.next)) == 30 - len(first.items)


WITH_INDEX = TableShape(
    {
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "gsi1pk")],
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "BillingMode": "PAY_PER_REQUEST",
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "gsi1",
                "KeySchema": [{"AttributeName": "gsi1pk", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    }
)
