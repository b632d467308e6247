"""The port `SearchIndex` in memory, with the semantics of the real engines; it passes the same contract suite."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from verdigris.core.documents import decode, encode
from verdigris.errors import AlreadyThere, Conflict, Invalid, NotFound
from verdigris.stores.search_bulk import line_of
from verdigris.stores.searching import BulkResult, Document


@dataclass(slots=True)
class _Index:
    #: id → (version, JSON text); the text of a deleted document is None, and its version stays
    now: dict[str, tuple[int, bytes | None]] = field(default_factory=dict)
    loading: bool = False
    #: as of the last refresh
    visible: dict[str, bytes] = field(default_factory=dict)


class MemoryIndex:
    """The indexes of one cluster that forgets them with the process. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._indexes: dict[str, _Index] = {}
        self._aliases: dict[str, str] = {}

    def create(self, index: str, mappings: Mapping[str, Any]) -> None:
        if wrong := set(mappings) - {"mappings", "settings"}:
            raise Invalid(f"an index is created from mappings and settings only, not {sorted(wrong)}", where=index)
        if index != index.lower():
            raise Invalid("the name of an index must be lower case", where=index)
        with self._lock:
            if index in self._aliases:
                raise Invalid("an alias has this name", where=index)
            if index in self._indexes:
                raise AlreadyThere("the index is there already", where=index)
            self._indexes[index] = _Index()

    def exists(self, index: str) -> bool:
        return index in self._indexes

    def named(self, prefix: str) -> Sequence[str]:
        return sorted(name for name in self._indexes if name == prefix or name.startswith(f"{prefix}-"))

    def begin_load(self, index: str) -> None:
        self._find(index).loading = True

    def end_load(self, index: str, mappings: Mapping[str, Any]) -> None:
        self._find(index).loading = False

    def is_loading(self, index: str) -> bool:
        """Whether a load was begun and not ended."""
        return self._find(index).loading

    def delete(self, index: str) -> None:
        with self._lock:
            if index in self._aliases:
                raise Invalid("this is an alias, not an index", where=index)
            self._indexes.pop(index, None)
            self._aliases = {name: target for name, target in self._aliases.items() if target != index}

    def bulk(self, index: str, documents: Iterable[Document]) -> BulkResult:
        written = superseded = 0
        refused = []
        with self._lock:
            stored = self._find(index).now
            for document in documents:
                try:
                    line_of(document)  # the same refusals as on the wire
                except ValueError as error:
                    refused.append((document.id, str(error)))
                    continue
                if document.version < stored.get(document.id, (0, None))[0]:
                    superseded += 1
                    continue
                body = None if document.body is None else encode(document.body)
                stored[document.id] = (document.version, body)
                written += 1
        return BulkResult(written, superseded, tuple(refused))

    def refresh(self, index: str) -> None:
        with self._lock:
            found = self._find(index)
            found.visible = {id: body for id, (_, body) in found.now.items() if body is not None}  # noqa: A001

    def count(self, index: str) -> int:
        return len(self._find(index).visible)

    def documents(self, index: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        visible = self._find(index).visible  # replaced by a refresh, never changed: a consistent view
        for id, body in visible.items():  # noqa: A001
            yield id, decode(body)

    def stored(self, index: str) -> dict[str, Mapping[str, Any]]:
        """Every document as it is now, also where no refresh has shown it yet: for those who judge."""
        with self._lock:
            return {id: decode(body) for id, (_, body) in self._find(index).now.items() if body is not None}  # noqa: A001

    def read(self, index: str, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        with self._lock:
            stored = self._find(index).now
            texts = {id: stored.get(id, (0, None))[1] for id in ids}  # noqa: A001
        return {id: decode(text) for id, text in texts.items() if text is not None}  # noqa: A001

    def alias(self, name: str) -> str | None:
        with self._lock:
            if name in self._indexes:
                raise Invalid("this is an index, and must be an alias", where=name)
            return self._aliases.get(name)

    def point_alias(self, name: str, expected: str | None, index: str) -> None:
        with self._lock:
            now = self.alias(name)
            if now not in (index, expected):
                raise Conflict(f"the alias points to {now or 'nothing'}, not to {expected or 'nothing'}", where=name)
            self._find(index)
            self._aliases[name] = index

    def _find(self, name: str) -> _Index:
        with self._lock:
            try:
                return self._indexes[self._aliases.get(name, name)]
            except KeyError:
                raise NotFound("there is no such index", where=name) from None
