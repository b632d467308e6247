"""What a migration sees that reads other items: the source table, each read on record before it is made.

A change of what was read then settles the reader: the final state is the migration applied to the final source.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from verdigris.core.items import decode
from verdigris.core.keys import key_of
from verdigris.core.model import Key
from verdigris.core.views import frozen
from verdigris.stores.base import LinkKind, Links, Table


class SourceViews:
    """Gives each source item its view. Queries through the view would be registered by their partition the same way."""

    def __init__(self, source: Table, links: Links, reserved: Container[Key]) -> None:
        self._source = source
        self._links = links
        self._reserved = reserved

    def __call__(self, reader: Key) -> SourceView:
        return SourceView(self._source, self._links, reader, self._reserved)


class SourceView:
    """The view of one reader."""

    def __init__(self, source: Table, links: Links, reader: Key, reserved: Container[Key]) -> None:
        self._source = source
        self._links = links
        self._reader = reader
        self._reserved = reserved

    def get(self, key: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The item under `key` now, strongly consistent and read-only; None if there is none.

        Raises ItemRefused if `key` is no key of the table.
        """
        wanted = key_of(self._source.key, dict(key))
        if wanted in self._reserved:
            return None
        self._links.add([(LinkKind.READER, wanted, self._reader)])
        found = self._source.read([wanted]).get(wanted)
        return None if found is None else frozen(decode(found))
