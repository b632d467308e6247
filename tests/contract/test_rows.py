"""One contract for every deploy table: in memory, and in DynamoDB Local."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from tests.conftest import SessionStack
from tests.contract.stores import local_aws

from verdigris.errors import Conflict, Invalid, NotFound
from verdigris.journal.base import ABSENT, Check, Delete, Put, Row, Rows, flag_row
from verdigris.journal.dynamodb import DynamoRows
from verdigris.journal.memory import MemoryRows

_numbers = itertools.count(1)


def dynamo_rows(stack: SessionStack) -> DynamoRows:
    return DynamoRows(local_aws(stack.dynamodb_url), f"rows-{next(_numbers)}")


@pytest.fixture(params=["memory", "dynamodb"])
def absent(request: pytest.FixtureRequest) -> Rows:
    """A deploy table that is not there."""
    if request.param == "memory":
        return MemoryRows("rows")
    return dynamo_rows(request.getfixturevalue("stack"))


@pytest.fixture
def rows(absent: Rows) -> Rows:
    absent.create()
    return absent


def row(pk: str, sk: str = "a", **more: Any) -> Row:
    return {"pk": pk, "sk": sk, **more}


def test_no_table(absent: Rows) -> None:
    assert not absent.exists()
    for call in (
        lambda: absent.get("a", "a"),
        lambda: absent.query("a"),
        lambda: absent.scan("a"),
        lambda: absent.last("a"),
        lambda: absent.write(Put(row("a"))),
    ):
        with pytest.raises(NotFound):
            call()


def test_a_scan_of_everything(rows: Rows) -> None:
    for pk in ("b", "a"):
        rows.write(Put(row(pk)))
    assert rows.scan("") == [row("a"), row("b")]


def test_creating_twice(absent: Rows) -> None:
    absent.create()
    absent.write(Put(row("a")))
    absent.create()
    assert absent.exists()
    assert absent.get("a", "a") == row("a")


@pytest.mark.parametrize(
    "value",
    ["text", "", "ünï↯\n\"'", 0, -7, 10**30, True, False, b"", b"\x00\xff"],
    ids=lambda value: f"{type(value).__name__}-{value!s:.5}",
)
def test_values_come_back_as_they_were(rows: Rows, value: Any) -> None:
    rows.write(Put(row("a", value=value)))
    found = rows.get("a", "a")
    assert found is not None
    assert found["value"] == value
    assert type(found["value"]) is type(value)


def test_a_put_replaces_the_whole_row(rows: Rows) -> None:
    rows.write(Put(row("a", one=1, two=2)))
    rows.write(Put(row("a", two=3)))
    assert rows.get("a", "a") == row("a", two=3)
    assert rows.get("a", "b") is None


def test_what_is_given_out_is_a_copy(rows: Rows) -> None:
    given = row("a", n=1)
    rows.write(Put(given))
    given["n"] = 2
    found = rows.get("a", "a")
    assert found
    found["n"] = 3
    assert rows.get("a", "a") == row("a", n=1)


def test_query_is_by_prefix_and_in_order(rows: Rows) -> None:
    for sk in ("1|b", "1|a", "2|a", "1", "", "10|a"):
        if sk:
            rows.write(Put(row("journal", sk)))
    rows.write(Put(row("journal|other", "1|c")))
    assert [one["sk"] for one in rows.query("journal")] == ["1", "10|a", "1|a", "1|b", "2|a"]
    assert [one["sk"] for one in rows.query("journal", "1|")] == ["1|a", "1|b"]
    assert rows.query("nothing") == []


def test_scan_is_by_prefix_and_in_order(rows: Rows) -> None:
    for pk, sk in (("migration|b", "z"), ("migration|a", "z"), ("migration|a", "b"), ("other", "a")):
        rows.write(Put(row(pk, sk)))
    assert [(one["pk"], one["sk"]) for one in rows.scan("migration|")] == [
        ("migration|a", "b"),
        ("migration|a", "z"),
        ("migration|b", "z"),
    ]


def test_last(rows: Rows) -> None:
    assert rows.last("journal") is None
    for number in (9, 1, 10):
        rows.write(Put(row("journal", f"{number:06d}")))
    assert rows.last("journal") == row("journal", "000010")


@pytest.mark.parametrize(
    ("expect", "holds"),
    [
        ({}, True),
        ({"n": 1}, True),
        ({"n": 2}, False),
        ({"n": "1"}, False),
        ({"n": True}, False),
        ({"n": None}, False),
        ({"text": "x", "n": 1}, True),
        ({"text": "x", "n": 2}, False),
        ({"absent": None}, True),
        ({"absent": "x"}, False),
        ({"yes": True}, True),
        ({"yes": 1}, False),
        ({"bytes": b"\x00"}, True),
        ({"bytes": b"\x01"}, False),
        (ABSENT, False),
    ],
    ids=str,
)
def test_conditions(rows: Rows, expect: Any, holds: bool) -> None:
    rows.write(Put(row("a", n=1, text="x", yes=True, bytes=b"\x00")))
    for operation in (Put(row("a", new=1), expect), Check("a", "a", expect)):
        if holds and isinstance(operation, Check) and not expect:
            continue  # a check of nothing is no request
        if holds:
            rows.write(operation, Put(row("b")))
        else:
            with pytest.raises(Conflict):
                rows.write(operation, Put(row("b")))
        if isinstance(operation, Put):
            assert (rows.get("a", "a") == row("a", new=1)) is holds
            rows.write(Put(row("a", n=1, text="x", yes=True, bytes=b"\x00")))
        assert (rows.get("b", "a") is not None) is holds
        rows.write(Delete("b", "a"))


def test_conditions_on_a_row_that_is_not_there(rows: Rows) -> None:
    rows.write(Put(row("a"), ABSENT))
    with pytest.raises(Conflict):
        rows.write(Put(row("a", n=2), ABSENT))
    with pytest.raises(Conflict):
        rows.write(Put(row("b"), {"n": 1}))
    with pytest.raises(Conflict):
        rows.write(Check("b", "a", {"n": 1}), Put(row("c")))
    rows.write(Check("b", "a", ABSENT), Put(row("c")))
    assert [rows.get(pk, "a") for pk in "abc"] == [row("a"), None, row("c")]


def test_all_or_nothing(rows: Rows) -> None:
    rows.write(Put(row("a")), Put(row("b")), Put(row("c")))
    with pytest.raises(Conflict):
        rows.write(Put(row("a", n=1)), Delete("b", "a"), Put(row("d")), Put(row("c"), ABSENT))
    assert [rows.get(pk, "a") for pk in "abcd"] == [row("a"), row("b"), row("c"), None]
    rows.write(Put(row("a", n=1)), Delete("b", "a"), Put(row("d")), Check("c", "a", {"sk": "a"}))
    assert [rows.get(pk, "a") for pk in "abcd"] == [row("a", n=1), None, row("c"), row("d")]


def test_deleting_what_is_not_there(rows: Rows) -> None:
    rows.write(Delete("a", "a"))
    assert rows.get("a", "a") is None


def test_a_row_twice_in_one_write_is_refused(rows: Rows) -> None:
    with pytest.raises(Invalid):
        rows.write(Put(row("a", n=1)), Delete("a", "a"))
    with pytest.raises(Invalid):
        rows.write(Check("a", "a", ABSENT), Put(row("a")))
    assert rows.get("a", "a") is None


def test_more_than_a_transaction_holds_is_refused(rows: Rows) -> None:
    with pytest.raises(Invalid):
        rows.write(*[Put(row(str(number))) for number in range(101)])
    rows.write(*[Put(row(str(number))) for number in range(100)])
    assert len(rows.scan("")) == 100


def test_many_rows(rows: Rows) -> None:
    """More than a page of the service (1 MB)."""
    for number in range(30):
        rows.write(Put(row("big", f"{number:02d}", value=bytes(100_000))))
    assert [one["sk"] for one in rows.query("big")] == [f"{number:02d}" for number in range(30)]
    assert len(rows.query("big", "1")) == 10
    assert len(rows.scan("bi")) == 30
    last = rows.last("big")
    assert last
    assert last["sk"] == "29"


def test_flags_have_the_shape_that_others_have() -> None:
    assert flag_row("current-color", "blue") == {"pk": "current-color", "sk": "current-color", "current": "blue"}


@pytest.fixture
def foreign(stack: SessionStack) -> Iterator[tuple[Any, DynamoRows]]:
    """A deploy table that a team has, with items of its own in it."""
    rows = dynamo_rows(stack)
    rows.create()
    client = local_aws(stack.dynamodb_url).client("dynamodb")
    item = {
        "pk": {"S": "allowed-terminal-ips"},
        "sk": {"S": "allowed-terminal-ips"},
        "ips": {"L": [{"S": "127.0.0.1"}, {"M": {"a": {"NULL": True}}}]},
        "cost": {"N": "12.5"},
        "names": {"SS": ["a", "b"]},
    }
    client.put_item(TableName=rows.name, Item=item)
    yield item, rows
    answer = client.get_item(TableName=rows.name, Key={name: item[name] for name in ("pk", "sk")})
    assert answer["Item"] == item, "it is left as it was"


def test_items_of_others_are_read_past(foreign: tuple[Any, DynamoRows]) -> None:
    item, rows = foreign
    found = rows.get("allowed-terminal-ips", "allowed-terminal-ips")
    assert found
    assert set(found) == set(item)
    assert [one["pk"] for one in rows.scan("")] == ["allowed-terminal-ips"]
    rows.write(Put(row("a")))
    assert len(rows.scan("")) == 2
