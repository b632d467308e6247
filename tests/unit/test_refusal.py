"""What is said of an exception: Python quotes values, and an item's are nobody's business in a log."""

from __future__ import annotations

import json
from typing import Any

import pytest

from verdigris.core.refusal import describe

ITEM: dict[str, Any] = {
    "pk": {"S": "case|1"},
    "ssn": {"S": "123-45-6789"},
    "note": {"S": 'it\'s "secret"\nreally'},
    "court": {"M": {"judge": {"S": "Ada Lovelace"}, "fees": {"L": [{"N": "1234.5"}]}}},
    "short": {"S": "abc"},
}


def said(raise_it: Any) -> str:
    with pytest.raises(Exception) as caught:
        raise_it()
    return describe(caught.value, raise_it, json.dumps(ITEM).encode(), ("case|1",))


def fail(message: str) -> Any:
    def raises() -> None:
        raise ValueError(message)

    return raises


def test_a_value_that_python_quotes() -> None:
    assert said(lambda: int(ITEM["ssn"]["S"])).startswith(
        "ValueError: invalid literal for int() with base 10: '…' (line "
    )


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("judge Ada Lovelace has a fee of 1234.5", "judge … has a fee of …"),
        (f"bad: {ITEM['note']['S']}", "bad: …"),
        (f"bad: {ITEM['note']['S']!r}", "bad: '…'"),
        ("case|1 has no abc", "case|1 has no abc"),
        ("a fee is never negative", "a fee is never negative"),
    ],
)
def test_what_the_item_holds_is_left_out_and_its_key_stays(message: str, expected: str) -> None:
    assert said(fail(message)).startswith(f"ValueError: {expected} (line ")


def test_an_attribute_that_is_missing_is_named() -> None:
    assert said(lambda: ITEM["amount"]).startswith("KeyError: 'amount' (line ")
