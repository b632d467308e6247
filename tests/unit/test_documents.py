"""The text of a document, and what makes two of them the same."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from verdigris.core.documents import add, canonical, decode, encode, fingerprint
from verdigris.core.fingerprint import Sums


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1.10"), b"1.10"),
        (Decimal("12345678901234567890123456789012345678"), b"12345678901234567890123456789012345678"),
        (2**70, b"1180591620717411303424"),
        (0.1, b"0.1"),
        ({"b", "a"}, b'["a","b"]'),
        ({Decimal(2), Decimal(1)}, b"[1,2]"),
        (b"ab", b'"YWI="'),
        (datetime(2026, 1, 2, tzinfo=UTC), b'"2026-01-02T00:00:00Z"'),
        (None, b"null"),
        ("null NaN Inf", b'"null NaN Inf"'),
    ],
)
def test_values_are_stored_as_the_table_says(value: Any, text: bytes) -> None:
    assert encode({"v": value}) == b'{"v":' + text + b"}"


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        Decimal("NaN"),
        Decimal("-Infinity"),
        [{"x": float("nan")}],
        object(),
        {1: 2},
        "\ud800",
    ],
)
def test_what_is_no_json_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="not a document"):
        encode({"v": value})


def test_a_body_that_contains_itself_is_refused() -> None:
    body: dict[str, Any] = {}
    body["self"] = body
    with pytest.raises(ValueError, match="not a document"):
        encode(body)


@pytest.mark.parametrize("text", [b"[]", b"{", b"1", b'{"a":NaN}'])
def test_a_stored_text_that_is_no_object_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match="not a document"):
        decode(text)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"a": 1.0}, {"a": 1}),
        ({"a": Decimal("1.000")}, {"a": 1}),
        ({"a": Decimal("1E+2")}, {"a": 100.0}),
        ({"a": -0.0}, {"a": 0}),
        ({"a": Decimal("0.10")}, {"a": 0.1}),
        ({"a": 1e300}, {"a": 10**300}),
        ({"a": Decimal("1E+5000")}, {"a": Decimal("10E+4999")}),
        ({"a": (1, 2)}, {"a": [1, 2]}),
        ({"a": {"c": [1.0], "b": 0}}, {"a": {"b": 0, "c": [1]}}),
    ],
)
def test_bodies_that_mean_the_same_have_one_canonical_form(left: dict[str, Any], right: dict[str, Any]) -> None:
    assert canonical(left) == canonical(right)
    assert fingerprint("x", left) == fingerprint("x", right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"a": 1}, {"a": "1"}),
        ({"a": 1}, {"a": True}),
        ({"a": None}, {}),
        ({"a": [1, 2]}, {"a": [2, 1]}),
        ({"a": []}, {"a": {}}),
        ({"a": Decimal("0.1000000000000000055511151231257827")}, {"a": 0.1}),
        ({"a": 9007199254740993}, {"a": 9007199254740992}),
    ],
)
def test_bodies_that_differ_have_different_fingerprints(left: dict[str, Any], right: dict[str, Any]) -> None:
    assert fingerprint("x", left) != fingerprint("x", right)


def test_the_id_is_part_of_the_fingerprint() -> None:
    assert fingerprint("x", {}) != fingerprint("y", {})
    assert 0 <= fingerprint("x", {}) < 2**128


def test_sums_of_the_same_documents_are_equal_in_any_order() -> None:
    documents: list[tuple[str, dict[str, Any]]] = [("a", {"n": 1}), ("b", {"n": 2})]
    left, right, other = Sums(16), Sums(16), Sums(16)
    for key, body in documents:
        add(left, key, body)
    for key, body in reversed(documents):
        add(right, key, body)
    add(other, "a", {"n": 2})
    assert left == right
    assert left.differing(other)
