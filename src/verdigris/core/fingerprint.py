"""Whether two copies of a table hold the same: a hash per item, added up per bucket of the key space.

The hash is taken of a canonical form, since the service promises neither the order of attributes and sets nor the
spelling of numbers. Sums add up in any order, so both sides are plain scans in constant memory.
"""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

import orjson

from verdigris.core.items import canonical_text
from verdigris.core.model import Key, RawItem

#: Buckets of the key space: with 14 million items a bucket that differs has some 200 of them to open.
BUCKETS = 65_536

_LOW = (1 << 64) - 1
_HEADER = struct.Struct("<4sI")
_MAGIC = b"vsm1"


def fingerprint(raw: RawItem) -> int:
    """128 bits that are equal for two items exactly if the items are (short of a chance of 2**-128)."""
    return int.from_bytes(blake2b(canonical(raw), digest_size=16).digest(), "big")


def same(one: RawItem | None, other: RawItem | None) -> bool:
    """Whether both are the same item, or neither is there: answers may spell one item in several ways."""
    if one is None or other is None:
        return one is other
    return fingerprint(one) == fingerprint(other)


def canonical(raw: RawItem) -> bytes:
    """One spelling for each item: attributes and sets sorted, numbers in canonical form, `{}` as `{"M":{}}`."""
    item = orjson.loads(raw)
    _settle_map(item)
    return orjson.dumps(item, option=orjson.OPT_SORT_KEYS)


def _settle_map(values: dict[str, Any]) -> dict[str, Any]:
    for tagged in values.values():
        if "S" not in tagged:
            _settle_tagged(tagged)
    return values


def _settle_list(values: list[Any]) -> list[Any]:
    for tagged in values:
        if "S" not in tagged:
            _settle_tagged(tagged)
    return values


def _settle_tagged(tagged: dict[str, Any]) -> None:
    for tag, value in tagged.items():
        if tag in _SETTLE:
            tagged[tag] = _SETTLE[tag](value)
    if not tagged:
        tagged["M"] = {}


def _settle_numbers(values: list[str]) -> list[str]:
    return sorted(map(canonical_text, values))


_SETTLE: dict[str, Callable[[Any], Any]] = {
    "N": canonical_text,
    "M": _settle_map,
    "L": _settle_list,
    "SS": sorted,
    "NS": _settle_numbers,
    "BS": sorted,
}


def bucket_of(key: Key, buckets: int = BUCKETS) -> int:
    """The bucket of a key: the same in every process and on both sides."""
    return int.from_bytes(blake2b("\0".join(key).encode(), digest_size=8).digest(), "big") % buckets


class Sums:
    """Per bucket: how many items, and the sum of their fingerprints modulo 2**128. 24 bytes a bucket, 1.5 MB in all."""

    def __init__(self, buckets: int = BUCKETS) -> None:
        if buckets < 1:
            raise ValueError("there must be at least one bucket")
        self.buckets = buckets
        self._counts = array("Q", bytes(8 * buckets))
        self._low = array("Q", bytes(8 * buckets))
        self._high = array("Q", bytes(8 * buckets))

    def add(self, key: Key, print_: int) -> None:
        """Adds one item by its key and fingerprint."""
        self._add(bucket_of(key, self.buckets), 1, print_)

    def merge(self, other: Sums) -> None:
        """Adds everything that was added to `other`. Raises ValueError if the buckets are not the same."""
        self._same_buckets(other)
        for bucket, count in enumerate(other._counts):
            if count:
                self._add(bucket, count, other._high[bucket] << 64 | other._low[bucket])

    def differing(self, other: Sums) -> list[int]:
        """The buckets in which the two differ. Raises ValueError if the buckets are not the same."""
        self._same_buckets(other)
        if self == other:
            return []
        return [
            bucket
            for bucket in range(self.buckets)
            if self._counts[bucket] != other._counts[bucket]
            or self._low[bucket] != other._low[bucket]
            or self._high[bucket] != other._high[bucket]
        ]

    @property
    def count(self) -> int:
        """How many items were added."""
        return sum(self._counts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sums) and self._columns() == other._columns()

    __hash__ = None  # type: ignore[assignment]

    def to_bytes(self) -> bytes:
        """A compressed form for checkpoints: the same on every machine; 1.1 MB when all buckets are in use."""
        packed = zlib.compress(b"".join(map(_little_endian, self._columns())), 1)
        return _HEADER.pack(_MAGIC, self.buckets) + packed

    @classmethod
    def from_bytes(cls, data: bytes) -> Sums:
        """The sums that `to_bytes` wrote. Raises ValueError if `data` is something else."""
        try:
            magic, buckets = _HEADER.unpack_from(data)
            columns = zlib.decompress(data[_HEADER.size :])
        except (struct.error, zlib.error) as error:
            raise ValueError(f"these are no stored sums: {error}") from None
        if magic != _MAGIC or not buckets or len(columns) != 24 * buckets:
            raise ValueError("these are no stored sums of this version")
        sums = cls(buckets)
        width = 8 * buckets
        for place, column in enumerate(sums._columns()):
            column[:] = _from_little_endian(columns[place * width : (place + 1) * width])
        return sums

    def _columns(self) -> tuple[array[int], array[int], array[int]]:
        return self._counts, self._low, self._high

    def _add(self, bucket: int, count: int, total: int) -> None:
        low = self._low[bucket] + (total & _LOW)
        self._counts[bucket] += count
        self._low[bucket] = low & _LOW
        self._high[bucket] = (self._high[bucket] + (total >> 64) + (low >> 64)) & _LOW

    def _same_buckets(self, other: Sums) -> None:
        if self.buckets != other.buckets:
            raise ValueError(f"sums over {self.buckets} and over {other.buckets} buckets cannot be compared")


def _little_endian(column: array[int]) -> bytes:
    if sys.byteorder == "little":
        return column.tobytes()
    swapped = array("Q", column)
    swapped.byteswap()
    return swapped.tobytes()


def _from_little_endian(data: bytes) -> array[int]:
    column = array("Q", data)
    if sys.byteorder == "big":
        column.byteswap()
    return column
