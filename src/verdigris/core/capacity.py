"""What reads and writes cost in the service's units, told from an item's JSON text without parsing it.

A write unit pays for 1 KB of an item, begun; a strongly consistent read unit for 4 KB, an eventually consistent one for
twice that. BatchGetItem rounds each item up, Scan the whole page; a key that is not there costs a unit to read or
delete (Amazon DynamoDB Developer Guide, "DynamoDB read and write operations" and "DynamoDB item sizes and formats").
Secondary indexes are charged for writes besides, by what they project: that is not told from the item.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from verdigris.core.model import RawItem

_WRITE_BYTES = 1024
_READ_BYTES = 4096
#: `"":{"S":""}` around a named string, which the service does not count; of a number it counts no more than its digits
#: and one byte, so there it is less by one, which the braces of the item or map around it make up for.
_WRAPPING = 11


def size_of(item: RawItem) -> int:
    """Bytes that the service counts for an item, or some more; never less."""
    return max(1, len(item) - _WRAPPING * (item.count(b'":{"S":"') + item.count(b'":{"N":"')))


def write_units(items: Iterable[RawItem]) -> int:
    """Units to put these items, each where none or none larger is."""
    return sum(-(-size_of(item) // _WRITE_BYTES) for item in items)


def read_units(items: Iterable[RawItem], asked: int) -> int:
    """Units of a strongly consistent read of `asked` keys that found `items`."""
    sizes = [-(-size_of(item) // _READ_BYTES) for item in items]
    return sum(sizes) + asked - len(sizes)


def scan_units(items: Iterable[RawItem]) -> int:
    """Units of a strongly consistent page of a scan that returned `items`."""
    return max(1, -(-sum(map(size_of, items)) // _READ_BYTES))


def roughly(items: Sequence[RawItem]) -> int:
    """`write_units` at most, in a fraction of the time: for measuring where nothing is limited."""
    return len(items) + sum(map(len, items)) // _WRITE_BYTES


def roughly_scanned(items: Sequence[RawItem]) -> int:
    """`scan_units` at most, likewise."""
    return 1 + sum(map(len, items)) // _READ_BYTES
