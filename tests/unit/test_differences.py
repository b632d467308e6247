"""What differs between two items."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson
import pytest

from verdigris.core.differences import Changed, difference, show, whole
from verdigris.core.items import encode, to_json


def between(old: dict[str, Any], new: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    found = difference(encode(old), encode(new))
    return dict(found.added), dict(found.removed), dict(found.changed)


def test_attributes_come_go_and_change() -> None:
    added, removed, changed = between({"pk": "a", "fee": 1, "s": "x"}, {"pk": "a", "cents": 100, "s": "y"})
    assert added == {"cents": {"N": "100"}}
    assert removed == {"fee": {"N": "1"}}
    assert changed == {"s": Changed({"S": "x"}, {"S": "y"})}


def test_places_inside_maps_and_lists_are_named() -> None:
    old = {"address": {"city": "Ulm", "zip": "1"}, "lines": [{"price": 1}, {"price": 2}]}
    new = {"address": {"city": "Bonn", "street": "A"}, "lines": [{"price": 1}, {"price": 3}]}
    added, removed, changed = between(old, new)
    assert (list(added), list(removed)) == (["address.street"], ["address.zip"])
    assert changed == {
        "address.city": Changed({"S": "Ulm"}, {"S": "Bonn"}),
        "lines[1].price": Changed({"N": "2"}, {"N": "3"}),
    }


def test_a_list_that_grew_is_one_value_that_changed() -> None:
    assert between({"l": ["a"]}, {"l": ["a", "b"]})[2].keys() == {"l"}


def test_a_number_that_became_text_has_changed() -> None:
    assert between({"n": 1}, {"n": "1"})[2] == {"n": Changed({"N": "1"}, {"S": "1"})}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'{"n":{"N":"1.0"}}', b'{"n":{"N":"1"}}'),
        (b'{"a":{"S":"x"},"b":{"S":"y"}}', b'{"b":{"S":"y"},"a":{"S":"x"}}'),
        (b'{"s":{"SS":["a","b"]}}', b'{"s":{"SS":["b","a"]}}'),
        (b'{"m":{}}', b'{"m":{"M":{}}}'),
    ],
)
def test_what_dynamodb_keeps_as_one_is_no_difference(old: bytes, new: bytes) -> None:
    assert not difference(old, new)


def test_a_whole_item_is_added() -> None:
    found = whole(encode({"pk": "a", "tags": {"x"}}))
    assert found
    assert found.places == ("pk", "tags")
    assert not found.removed
    assert not found.changed


def test_values_are_shown_on_one_line() -> None:
    value = to_json({"v": {"t": 'a"b\n', "n": Decimal("12.50"), "l": [True, None, b"x"], "s": {"b", "a"}}})["v"]
    assert show(value, 200) == '{"t": "a\\"b\\n", "n": 12.5, "l": [true, null, b"eA=="], "s": set("a", "b")}'


def test_long_values_are_cut_and_terminals_are_safe() -> None:
    assert show({"S": "x" * 100}, 10) == '"xxxxxxxx…'
    assert show({"S": "\x1b[2Jevil\u202e"}) == '"\\u001b[2Jevil\\u202e"'


def test_a_name_with_a_bracket_is_still_told_apart() -> None:
    found = difference(orjson.dumps({"m": {"M": {"[0]": {"S": "a"}}}}), orjson.dumps({"m": {"L": [{"S": "a"}]}}))
    assert found.changed.keys() == {"m"}
