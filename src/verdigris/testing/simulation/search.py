"""The search index as one process sees it: a bulk takes effect document by document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from verdigris.stores.searching import BulkResult, Document
from verdigris.testing.simulation.process import Process


class SimIndex:
    """The port `SearchIndex`."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._call = process.call
        self._change = process.change
        self._indexes = process.world.indexes

    def create(self, index: str, mappings: Mapping[str, Any]) -> None:
        self._change("index.create", lambda: self._indexes.create(index, mappings))

    def exists(self, index: str) -> bool:
        return self._call("index.exists", lambda: self._indexes.exists(index))

    def named(self, prefix: str) -> Sequence[str]:
        return self._call("index.named", lambda: self._indexes.named(prefix))

    def begin_load(self, index: str) -> None:
        self._change("index.begin-load", lambda: self._indexes.begin_load(index))

    def end_load(self, index: str, mappings: Mapping[str, Any]) -> None:
        self._change("index.end-load", lambda: self._indexes.end_load(index, mappings))

    def delete(self, index: str) -> None:
        self._change("index.delete", lambda: self._indexes.delete(index))

    def bulk(self, index: str, documents: Iterable[Document]) -> BulkResult:
        signed_s = self._process.now_s()
        self._process.may_go()
        results: list[BulkResult] = []

        def write(document: Document) -> None:
            self._process.world.demand_timely(self._process, index, signed_s)
            results.append(self._indexes.bulk(index, [document]))

        self._process.send("index.bulk", [partial(write, document) for document in documents])
        return BulkResult(
            sum(result.written for result in results),
            sum(result.superseded for result in results),
            tuple(refused for result in results for refused in result.refused),
        )

    def refresh(self, index: str) -> None:
        self._call("index.refresh", lambda: self._indexes.refresh(index))

    def count(self, index: str) -> int:
        return self._call("index.count", lambda: self._indexes.count(index))

    def documents(self, index: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        yield from self._call("index.documents", lambda: list(self._indexes.documents(index)))

    def read(self, index: str, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        return self._call("index.read", lambda: self._indexes.read(index, ids))

    def alias(self, name: str) -> str | None:
        return self._call("index.alias", lambda: self._indexes.alias(name))

    def point_alias(self, name: str, expected: str | None, index: str) -> None:
        self._change("index.point-alias", lambda: self._indexes.point_alias(name, expected, index))
