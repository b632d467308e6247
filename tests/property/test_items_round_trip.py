"""Every value that DynamoDB can hold goes to Python and back unchanged; keys read as the schema reads them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from verdigris.core.items import canonical_text, decode, encode, item_size, to_json
from verdigris.core.keys import key_of
from verdigris.core.model import KeySchema, canonical_number
from verdigris.core.raw_key import key_reader

text = st.text(st.characters(codec="utf-8"), max_size=20)
#: Attribute names are never empty.
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)


@st.composite
def numbers(draw: st.DrawFn) -> Decimal:
    digits = draw(st.integers(0, 10 ** draw(st.integers(1, 38)) - 1))
    exponent = draw(st.integers(-130, 125 - len(str(digits)) + 1))
    return Decimal((draw(st.integers(0, 1)), tuple(map(int, str(digits))), exponent))


scalars = st.none() | st.booleans() | text | numbers() | st.binary(max_size=20)
sets = (
    st.sets(text, min_size=1, max_size=5)
    | st.sets(numbers(), min_size=1, max_size=5)
    | st.sets(st.binary(max_size=9), min_size=1, max_size=5)
)
values = st.recursive(
    scalars | sets,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
items = st.dictionaries(names, values, max_size=8)


def typed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: typed(member) for name, member in value.items()}
    if isinstance(value, list):
        return [typed(member) for member in value]
    return (type(value), value)


@given(items)
def test_python_to_json_and_back_changes_nothing(item: dict[str, Any]) -> None:
    raw = encode(item)
    assert typed(decode(raw)) == typed(item)
    assert encode(decode(raw)) == raw


@given(items)
def test_the_json_is_never_shorter_than_what_the_service_counts(item: dict[str, Any]) -> None:
    assert item_size(to_json(item)) <= len(encode(item))


@given(numbers())
def test_numbers_have_one_spelling_each(number: Decimal) -> None:
    (stored,) = to_json({"n": number})["n"].values()
    assert Decimal(stored) == number
    assert stored == canonical_number(str(number)) == canonical_text(str(number)) == canonical_text(stored)
    plain = stored.removeprefix("-")
    assert plain == "0" or not plain.startswith("00")
    assert "E" not in plain
    assert "." not in plain or not plain.endswith(("0", "."))
    for other in (number.normalize() if len(number.as_tuple().digits) < 28 else number, number * 1):
        if other == number:
            assert to_json({"n": other})["n"] == {"N": stored}


@given(st.integers(-(10**38) + 1, 10**38 - 1))
def test_an_int_is_stored_as_the_same_decimal(number: int) -> None:
    assert to_json({"n": number}) == to_json({"n": Decimal(number)}) == {"n": {"N": str(number)}}


@given(items, text.filter(bool), numbers(), st.binary(min_size=1, max_size=9))
def test_keys_are_read_alike_from_bytes_json_and_python(item: Any, s: str, n: Decimal, b: bytes) -> None:
    item |= {"s": s, "n": n, "b": b}
    raw = encode(item)
    for attributes in ((("s", "S"), ("n", "N")), (("b", "B"),), (("n", "N"), ("s", "S"))):
        schema = KeySchema(attributes)
        assert key_reader(schema)(raw) == schema.of(orjson.loads(raw)) == key_of(schema, item)
