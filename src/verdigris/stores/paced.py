"""Tables and indexes that keep to a pace: any adapter, wrapped.

Units are counted by batch. A page of a scan is paid for as the one before it was, and corrected by what it held; so
the first pages may go over the budget once, by one page (1 MB: 256 units) a worker.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from verdigris.core.batching import BATCH_GET, BATCH_WRITE, runs
from verdigris.core.capacity import read_units, roughly, roughly_scanned, scan_units, write_units
from verdigris.core.model import Key, KeySchema, RawItem, Segment
from verdigris.core.pacing import Lane
from verdigris.stores.base import Replica, Replicas, ScanPage, Table
from verdigris.stores.pace import Pace
from verdigris.stores.searching import BulkResult, Document, SearchIndex

#: Documents that bulk work sends at once where the index has a budget: at most what it earns in a second, or these.
_DOCUMENTS = 500
#: Batches of a write that go together where nothing is limited.
_UNLIMITED = 10


class PacedTable:
    """A `Table` at a pace. Only bulk work is cut into batches and waits; all else is counted and goes at once.

    `abreast` is the same table for all that is no bulk work, where there is a better way to it.
    """

    def __init__(self, inner: Table, pace: Pace, abreast: Table | None = None) -> None:
        self._inner = inner
        self._abreast = abreast or inner
        self._pace = pace
        #: units of the last page that was scanned
        self._page_units = 1

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def key(self) -> KeySchema:
        return self._inner.key

    def scan(self, segment: Segment, start: str | None) -> ScanPage:
        self._pace.page()
        expected = self._page_units
        self._pace.take(Lane.READ, expected)
        page = self._inner.scan(segment, start)
        exact = self._pace.exact(Lane.READ)
        self._page_units = scan_units(page.items) if exact else roughly_scanned(page.items)
        self._pace.give(Lane.READ, expected - self._page_units)
        return page

    def read(self, keys: Sequence[Key]) -> dict[Key, RawItem]:
        found: dict[Key, RawItem] = {}
        for some in runs(keys, BATCH_GET.count) if self._pace.waits else [keys]:
            self._pace.take(Lane.READ, len(some))
            got = (self._inner if self._pace.waits else self._abreast).read(some)
            self._pace.give(Lane.READ, len(some) - read_units(got.values(), len(some)))
            found |= got
        return found

    def write(self, puts: Sequence[RawItem], deletes: Sequence[Key] = ()) -> None:
        if not self._pace.waits:
            self._write(self._abreast, puts, deletes)
            return
        while puts or deletes:
            # Without a limit there is nothing to wait for, but there may be one soon.
            size = BATCH_WRITE.count * (1 if self._pace.exact(Lane.WRITE) else _UNLIMITED)
            room = size - len(puts[:size])
            self._write(self._inner, puts[:size], deletes[:room])
            puts, deletes = puts[size:], deletes[room:]

    def _write(self, table: Table, puts: Sequence[RawItem], deletes: Sequence[Key]) -> None:
        units = write_units(puts) if self._pace.exact(Lane.WRITE) else roughly(puts)
        self._pace.take(Lane.WRITE, units + len(deletes))
        table.write(puts, deletes)


class PacedReplicas:
    """`Replicas` whose tables keep to a pace: what is read there counts as what is read at home."""

    def __init__(self, inner: Replicas, pace: Pace) -> None:
        self._inner = inner
        # One wrapper a table: it remembers what a page costs.
        self._paced = cache(lambda name, region: PacedTable(inner.table(name, region), pace))

    def states(self, name: str) -> Sequence[Replica]:
        return self._inner.states(name)

    def add(self, name: str, region: str) -> None:
        self._inner.add(name, region)

    def table(self, name: str, region: str) -> Table:
        return self._paced(name, region)


class PacedIndex:
    """A `SearchIndex` at a pace: what is written counts, by document."""

    def __init__(self, inner: SearchIndex, pace: Pace) -> None:
        self._inner = inner
        self._pace = pace

    def bulk(self, index: str, documents: Iterable[Document]) -> BulkResult:
        wanted = list(documents)
        if not (self._pace.waits and self._pace.exact(Lane.INDEX)):
            return self._send(index, wanted)
        done = BulkResult(0, 0, ())
        while wanted:
            some = max(1, int(min(_DOCUMENTS, self._pace.per_s(Lane.INDEX))))
            sent = self._send(index, wanted[:some])
            done = BulkResult(
                done.written + sent.written, done.superseded + sent.superseded, done.refused + sent.refused
            )
            del wanted[:some]
        return done

    def create(self, index: str, mappings: Mapping[str, Any]) -> None:
        self._inner.create(index, mappings)

    def exists(self, index: str) -> bool:
        return self._inner.exists(index)

    def named(self, prefix: str) -> Sequence[str]:
        return self._inner.named(prefix)

    def begin_load(self, index: str) -> None:
        self._inner.begin_load(index)

    def end_load(self, index: str, mappings: Mapping[str, Any]) -> None:
        self._inner.end_load(index, mappings)

    def delete(self, index: str) -> None:
        self._inner.delete(index)

    def refresh(self, index: str) -> None:
        self._inner.refresh(index)

    def count(self, index: str) -> int:
        return self._inner.count(index)

    def documents(self, index: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        return self._inner.documents(index)

    def read(self, index: str, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        return self._inner.read(index, ids)

    def alias(self, name: str) -> str | None:
        return self._inner.alias(name)

    def point_alias(self, name: str, expected: str | None, index: str) -> None:
        self._inner.point_alias(name, expected, index)

    def _send(self, index: str, documents: Sequence[Document]) -> BulkResult:
        self._pace.take(Lane.INDEX, len(documents))
        return self._inner.bulk(index, documents)
