"""What a search cluster says of a document, without what stood in it."""

from __future__ import annotations

import pytest

from verdigris.stores.search_errors import Cause


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (
            "failed to parse field [n] of type [long] in document with id 'b'. Preview of field's value: 'one. two'",
            "failed to parse field [n] of type [long] in document with id 'b'",
        ),
        (
            'at least one immense term in field="x". The prefix of the first immense term is: [1, 2',
            'at least one immense term in field="x"',
        ),
        ("queue is full", "queue is full"),
        (None, ""),
    ],
)
def test_a_value_is_not_quoted(reason: str | None, said: str) -> None:
    assert Cause("kind", reason).text == (f"kind: {said}" if said else "kind")
