"""What a search cluster says of a document, without what stood in it."""

from __future__ import annotations

import pytest

from verdigris.errors import AccessRefused
from verdigris.stores.search_errors import Cause, from_answer


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


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"Message":"User: anonymous is not authorized"}', "User: anonymous is not authorized"),
        (b'{"message":"The security token is expired"}', "The security token is expired"),
        (
            b'{"message":"No match.\\n\\nx-amz-security-token: secret"}',
            "No match.",
        ),
        (b"<html>Forbidden</html>", "HTTP 403"),
        (b"{}", "HTTP 403"),
    ],
)
def test_what_amazons_service_says_of_a_refusal_is_told(body: bytes, said: str) -> None:
    error = from_answer(403, body, "case")
    assert type(error) is AccessRefused
    assert error.what == said
