"""Migrations composed: one source item → the items that it becomes in the destination.

Items go from step to step as DynamoDB JSON, so a migration sees exactly what it would see if the ones before it had
been deployed and stored on their own; it may change its argument, which nobody else holds. An item that no migration
selects passes through as the bytes it came as.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, localcontext
from typing import Any, NamedTuple, TypeAlias

import orjson

from verdigris.core.items import decode, encode
from verdigris.core.keys import key_of, show_key
from verdigris.core.model import Item, JsonItem, Key, KeySchema, RawItem
from verdigris.core.raw_key import key_reader
from verdigris.core.refusal import describe
from verdigris.core.selection import Selector, any_in, is_plain, needle
from verdigris.errors import ItemRefused, MigrationError

#: User code computes with as many digits as DynamoDB keeps; Python's default of 28 would round longer numbers.
_DECIMAL = Context(prec=38)


@dataclass(frozen=True, slots=True)
class Migration:
    """One migration file, ready to run. `name` is the file's name; the functions are design.md section 6's.

    `source(output) -> key`, a dict of the key attributes, says which source item an output belongs to, or None where
    the item is none of this migration's; needed where an output does not sit at its source's own key.
    """

    name: str
    up: Callable[[Item], Any]
    selects: Mapping[str, Any] | None = None
    down: Callable[..., Any] | None = None
    verify: Callable[[Item], Any] | None = None
    source: Callable[[Item], Any] | None = None
    checksum: str = ""


class Output(NamedTuple):
    """One destination item. `untouched`: `raw` is the source item's own bytes."""

    key: Key
    raw: RawItem
    untouched: bool


Outputs: TypeAlias = tuple[Output, ...]


class Page(NamedTuple):
    """What a page of source items becomes; dropped and reserved items are in neither list."""

    untouched: list[RawItem]
    changed: list[Output]


class Transform:
    """All pending migrations, in order, and `check`, the function of `[app] verify`, on every item that is saved.

    `reserved` is the key of the beacon: its item yields nothing, is shown to no user code, and no migration may
    produce it. Raises MigrationError if a `selects` is wrong. Safe to share between threads if the user's code is.
    """

    def __init__(
        self,
        migrations: Sequence[Migration],
        key: KeySchema,
        check: Callable[[Item], Any] | None = None,
        reserved: Key | None = None,
    ) -> None:
        self._steps = tuple(_Step(migration, key) for migration in migrations)
        self._schema = key
        self._key = key_reader(key)
        self._check = check
        self._reserved = reserved
        part = reserved[0] if reserved and key.attributes[0][1] == "S" else ""
        self._reserved_needles = (needle(part),) if part and is_plain(part) else ()

    def apply(self, raw: RawItem) -> Outputs:
        """The outputs of one source item, in the order in which the migrations gave them; none if it is dropped.

        Raises ItemRefused naming the migration file, the item's key and the reason.
        """
        with localcontext(_DECIMAL):
            return self._apply(raw, self._first(raw))

    def page(self, items: Iterable[RawItem]) -> Page:
        """As `apply`, for many items: what no migration selects is not even asked for its key."""
        untouched: list[RawItem] = []
        changed: list[Output] = []
        with localcontext(_DECIMAL):
            for raw in items:
                first = self._first(raw)
                if first is None and self._check is None and not self._may_be_reserved(raw):
                    untouched.append(raw)
                    continue
                for output in self._apply(raw, first):
                    if output.untouched:
                        untouched.append(output.raw)
                    else:
                        changed.append(output)
        return Page(untouched, changed)

    def owners(self, key: Key, item: RawItem | None) -> tuple[Key, ...]:
        """The source keys that may produce destination key `key`, where `item` is what is there now: its own first.

        Raises ItemRefused if a migration's `source` raises or returns no key.
        """
        found = {key: None}
        if item is not None and key != self._reserved:
            with localcontext(_DECIMAL):
                for step in self._steps:
                    if step.migration.source is not None and (owner := step.source_of(item, key)) is not None:
                        found[owner] = None
        return tuple(found)

    def keys_of(self, images: Iterable[JsonItem | None]) -> tuple[Key, ...]:
        """The destination keys that the images of a source item concern: each image's own and those of its outputs.

        An image that a migration refuses has no outputs, so it concerns its own key only. Reserved items: none.
        """
        found: dict[Key, None] = {}
        for image in images:
            if image is None or (own := self._schema.of(image)) == self._reserved:
                continue
            found[own] = None
            try:
                outputs = self.apply(orjson.dumps(image))
            except ItemRefused:
                continue
            found.update((output.key, None) for output in outputs)
        return tuple(found)

    def _may_be_reserved(self, raw: RawItem) -> bool:
        if self._reserved is None:
            return False
        return not self._reserved_needles or any_in(raw, self._reserved_needles)

    def _first(self, raw: RawItem) -> int | None:
        for place, step in enumerate(self._steps):
            if step.selects(raw):
                return place
        return None

    def _apply(self, raw: RawItem, first: int | None) -> Outputs:
        """`first` is the place of the first migration that selects the item."""
        own = self._key(raw)
        if own == self._reserved:
            return ()
        if first is None:
            outputs: Outputs = (Output(own, raw, True),)
        else:
            outputs = self._run(own, raw, first)
        if self._check is not None:
            for output in outputs:
                self._run_check(self._check, output.raw, own)
        return outputs

    def _run(self, own: Key, raw: RawItem, first: int) -> Outputs:
        drafts = self._steps[first].run(_Draft(own, raw, None), own)
        for step in self._steps[first + 1 :]:
            drafts = [
                result for draft in drafts for result in (step.run(draft, own) if step.selects(draft.raw) else [draft])
            ]
        for draft in drafts:
            if draft.mover is not None:
                draft.mover.prove_source(draft, own)
        if len(drafts) > 1 or (drafts and drafts[0].key == self._reserved):
            self._refuse_clashes(drafts, own)
        return tuple(Output(draft.key, draft.raw, False) for draft in drafts)

    def _refuse_clashes(self, drafts: list[_Draft], own: Key) -> None:
        seen: set[Key] = set()
        names = ", ".join(step.migration.name for step in self._steps)
        for draft in drafts:
            shown = show_key(self._schema, draft.key)
            if draft.key == self._reserved:
                raise self._refused(names, f"up produced {shown}, the key reserved for Verdigris's beacon", own)
            if draft.key in seen:
                raise self._refused(names, f"up produced two items with one key, {shown}", own)
            seen.add(draft.key)

    def _run_check(self, check: Callable[[Item], Any], raw: RawItem, own: Key) -> None:
        try:
            check(decode(raw))
        except Exception as error:
            raise self._refused("[app] verify", f"refused the item: {describe(error, check)}", own) from error

    def _refused(self, place: str, reason: str, own: Key) -> ItemRefused:
        return ItemRefused(f"{place}: {reason}", where=show_key(self._schema, own))


class _Draft(NamedTuple):
    """An item between two steps. `mover` is the step that took it away from its source's own key."""

    key: Key
    raw: RawItem
    mover: _Step | None


class _Step:
    """One migration in its place in the chain."""

    def __init__(self, migration: Migration, schema: KeySchema) -> None:
        self.migration = migration
        self._schema = schema
        try:
            self._selector = None if migration.selects is None else Selector(migration.selects)
        except ValueError as error:
            raise MigrationError(str(error), where=migration.name) from None

    def selects(self, raw: RawItem) -> bool:
        return self._selector is None or self._selector(raw)

    def run(self, draft: _Draft, own: Key) -> list[_Draft]:
        up = self.migration.up
        try:
            result = up(decode(draft.raw))
        except Exception as error:
            raise self._refused(f"up failed: {describe(error, up)}", own) from error
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

    def _finished(self, item: Item, draft: _Draft, own: Key) -> _Draft:
        try:
            key = key_of(self._schema, item)
            raw = encode(item)
        except ItemRefused as error:
            raise self._refused(f"up returned an item that cannot be stored: {error.what}", own) from error
        if self.migration.verify is not None:
            self._run_verify(self.migration.verify, item, own)
        if key == draft.key:
            return _Draft(key, raw, draft.mover)
        if draft.mover is not None:
            raise self._refused(
                f"up moved an item that {draft.mover.migration.name} had moved already; "
                "of the migrations in one deployment one may move an item: deploy them one after the other",
                own,
            )
        return _Draft(key, raw, self)

    def _run_verify(self, verify: Callable[[Item], Any], item: Item, own: Key) -> None:
        try:
            verify(item)  # its own from here on: what is stored is in bytes already
        except Exception as error:
            raise self._refused(f"verify refused the item: {describe(error, verify)}", own) from error

    def prove_source(self, draft: _Draft, own: Key) -> None:
        """A later settle of the moved item's key finds its source only through `source`: so it must be right."""
        moved = f"up moved the item to {show_key(self._schema, draft.key)}"
        if self.migration.source is None:
            raise self._refused(f"{moved}: the file needs `source(item)`, which returns the key it comes from", own)
        named = self.source_of(draft.raw, own)
        if named != own:
            answer = "None" if named is None else show_key(self._schema, named)
            raise self._refused(f"{moved}, but source of that item returned {answer}", own)

    def source_of(self, raw: RawItem, about: Key) -> Key | None:
        """The key of the source item that a destination item belongs to; None if it is none of this migration's."""
        source = self.migration.source
        if source is None:
            return None
        try:
            answer = source(decode(raw))
        except Exception as error:
            raise self._refused(f"source failed: {describe(error, source)}", about) from error
        if answer is None:
            return None
        if not isinstance(answer, dict):
            raise self._refused(f"source returned a {type(answer).__name__}; it returns a key as dict, or None", about)
        try:
            return key_of(self._schema, answer)
        except ItemRefused as error:
            raise self._refused(f"source returned no key: {error.what}", about) from error

    def _refused(self, reason: str, own: Key) -> ItemRefused:
        return ItemRefused(f"{self.migration.name}: {reason}", where=show_key(self._schema, own))
