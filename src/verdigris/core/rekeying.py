"""A destination whose key is another one than the source's: what an item says of both."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable

from verdigris.core.items import decode
from verdigris.core.keys import KEY_BYTES, key_of, show_key
from verdigris.core.model import Key, KeySchema, RawItem
from verdigris.core.raw_key import key_reader
from verdigris.core.steps import Draft
from verdigris.errors import ItemRefused

#: Texts of at most so many characters are within the limits of any key.
_SHORT = min(KEY_BYTES) // 4
#: What refuses an item that no migration touches.
_SECTION = "[table.destination]"


class OtherKey:
    """The destination's key, `schema`, where it is not the source's.

    An item that still has the attributes of its source's key says by itself whose it is, as with a `source`.
    """

    def __init__(self, source: KeySchema, destination: KeySchema) -> None:
        self.schema = destination
        self._source_schema = source
        self._read = key_reader(destination)
        self._read_source = key_reader(source)

    def of(self, raw: RawItem) -> Key:
        """The item's key in the destination. Raises ItemRefused saying which attribute is missing or wrong."""
        return _key(self._read, self.schema, raw)

    def passed(self, raw: RawItem, own: Key, kept_free: Container[Key]) -> Key:
        """The key in the destination of source item `own`, which no migration selects. Raises ItemRefused."""
        try:
            key = self.of(raw)
        except ItemRefused as error:
            raise self._refused(_SECTION, f"{error.what}, and no migration selects the item", own) from error
        if key in kept_free:
            shown = show_key(self.schema, key)
            raise self._refused(_SECTION, f"the item comes to {shown}, a key reserved for Verdigris's beacons", own)
        return key

    def demand(self, drafts: Iterable[Draft], own: Key) -> None:
        """What came out of the last migration has the destination's key. Raises ItemRefused."""
        for draft in drafts:
            if not draft.key:
                name = draft.movers[-1].migration.name
                try:
                    key_of(self.schema, decode(draft.raw))
                except ItemRefused as error:
                    what = f"up returned an item that cannot be stored: {error.what}"
                    raise self._refused(name, what, own) from error

    def source_in(self, raw: RawItem) -> Key | None:
        """The key in the source that a destination's item bears; None if it bears none."""
        try:
            return _key(self._read_source, self._source_schema, raw)
        except ItemRefused:
            return None

    def _refused(self, place: str, reason: str, own: Key) -> ItemRefused:
        return ItemRefused(f"{place}: {reason}", migration=place, where=show_key(self._source_schema, own))


def _key(read: Callable[[RawItem], Key], schema: KeySchema, raw: RawItem) -> Key:
    try:
        key = read(raw)
    except KeyError:
        key = ()
    if key and all(0 < len(part) <= _SHORT for part in key):
        return key
    return key_of(schema, decode(raw))  # what no key may be was no key before: it may be empty, or long
