"""What an item costs, told from its text, is never less than the service counts, and not much more."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.property.test_items_round_trip import numbers, sets

from verdigris.core.capacity import (
    read_units,
    roughly,
    roughly_scanned,
    scan_units,
    size_of,
    write_units,
)
from verdigris.core.items import encode, item_size

text = st.text(st.characters(codec="utf-8"), max_size=20)
#: Short names, and those that look like DynamoDB's own.
names = st.sampled_from(["S", "N", "M", "a", '"', '":{"S":"']) | st.text(
    st.characters(codec="utf-8"), min_size=1, max_size=20
)
values = st.recursive(
    st.none() | st.booleans() | text | numbers() | st.binary(max_size=20) | sets,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
items = st.dictionaries(names, values, min_size=1, max_size=8)


@given(items)
def test_never_less_than_the_service_counts(item: dict[str, Any]) -> None:
    assert size_of(encode(item)) >= item_size(orjson.loads(encode(item)))


@given(items)
def test_roughly_is_at_most(item: dict[str, Any]) -> None:
    raw = encode(item)
    assert roughly([raw, raw]) >= write_units([raw, raw])
    assert roughly_scanned([raw, raw]) >= scan_units([raw, raw])


def raw(size: int) -> bytes:
    """An item of so many bytes, as the service counts."""
    return orjson.dumps({"pk": {"S": "k"}, "text": {"S": "x" * (size - 7)}})


@pytest.mark.parametrize(("size", "units"), [(100, 1), (1020, 1), (1025, 2), (2040, 2), (2049, 3), (400 * 1024, 400)])
def test_a_write_unit_is_a_kilobyte_begun(size: int, units: int) -> None:
    assert item_size(orjson.loads(raw(size))) == size
    assert abs(write_units([raw(size)]) - units) <= (size == 400 * 1024)  # the last bytes: one unit more
    assert size_of(raw(size)) - size < 8


@pytest.mark.parametrize(("size", "units"), [(100, 1), (4090, 1), (4097, 2), (8193, 3)])
def test_a_read_unit_is_four_kilobytes_begun_of_each_item(size: int, units: int) -> None:
    assert read_units([raw(size)] * 3, 3) == 3 * units
    assert read_units([raw(size)] * 3, 5) == 3 * units + 2  # what is not there costs a unit


def test_a_page_of_a_scan_is_rounded_once() -> None:
    assert scan_units([raw(100)] * 35) == 1
    assert scan_units([raw(1000)] * 1000) in (245, 246)
    assert scan_units([]) == 1
