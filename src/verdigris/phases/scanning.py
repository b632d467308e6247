"""A segment of a table, page by page, for what only reads it. (The backfill keeps its position after each page.)"""

from __future__ import annotations

from collections.abc import Iterator

from verdigris.core.model import Segment
from verdigris.stores.base import ScanPage, Table


def pages(table: Table, segment: Segment) -> Iterator[ScanPage]:
    """Every page of a segment, each scanned when it is asked for. Raises NotFound."""
    start: str | None = None
    while True:
        page = table.scan(segment, start)
        start = page.next
        yield page
        del page  # before the next one comes: a page of small items takes several times its megabyte
        if start is None:
            return
