"""A sample comes from all over the table, is the same each time, and reads no more than it may."""

from __future__ import annotations

from itertools import islice

import orjson
from tests.lifecycle.world import SHAPE, raw

from verdigris.core.model import Segment
from verdigris.phases.sampling import Reads, spread
from verdigris.stores.base import ScanPage, Table
from verdigris.stores.memory import MemoryTables


def table(items: int, page_items: int = 10) -> Table:
    tables = MemoryTables(page_items=page_items)
    tables.create("source", SHAPE)
    source = tables.table("source")
    source.write([raw({"pk": f"p{n % 7}", "sk": f"s{n}"}) for n in range(items)])
    return source


class Counted:
    """A table that counts the pages of each segment."""

    def __init__(self, inner: Table) -> None:
        self.inner = inner
        self.pages: list[int] = []

    def scan(self, segment: Segment, start: str | None) -> ScanPage:
        self.pages.append(segment.index)
        return self.inner.scan(segment, start)


def test_every_item_comes_once() -> None:
    found = [orjson.loads(item)["sk"]["S"] for item in spread(table(200), 4, 1000)]
    assert sorted(found) == sorted(f"s{n}" for n in range(200))


def test_it_is_the_same_each_time() -> None:
    source = table(100)
    assert list(spread(source, 4, 2)) == list(spread(source, 4, 2))


def test_the_first_items_come_from_every_segment_and_nothing_is_read_ahead() -> None:
    counted = Counted(table(200, page_items=3))
    assert len(list(islice(spread(counted, 4, 5), 4))) == 4  # type: ignore[arg-type]
    assert counted.pages == [0, 1, 2, 3]


def test_no_more_pages_than_allowed() -> None:
    counted = Counted(table(500, page_items=3))
    list(spread(counted, 4, 5))  # type: ignore[arg-type]
    assert max(map(counted.pages.count, range(4))) == 5


def test_an_empty_table_gives_nothing() -> None:
    assert list(spread(table(0), 4, 1)) == []


def test_reads_are_remembered_item_by_item_and_the_beacon_is_not_there() -> None:
    source = table(3)
    reads = Reads(source, {("p1", "s1")})
    assert reads(("p0", "s0")) == raw({"pk": "p0", "sk": "s0"})
    assert reads(("p1", "s1")) is None
    assert list(reads.found) == [("p0", "s0"), ("p1", "s1")]
    reads.begin()
    assert reads.found == {}
