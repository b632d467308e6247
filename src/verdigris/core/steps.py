"""One migration in its place in the chain: what it makes of one item, checked for what DynamoDB can store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeAlias

from verdigris.core.items import decode, encode
from verdigris.core.keys import key_of, show_key
from verdigris.core.model import Item, Key, KeySchema, RawItem
from verdigris.core.refusal import describe
from verdigris.core.selection import Selector
from verdigris.errors import ItemRefused, MigrationError, VerdigrisError


@dataclass(frozen=True, slots=True)
class Migration:
    """One migration file, ready to run. `name` is the file's name; the functions are design.md section 6's.

    `source(output) -> key`, a dict of the key attributes, says which source item an output belongs to, or None where
    the item is none of this migration's. Without it an output that moves away from its source's own key is claimed.
    `reads`: `up` takes a second argument, its `View` of the source table.
    """

    name: str
    up: Callable[..., Any]
    selects: Mapping[str, Any] | None = None
    down: Callable[..., Any] | None = None
    verify: Callable[[Item], Any] | None = None
    source: Callable[[Item], Any] | None = None
    checksum: str = ""
    reads: bool = False


class View(Protocol):
    """The source table as a migration sees it that reads other items: read-only, strongly consistent."""

    def get(self, key: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The item under `key` (a dict of the key attributes), or None. What it holds cannot be changed."""
        ...


#: For the source item at a key, the view that its migrations read through: so that what was read is known per item.
Views: TypeAlias = Callable[[Key], View]


class Draft(NamedTuple):
    """An item between two steps. `movers` are the steps that gave it another key than it had before them.

    Where the destination has another key than the source every step is a mover, and `key` is the destination's, or ()
    as long as the item has none: only what comes out in the end must have one.
    """

    key: Key
    raw: RawItem
    movers: tuple[Step, ...] = ()


class Step:
    """One migration in its place in the chain."""

    def __init__(
        self, migration: Migration, schema: KeySchema, views: Views | None, destination: KeySchema | None = None
    ) -> None:
        if migration.reads and views is None:
            raise MigrationError("up reads other items, and there is no view of them here", where=migration.name)
        self.migration = migration
        self._views = views if migration.reads else None
        self._schema = schema
        #: whether the migration touches an item
        self.selects: Callable[[RawItem], bool]
        self._rekeyed = destination is not None
        self._output_schema = destination or schema
        try:
            self.selects = _every_item if migration.selects is None else Selector(migration.selects)
        except ValueError as error:
            raise MigrationError(str(error), where=migration.name) from None

    def run(self, draft: Draft, own: Key) -> list[Draft]:
        up = self.migration.up
        try:
            result = up(decode(draft.raw), self._views(own)) if self._views else up(decode(draft.raw))
        except VerdigrisError:
            raise  # the view could not be read: that is no fault of the item
        except Exception as error:
            raise self._refused(f"up failed: {describe(error, up, draft.raw, own)}", own) from error
        return [self._finished(item, draft, own) for item in self._items(result, own)]

    def _items(self, result: Any, own: Key) -> list[Item]:
        items = [result] if isinstance(result, dict) else [] if result is None else result
        if not isinstance(items, list):
            raise self._refused(
                f"up returned a {type(result).__name__}; it returns an item, a list of items or None", own
            )
        for place, item in enumerate(items):
            if not isinstance(item, dict):
                raise self._refused(f"up returned a list whose member {place} is a {type(item).__name__}", own)
        return items

    def _finished(self, item: Item, draft: Draft, own: Key) -> Draft:
        try:
            key = self._key_of(item)
            raw = encode(item)
        except ItemRefused as error:
            raise self._refused(f"up returned an item that cannot be stored: {error.what}", own) from error
        if self.migration.verify is not None:
            self._run_verify(self.migration.verify, item, raw, own)
        moved = self._rekeyed or key != draft.key
        return Draft(key, raw, (*draft.movers, self) if moved else draft.movers)

    def _key_of(self, item: Item) -> Key:
        try:
            return key_of(self._output_schema, item)
        except ItemRefused:
            if self._rekeyed:
                return ()
            raise

    def _run_verify(self, verify: Callable[[Item], Any], item: Item, raw: RawItem, own: Key) -> None:
        try:
            verify(item)  # its own from here on: what is stored is in bytes already
        except Exception as error:
            raise self._refused(f"verify refused the item: {describe(error, verify, raw, own)}", own) from error

    def prove_source(self, draft: Draft, own: Key) -> None:
        """A later settle of the moved item's key finds its source only through `source`: so it must be right."""
        moved = f"up moved the item to {show_key(self._output_schema, draft.key)}"
        named = self.source_of(draft.raw, own, self._schema)
        if named != own:
            answer = "None" if named is None else show_key(self._schema, named)
            raise self._refused(f"{moved}, but source of that item returned {answer}", own)

    def source_of(self, raw: RawItem, about: Key, schema: KeySchema) -> Key | None:
        """The key of the source item that a destination item belongs to; None if it is none of this migration's.

        A refusal names `about`, a key of `schema`.
        """
        source = self.migration.source
        if source is None:
            return None
        try:
            answer = source(decode(raw))
        except Exception as error:
            raise self._refused(f"source failed: {describe(error, source, raw, about)}", about, schema) from error
        if answer is None:
            return None
        if not isinstance(answer, dict):
            raise self._refused(
                f"source returned a {type(answer).__name__}; it returns a key as dict, or None", about, schema
            )
        try:
            return key_of(self._schema, answer)
        except ItemRefused as error:
            raise self._refused(f"source returned no key: {error.what}", about, schema) from error

    def _refused(self, reason: str, about: Key, schema: KeySchema | None = None) -> ItemRefused:
        name = self.migration.name
        return ItemRefused(f"{name}: {reason}", migration=name, where=show_key(schema or self._schema, about))


def _every_item(raw: RawItem) -> bool:
    return True
