"""Documents of a search index: their JSON text, and a fingerprint by which two of them are compared.

Numbers never pass through a float on the way back. What `document` functions may return, and what is stored:

| Python | JSON |
|---|---|
| str, bool, None, list, tuple, dict with string keys | as they are |
| int | a whole number of any length |
| Decimal | its own digits, exactly: `Decimal("1.10")` → `1.10` |
| float | its shortest text: `0.1` → `0.1`; NaN and infinities are refused |
| set, frozenset | a sorted list |
| bytes | Base64 text |
| date, datetime, time, UUID, enum | their ISO or plain text |
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import msgspec

from verdigris.core.fingerprint import Sums

#: Beyond it a number is left in scientific form: nobody's price has a thousand digits, and building them costs.
_LONGEST_NUMBER = 1000
_NOT_FINITE = (b"null", b"NaN", b"Inf")


def encode(body: Mapping[str, Any]) -> bytes:
    """The JSON text to store, on one line. Raises ValueError for what no document may hold."""
    try:
        text = _encoder.encode(body)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"not a document: {error}") from None
    # The encoder writes NaN as null. Only where the text could hide one is the body looked through.
    if any(word in text for word in _NOT_FINITE) and not _finite(body):
        raise ValueError("not a document: NaN and infinities are no JSON")
    return text


def decode(text: bytes) -> dict[str, Any]:
    """A stored document: whole numbers are int, all others Decimal. Raises ValueError for what is no JSON object."""
    try:
        return _decoder.decode(text)
    except msgspec.DecodeError as error:
        raise ValueError(f"not a document: {error}") from None


def canonical(body: Mapping[str, Any]) -> bytes:
    """One text for all bodies that mean the same: keys sorted, one spelling a number (`1.0`, `1`, `1E+0` → `1`).

    Lists keep their order. Raises ValueError as `encode` does.
    """
    return _encoder.encode(decode(encode(body)))


def fingerprint(id: str, body: Mapping[str, Any]) -> int:  # noqa: A002
    """128 bits that stand for the document under its id. Raises ValueError as `encode` does."""
    name = id.encode()
    digest = blake2b(b"%d:%b" % (len(name), name), digest_size=16)
    digest.update(canonical(body))
    return int.from_bytes(digest.digest())


def add(sums: Sums, id: str, body: Mapping[str, Any]) -> None:  # noqa: A002
    """Adds one document to the sums of an index. Raises ValueError as `encode` does."""
    sums.add((id,), fingerprint(id, body))


def _number(text: str) -> int | Decimal:
    """The number of a JSON text, in the one form that has no spare zeros."""
    sign, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int)  # JSON has no NaN
    end = len(digits)
    while end > 1 and not digits[end - 1]:
        end -= 1
    exponent += len(digits) - end
    digits = digits[:end]
    if digits == (0,):
        return 0
    value = Decimal((sign, digits, exponent))
    return int(value) if 0 <= exponent <= _LONGEST_NUMBER else value


def _finite(value: Any) -> bool:
    match value:
        case float() | Decimal():
            return math.isfinite(value)
        case Mapping():
            return all(map(_finite, value.values()))
        case list() | tuple() | set() | frozenset():
            return all(map(_finite, value))
    return True


_encoder = msgspec.json.Encoder(decimal_format="number", order="deterministic")
_decoder = msgspec.json.Decoder(dict[str, Any], float_hook=_number)
