"""`selects`: what it may be, and that the quick look at the bytes changes no answer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson
import pytest

from verdigris.core.selection import Selector

FEE = orjson.dumps({"pk": {"S": "a"}, "entityName": {"S": "Fee"}, "n": {"N": "1.50"}, "open": {"BOOL": True}})


@pytest.mark.parametrize(
    ("selects", "expected"),
    [
        ({"entityName": "Fee"}, True),
        ({"entityName": "Fe"}, False),
        ({"entityName": ["Case", "Fee"]}, True),
        ({"entityName": ("Case",)}, False),
        ({"entityName": {"Fee"}, "open": True}, True),
        ({"entityName": "Fee", "open": False}, False),
        ({"n": Decimal("1.5")}, True),
        ({"n": [1, 2]}, False),
        ({"open": 1}, False),
        ({"pk": "Fee"}, False),
        ({"missing": None}, False),
        ({"missing": "Fee"}, False),
        ({"entityName": ['F"e', "Fee"]}, True),
    ],
)
def test_selects_by_value_of_top_level_attributes(selects: Any, expected: bool) -> None:
    assert Selector(selects)(FEE) is expected


def test_a_null_is_not_an_absent_attribute() -> None:
    assert Selector({"a": None})(b'{"a":{"NULL":true}}')
    assert not Selector({"a": None})(b'{"b":{"NULL":true}}')


def test_escapes_and_spaces_in_the_json_change_nothing() -> None:
    assert Selector({"entityName": "Fee"})(b'{ "entityName" : { "S" : "\\u0046e\\u0065" } }')
    assert Selector({"entityName": "a/b"})(b'{"entityName":{"S":"a\\/b"}}')
    assert Selector({"entityName": "é"})(b'{"entityName":{"S":"\\u00e9"}}')


def test_only_the_top_level_counts() -> None:
    assert not Selector({"entityName": "Fee"})(b'{"m":{"M":{"entityName":{"S":"Fee"}}}}')
    assert not Selector({"entityName": "Fee"})(b'{"entityName":{"L":[{"S":"Fee"}]}}')
    assert not Selector({"entityName": "Fee"})(b'{"entityName":{"SS":["Fee"]}}')
    assert not Selector({"entityName": "Fee"})(b'{"entityName":{}}')


@pytest.mark.parametrize(
    ("selects", "reason"),
    [
        ({}, "must be a dict"),
        ("Fee", "must be a dict"),
        (["Fee"], "must be a dict"),
        ({1: "Fee"}, "names attributes by str"),
        ({"a": 1.5}, "wants a str, int, Decimal, bool or None"),
        ({"a": {"b": 1}}, "not dict"),
        ({"a": [["b"]]}, "not list"),
        ({"a": []}, "gives no value for `a`"),
        ({"a": Decimal("NaN")}, "is NaN"),
        ({"a": lambda value: True}, "not function"),
    ],
)
def test_anything_else_is_refused(selects: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Selector(selects)
