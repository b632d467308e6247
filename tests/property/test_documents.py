"""What was stored and read back has the fingerprint of what was written, whatever it is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from verdigris.core.documents import canonical, decode, encode, fingerprint

NUMBERS = (
    st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=Decimal("-1E+125"), max_value=Decimal("1E+125"))
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT | st.binary() | st.sets(TEXT, max_size=3) | st.sets(st.decimals(-9, 9)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)
BODIES = st.dictionaries(TEXT, VALUES, max_size=4)


@given(BODIES)
def test_a_round_trip_keeps_the_fingerprint(body: dict[str, Any]) -> None:
    stored = encode(body)
    assert b"\n" not in stored
    assert fingerprint("x", decode(stored)) == fingerprint("x", body)
    assert canonical(decode(canonical(body))) == canonical(body)


@given(NUMBERS, NUMBERS)
def test_numbers_are_equal_exactly_if_their_decimal_values_are(left: Any, right: Any) -> None:
    same = Decimal(repr(left) if isinstance(left, float) else left) == Decimal(
        repr(right) if isinstance(right, float) else right
    )
    assert (canonical({"n": left}) == canonical({"n": right})) == same
