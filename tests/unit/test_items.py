"""Items in DynamoDB's JSON ↔ Python values: examples, and everything that must be refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any

import orjson
import pytest

from verdigris.core.items import ITEM_BYTES, decode, encode, from_json, item_size, to_json
from verdigris.errors import ItemRefused

JSON: dict[str, Any] = {
    "s": {"S": "text"},
    "n": {"N": "12.5"},
    "b": {"B": "AAEC"},
    "yes": {"BOOL": True},
    "no": {"BOOL": False},
    "none": {"NULL": True},
    "list": {"L": [{"S": "x"}, {"N": "1"}, {"L": []}, {"M": {}}]},
    "map": {"M": {"deep": {"M": {"n": {"N": "-3"}}}}},
    "ss": {"SS": ["a", "b"]},
    "ns": {"NS": ["1", "2.5"]},
    "bs": {"BS": ["AA==", "AQ=="]},
}
PYTHON: dict[str, Any] = {
    "s": "text",
    "n": Decimal("12.5"),
    "b": b"\x00\x01\x02",
    "yes": True,
    "no": False,
    "none": None,
    "list": ["x", Decimal(1), [], {}],
    "map": {"deep": {"n": Decimal(-3)}},
    "ss": {"a", "b"},
    "ns": {Decimal(1), Decimal("2.5")},
    "bs": {b"\x00", b"\x01"},
}


class Status(StrEnum):
    OPEN = "open"


class Level(IntEnum):
    HIGH = 3


def typed(value: Any) -> Any:
    """A value with its types, so that True and Decimal(1) differ."""
    if isinstance(value, dict):
        return {name: typed(member) for name, member in value.items()}
    if isinstance(value, list):
        return [typed(member) for member in value]
    return (type(value), value)


def test_every_type_becomes_python_and_comes_back() -> None:
    assert typed(decode(orjson.dumps(JSON))) == typed(PYTHON)
    assert to_json(PYTHON) == JSON


def test_an_empty_map_without_its_type_is_an_empty_map() -> None:
    assert from_json({"m": {}, "l": {"L": [{}]}}) == {"m": {}, "l": [{}]}


def test_what_is_not_an_item_is_refused() -> None:
    for raw in (b"", b"[]", b'{"a":1}', b'{"a":{"X":1}}', b'{"a":{"N":"one"}}'):
        with pytest.raises(ItemRefused, match="not an item in DynamoDB's JSON"):
            decode(raw)


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (7, {"N": "7"}),
        (-7, {"N": "-7"}),
        (True, {"BOOL": True}),
        (Decimal("1.50E+5"), {"N": "150000"}),
        (Decimal("-0"), {"N": "0"}),
        (Decimal("1.0"), {"N": "1"}),
        (Decimal("0.50"), {"N": "0.5"}),
        (Decimal("1E-130"), {"N": "0." + "0" * 129 + "1"}),
        (Decimal("9E+125"), {"N": "9" + "0" * 125}),
        (10**125, {"N": "1" + "0" * 125}),
        (Decimal("0E+999"), {"N": "0"}),
        (12345678901234567890123456789012345678, {"N": "12345678901234567890123456789012345678"}),
        (Status.OPEN, {"S": "open"}),
        (Level.HIGH, {"N": "3"}),
        (("a", 1), {"L": [{"S": "a"}, {"N": "1"}]}),
        (frozenset({2, Decimal("1.0")}), {"NS": ["1", "2"]}),
        (bytearray(b"\x01"), {"B": "AQ=="}),
        ("", {"S": ""}),
        (b"", {"B": ""}),
        ([], {"L": []}),
    ],
)
def test_what_is_accepted_on_the_way_back(value: Any, stored: Any) -> None:
    assert to_json({"a": value}) == {"a": stored}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (0.1, "is a float"),
        (float("nan"), "is a float"),
        (Decimal("NaN"), "is NaN, which DynamoDB cannot store"),
        (Decimal("sNaN"), "is sNaN, which DynamoDB cannot store"),
        (Decimal("-Infinity"), "is -Infinity, which DynamoDB cannot store"),
        (Decimal("1." + "1" * 38), "39 significant digits; DynamoDB keeps 38 (Amazon DynamoDB Developer Guide)"),
        (int("1" * 39), "39 significant digits"),
        (Decimal("1E+126"), "beyond what DynamoDB stores"),
        (Decimal("1E-131"), "beyond what DynamoDB stores"),
        pytest.param(10**5000, "beyond what DynamoDB stores", id="huge"),
        (datetime(2026, 1, 1), "is a datetime (naive)"),  # noqa: DTZ001
        (datetime(2026, 1, 1, tzinfo=UTC), "is a datetime with a zone"),
        (date(2026, 1, 1), "is a date; DynamoDB has no dates"),
        (set(), "is an empty set"),
        (frozenset(), "is an empty set"),
        ({"a", 1}, "is a set of int and str"),
        ({True, "a"}, "is a set of bool and str"),
        ({None}, "is a set of NoneType"),
        ({1.5}, "is a float"),
        ({("a",)}, "is a set of tuple"),
        (object(), "is a object, which DynamoDB cannot store"),
        (Path("x"), "which DynamoDB cannot store"),
        (1j, "is a complex, which DynamoDB cannot store"),
        (range(3), "is a range, which DynamoDB cannot store"),
        ("\ud800", "lone surrogate"),
    ],
)
def test_what_is_refused_names_its_place(value: Any, reason: str) -> None:
    with pytest.raises(ItemRefused) as top:
        encode({"pk": "x", "amount": value})
    assert top.value.what.startswith("`amount` ")
    assert reason in top.value.what
    with pytest.raises(ItemRefused) as deep:
        encode({"pk": "x", "lines": [{}, {"price": Decimal(1)}, {"price": value}]})
    assert deep.value.what.startswith("`lines[2].price` ")
    assert reason in deep.value.what


@pytest.mark.parametrize("key", [1, None, Status.OPEN, b"a", ("a",)])
def test_keys_of_maps_are_text(key: Any) -> None:
    with pytest.raises(ItemRefused, match=r"`a\.b` is a map with the key .*; keys are str"):
        encode({"a": {"b": {key: 1}}})
    with pytest.raises(ItemRefused, match="the item is a map with the key"):
        encode({key: 1})


def test_names_are_not_empty() -> None:
    with pytest.raises(ItemRefused, match=r"`a\.b` is a map with an empty name"):
        encode({"a": {"b": {"": 1}}})
    with pytest.raises(ItemRefused, match="the item is a map with an empty name"):
        encode({"": 1})
    assert decode(encode({"a": '"": is text'})) == {"a": '"": is text'}


def test_names_are_valid_unicode() -> None:
    with pytest.raises(ItemRefused, match="lone surrogate"):
        encode({"a": {"\ud800": "x"}})


def test_nesting_ends_at_32_levels() -> None:
    def nested(levels: int) -> Any:
        value: Any = "x"
        for _ in range(levels):
            value = [value]
        return value

    assert decode(encode({"a": nested(32)})) == {"a": nested(32)}
    for levels in (33, 500, 5000):
        with pytest.raises(ItemRefused, match=r"deeper than 32 levels.*Developer Guide"):
            encode({"a": nested(levels)})
    cycle: list[Any] = []
    cycle.append(cycle)
    with pytest.raises(ItemRefused, match="deeper than 32 levels"):
        encode({"a": cycle})
    assert encode({"wide": [{"a": 1}] * 100})


def test_an_item_has_400_kb_at_most() -> None:
    fits = {"pk": "x", "text": "é" * ((ITEM_BYTES - 7) // 2)}
    assert item_size(to_json(fits)) == ITEM_BYTES - 1
    with pytest.raises(ItemRefused, match=r"the item has 409,601 bytes; DynamoDB stores 409,600 \(400 KB\) at most"):
        encode({**fits, "text": fits["text"] + "ab"})
    # The JSON may be larger than that: sizes are counted in DynamoDB's way.
    assert len(encode({"pk": "x", "data": bytes(ITEM_BYTES - 100)})) > ITEM_BYTES


def test_sizes_are_counted_as_the_service_does() -> None:
    item: Any = {"ab": {"S": "é"}, "n": {"N": "-12.5"}, "l": {"L": [{"NULL": True}]}, "m": {"M": {"x": {"BOOL": True}}}}
    assert item_size(item) == (2 + 2) + (1 + 2 + 1 + 1) + (1 + 3 + 1 + 1) + (1 + 3 + 1 + 1 + 1)
    assert item_size({"s": {"SS": ["a", "bc"]}, "b": {"B": "AAEC"}}) == (1 + 3) + (1 + 3)
