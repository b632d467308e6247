"""The shard iterators that the proxy gives out. All that they mean is inside them."""

from __future__ import annotations

import base64
from binascii import Error as NotBase64

import msgspec


class Iterator(msgspec.Struct, frozen=True, array_like=True):
    """`position` counts the records of the presented shard, trimmed ones too; `born_s`: seconds since the epoch;
    `empty`: how many empty pages it has led to in a row."""

    stream: str
    shard: str
    position: int
    born_s: float
    number: int
    empty: int = 0

    def text(self) -> str:
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode()


def opened(text: str) -> Iterator | None:
    """The iterator, or None if it is none of ours."""
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text), type=Iterator)
    except (NotBase64, msgspec.DecodeError, ValueError):
        return None
