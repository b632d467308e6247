"""Items from all over a table, for what looks at a sample only, and what their migrations read of other items."""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterator
from itertools import islice
from math import isqrt

from verdigris.core.model import Key, RawItem, Segment
from verdigris.phases.scanning import pages
from verdigris.stores.base import Table


class Reads:
    """Looks other items up (for `LookedUp`), and remembers in `found` what it was asked since the last `begin`."""

    def __init__(self, table: Table, reserved: Container[Key]) -> None:
        self._table = table
        self._reserved = reserved
        self.found: dict[Key, RawItem | None] = {}

    def begin(self) -> None:
        """From here on for another item."""
        self.found = {}

    def __call__(self, key: Key) -> RawItem | None:
        if key not in self.found:
            self.found[key] = None if key in self._reserved else self._table.read([key]).get(key)
        return self.found[key]


def spread(table: Table, segments: int, pages: int) -> Iterator[RawItem]:
    """Items of every segment in turn, and from all over each page; deterministic for what is in the table.

    Reads lazily, and at most `pages` pages (of 1 MB on AWS) of each segment. Raises NotFound.
    """
    scans = deque(_items(table, Segment(index, segments), pages) for index in range(segments))
    while scans:
        scan = scans.popleft()
        for item in scan:
            yield item
            scans.append(scan)
            break


def _items(table: Table, segment: Segment, most: int) -> Iterator[RawItem]:
    for page in islice(pages(table, segment), most):
        # Neighbours on a page have one partition key: they are much alike.
        stride = isqrt(len(page.items)) or 1
        for offset in range(stride):
            yield from page.items[offset::stride]
