"""The key of an item that travels as bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verdigris.core.model import KeySchema
from verdigris.core.raw_key import key_reader

NAMES = st.text(min_size=1, max_size=8)
VALUES = {
    "S": st.text(min_size=1),
    "N": st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**6), max_value=10**6).map(str),
    "B": st.sampled_from(["AA==", "/w==", "Zm9v"]),
}
KINDS = st.sampled_from(sorted(VALUES))


@given(st.data())
def test_equal_to_the_key_of_the_decoded_item(data: st.DataObject) -> None:
    names = data.draw(st.lists(NAMES, min_size=1, max_size=2, unique=True))
    schema = KeySchema(tuple((name, data.draw(KINDS)) for name in names))
    others = data.draw(st.dictionaries(NAMES, st.fixed_dictionaries({"L": st.just([{"M": {"pk": {"S": "no"}}}])})))
    item: dict[str, Any] = others | {name: {kind: data.draw(VALUES[kind])} for name, kind in schema.attributes}
    assert key_reader(schema)(json.dumps(item).encode()) == schema.of(item)


@pytest.mark.parametrize(
    "item", [b'{"sk":{"S":"1"}}', b'{"pk":{"N":"1"},"sk":{"S":"1"}}', b'{"pk":"1","sk":{"S":"1"}}', b"[]"]
)
def test_an_item_without_its_key_is_a_key_error(item: bytes) -> None:
    with pytest.raises(KeyError, match="pk"):
        key_reader(KeySchema((("pk", "S"), ("sk", "S"))))(item)
