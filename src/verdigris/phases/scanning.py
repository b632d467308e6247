"""A segment of a table, page by page, for what only reads it. (The backfill keeps its position after each page.)"""

from __future__ import annotations

from collections.abc import Iterator

from verdigris.core.model import Segment
from verdigris.stores.base import ScanPage, Table


def pages(table: Table, segment: Segment) -> Iterator[ScanPage]:
    """Every page of a segment, each scanned when it is asked for. Raises NotFound."""
    page = table.scan(segment, None)
    yield page
    while page.next is not None:
        page = table.scan(segment, page.next)
        yield page
