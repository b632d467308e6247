"""Links in memory, for tests and simulation."""

from __future__ import annotations

from collections.abc import Iterable

from verdigris.core.model import Key
from verdigris.stores.base import LinkKind


class MemoryLinks:
    """The port `Links` in a dict."""

    def __init__(self) -> None:
        self._links: dict[tuple[LinkKind, Key], set[Key]] = {}

    def add(self, links: Iterable[tuple[LinkKind, Key, Key]]) -> None:
        for kind, key, to in links:
            self._links.setdefault((kind, key), set()).add(to)

    def of(self, kind: LinkKind, keys: Iterable[Key]) -> dict[Key, set[Key]]:
        return {key: set(self._links[kind, key]) for key in keys if (kind, key) in self._links}

    @property
    def size(self) -> int:
        """How many keys have links."""
        return len(self._links)

    def drop(self) -> None:
        self._links.clear()

    def there(self) -> bool:
        return bool(self._links)
