"""What a migration sees of other items where no deployment runs: in a test, in a sample, in a proof."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from verdigris.core.items import decode
from verdigris.core.keys import key_of
from verdigris.core.model import Key, KeySchema, RawItem


class LookedUp:
    """Views (`Views` of transform.py) that answer with what `look` finds under a key."""

    def __init__(self, schema: KeySchema, look: Callable[[Key], RawItem | None]) -> None:
        self._schema = schema
        self._look = look

    def __call__(self, reader: Key) -> LookedUp:
        return self

    def get(self, key: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The item under `key`, read-only; None if there is none. Raises ItemRefused if `key` is no key."""
        found = self._look(key_of(self._schema, dict(key)))
        return None if found is None else frozen(decode(found))


def frozen(value: Any) -> Any:
    """The same value in types that raise TypeError or AttributeError when somebody tries to change them."""
    match value:
        case dict():
            return MappingProxyType({name: frozen(member) for name, member in value.items()})
        case list():
            return tuple(map(frozen, value))
        case set():
            return frozenset(value)
    return value
