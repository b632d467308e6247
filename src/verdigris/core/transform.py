"""Migrations composed: one source item → the items that it becomes in the destination.

Items go from step to step as DynamoDB JSON, so a migration sees exactly what it would see if the ones before it had
been deployed and stored on their own; it may change its argument, which nobody else holds. An item that no migration
selects passes through as the bytes it came as.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from decimal import Context, localcontext
from typing import Any, NamedTuple, TypeAlias

from verdigris.core.items import decode
from verdigris.core.keys import show_key
from verdigris.core.model import Item, Key, KeySchema, RawItem
from verdigris.core.raw_key import key_reader
from verdigris.core.refusal import describe
from verdigris.core.rekeying import OtherKey
from verdigris.core.reserved import Reserved
from verdigris.core.selection import any_in
from verdigris.core.stable_ids import key_known
from verdigris.core.steps import Draft, Step
from verdigris.core.steps import Migration as Migration
from verdigris.core.steps import View as View
from verdigris.core.steps import Views as Views
from verdigris.errors import ItemRefused

#: User code computes with as many digits as DynamoDB keeps; Python's default of 28 would round longer numbers.
_DECIMAL = Context(prec=38)


class Output(NamedTuple):
    """One destination item, with its key there. `untouched`: `raw` is the source item's own bytes.

    `claimant` is the source item's key where the output moved and no `source` says from where: such a move must be
    claimed, durably, before the output is written. None where nothing needs to be kept.
    """

    key: Key
    raw: RawItem
    untouched: bool
    claimant: Key | None = None


Outputs: TypeAlias = tuple[Output, ...]


class Image(NamedTuple):
    """What an image of a source item, in the stream, stands for."""

    #: the destination keys that it concerns: its own (where both tables have the same key) and those of its outputs
    keys: tuple[Key, ...]
    outputs: Outputs


class Page(NamedTuple):
    """What a page of source items becomes; dropped and reserved items are in none of the lists.

    `untouched` have different keys. Where the destination's key is another one they may not, and are in `changed`.
    """

    untouched: list[RawItem]
    changed: list[Output]
    #: the items that were refused, each with the reason
    refused: list[tuple[RawItem, ItemRefused]]


class Transform:
    """All pending migrations, in order, and `check`, the function of `[app] verify`, on every item that is saved.

    `reserved` are the keys of beacons: their items yield nothing, are shown to no user code, and no migration may
    produce one. `views` is needed where a migration reads other items. `destination` is the key of the destination's
    table, where it may be another one: there the same value is reserved for the next deployment's beacons. Raises
    MigrationError if a `selects` is wrong. Safe to share between threads if the user's code is.
    """

    def __init__(
        self,
        migrations: Sequence[Migration],
        key: KeySchema,
        check: Callable[[Item], Any] | None = None,
        reserved: Reserved | None = None,
        views: Views | None = None,
        destination: KeySchema | None = None,
    ) -> None:
        self._other = OtherKey(key, destination) if destination not in (None, key) else None
        other = self._other.schema if self._other else None
        self._steps = tuple(Step(migration, key, views, other) for migration in migrations)
        self._schema = key
        self._output_schema = other or key
        self._key = key_reader(key)
        self._check = check
        self._reserved: Container[Key] = () if reserved is None else reserved
        self._reserved_needles = None if reserved is None else reserved.needles
        # In the destination the next deployment will write beacons.
        self._kept_free = Reserved(other, reserved.value) if other and reserved else self._reserved
        #: whether an item that no migration selects goes through without anything being asked of it
        self._passes = check is None and self._other is None

    def key_of(self, raw: RawItem) -> Key:
        """The key of a source item."""
        return self._key(raw)

    @property
    def schema(self) -> KeySchema:
        """The source's key."""
        return self._schema

    @property
    def output_schema(self) -> KeySchema:
        """The destination's key."""
        return self._output_schema

    @property
    def rekeyed(self) -> bool:
        """Whether the destination's key is another one, so that none of its keys names a source item by itself."""
        return self._other is not None

    def own(self, key: Key) -> tuple[Key, ...]:
        """The source key that destination key `key` names by itself, and the other way around: the same, or none."""
        return () if self._other else (key,)

    @property
    def claims(self) -> bool:
        """Whether an output may have to be claimed: all but where one migration alone says its `source`."""
        return len(self._steps) > 1 or self.reads or any(step.migration.source is None for step in self._steps)

    @property
    def names_sources(self) -> bool:
        """Whether the destination's item may say whom it belongs to: by a migration's `source`, or by the source's key
        in it."""
        return self.rekeyed or any(step.migration.source is not None for step in self._steps)

    @property
    def reads(self) -> bool:
        """Whether a migration reads other items."""
        return any(step.migration.reads for step in self._steps)

    def apply(self, raw: RawItem) -> Outputs:
        """The outputs of one source item, in the order in which the migrations gave them; none if it is dropped.

        Raises ItemRefused naming the migration file, the item's key and the reason.
        """
        with localcontext(_DECIMAL), key_known(self._schema):
            return self._apply(raw, self._first(raw))

    def traced(self, key: Key, raw: RawItem) -> Iterator[tuple[str, Draft, list[Draft] | ItemRefused]]:
        """What each migration makes of what comes to it of the source item at `key`: (name, what it is given, what it
        returns), for those that it selects. Ends with the first refusal."""
        drafts = [Draft(key, raw)]
        with localcontext(_DECIMAL), key_known(self._schema):
            for step in self._steps:
                produced: list[Draft] = []
                for draft in drafts:
                    if not step.selects(draft.raw):
                        produced.append(draft)
                        continue
                    try:
                        made = step.run(draft, key)
                    except ItemRefused as refusal:
                        yield step.migration.name, draft, refusal
                        return
                    yield step.migration.name, draft, made
                    produced += made
                drafts = produced

    def page(self, items: Sequence[RawItem]) -> Page:
        """As `apply`, for many items; an item that is refused stops no other.

        What no migration selects is not even asked for its key, as long as the destination's is the same.
        """
        untouched: list[RawItem] = []
        changed: list[Output] = []
        refused: list[tuple[RawItem, ItemRefused]] = []
        suspicious = self._may_be_reserved(b"".join(items))  # one look at a page is cheaper than one at each item
        with localcontext(_DECIMAL), key_known(self._schema):
            for raw in items:
                first = self._first(raw)
                if first is None and self._passes and not (suspicious and self._may_be_reserved(raw)):
                    untouched.append(raw)
                    continue
                try:
                    outputs = self._apply(raw, first)
                except ItemRefused as error:
                    refused.append((raw, error))
                    continue
                for output in outputs:
                    if output.untouched and self._other is None:
                        untouched.append(output.raw)
                    else:
                        changed.append(output)
        return Page(untouched, changed, refused)

    def owners(self, key: Key, item: RawItem | None) -> tuple[Key, ...]:
        """The source keys that may produce destination key `key`, where `item` is what is there now: its own first.

        Raises ItemRefused if a migration's `source` raises or returns no key.
        """
        found = dict.fromkeys(self.own(key))
        if item is not None and key not in self._kept_free:
            if self._other and (named := self._other.source_in(item)) is not None:
                found[named] = None
            with localcontext(_DECIMAL), key_known(self._schema):
                for step in self._steps:
                    if (owner := step.source_of(item, key, self._output_schema)) is not None:
                        found[owner] = None
        return tuple(found)

    def image(self, raw: RawItem) -> Image:
        """What an image stands for. One that a migration refuses has no outputs, so it concerns its own key at most.

        One of a reserved item concerns none.
        """
        own = self._key(raw)
        if own in self._reserved:
            return Image((), ())
        try:
            outputs = self.apply(raw)
        except ItemRefused:
            outputs = ()
        return Image(tuple(dict.fromkeys((*self.own(own), *(output.key for output in outputs)))), outputs)

    def _may_be_reserved(self, raw: RawItem) -> bool:
        if self._reserved_needles is None:
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
        if own in self._reserved:
            return ()
        if first is None:
            outputs: Outputs = (
                Output(self._other.passed(raw, own, self._kept_free) if self._other else own, raw, True),
            )
        else:
            outputs = self._run(own, raw, first)
        if self._check is not None:
            for output in outputs:
                self._run_check(self._check, output.raw, own)
        return outputs

    def _run(self, own: Key, raw: RawItem, first: int) -> Outputs:
        drafts = self._steps[first].run(Draft(own, raw), own)
        for step in self._steps[first + 1 :]:
            drafts = [
                result for draft in drafts for result in (step.run(draft, own) if step.selects(draft.raw) else [draft])
            ]
        if self._other:
            self._other.demand(drafts, own)
        if len(drafts) > 1 or (drafts and drafts[0].key in self._kept_free):
            self._refuse_clashes(drafts, own)
        return tuple(Output(draft.key, draft.raw, False, self._claimant(draft, own)) for draft in drafts)

    def _claimant(self, draft: Draft, own: Key) -> Key | None:
        """Whose claim the output needs. One migration with a `source` that is right makes a claim superfluous, and so
        does the source's own key in the output."""
        if self._other and self._other.source_in(draft.raw) == own:
            return own if self.reads else None
        if self._other is None and draft.key == own:
            return None
        if len(draft.movers) == 1 and draft.movers[0].migration.source is not None:
            draft.movers[0].prove_source(draft, own)
            return own if self.reads else None
        return own if draft.movers else None

    def _refuse_clashes(self, drafts: list[Draft], own: Key) -> None:
        seen: set[Key] = set()
        names = ", ".join(step.migration.name for step in self._steps)
        for draft in drafts:
            shown = self._shown(draft.key)
            if draft.key in self._kept_free:
                raise self._refused(names, f"up produced {shown}, a key reserved for Verdigris's beacons", own)
            if draft.key in seen:
                raise self._refused(names, f"up produced two items with one key, {shown}", own)
            seen.add(draft.key)

    def _run_check(self, check: Callable[[Item], Any], raw: RawItem, own: Key) -> None:
        try:
            check(decode(raw))
        except Exception as error:
            raise self._refused("[app] verify", f"refused the item: {describe(error, check, raw, own)}", own) from error

    def _shown(self, key: Key) -> str:
        return show_key(self._output_schema, key)

    def _refused(self, place: str, reason: str, own: Key) -> ItemRefused:
        return ItemRefused(f"{place}: {reason}", migration=place, where=show_key(self._schema, own))
