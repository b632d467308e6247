"""One item through the migrations, one at a time, to show what each of them makes of it. Pure but for the user's code.

The real thing is `Transform`: what it says in the end (the outputs, or the refusal) is what a deployment would do.
The steps are the same migrations one by one, to say which of them did what.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from verdigris.core.differences import Difference, difference, whole
from verdigris.core.model import Key, KeySchema, RawItem
from verdigris.core.steps import Draft
from verdigris.core.transform import Output, Transform
from verdigris.errors import ItemRefused


class Outcome(StrEnum):
    """What became of an item."""

    UNTOUCHED = "untouched"  # no migration selects it
    UNCHANGED = "unchanged"  # selected, and left as it was
    CHANGED = "changed"
    MOVED = "moved"  # one item, under another key
    SPLIT = "split"  # several items
    DROPPED = "dropped"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Product:
    """One output. `kept`: it is the input with changes; otherwise it is new, and all of it is added.

    `key` is the destination's, or () as long as it has none and needs none (see `Draft`).
    """

    key: Key
    kept: bool
    difference: Difference


@dataclass(frozen=True, slots=True)
class Step:
    """What one migration made of one item.

    That is (by `key`, of `schema`) the source item, or what an earlier migration made of it.
    """

    migration: str
    key: Key
    schema: KeySchema
    outcome: Outcome
    products: tuple[Product, ...] = ()
    #: the outputs themselves
    raws: tuple[RawItem, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """One source item, and what a deployment would make of it. `steps` leaves out migrations that do not select it."""

    key: Key
    outcome: Outcome
    steps: tuple[Step, ...]
    outputs: tuple[Key, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Sampled:
    """One source item, and the other items that its migrations read: key → item, None where there was none."""

    key: Key
    raw: RawItem
    reads: Mapping[Key, RawItem | None] = field(default_factory=dict)


class Trial:
    """`transform` is what a deployment would run."""

    def __init__(self, transform: Transform) -> None:
        self._transform = transform

    def try_item(self, key: Key, raw: RawItem) -> Tried:
        """What a deployment would make of the item at `key`. A refusal is part of the answer, no error."""
        steps = self.steps(key, raw)
        try:
            outputs = self._transform.apply(raw)
        except ItemRefused as refusal:
            return Tried(key, Outcome.REFUSED, steps, reason=refusal.what)
        untouched = len(outputs) == 1 and outputs[0].untouched
        outcome = Outcome.UNTOUCHED if untouched else self._outcome(key, raw, outputs, source=True)
        return Tried(key, outcome, steps, tuple(output.key for output in outputs))

    def steps(self, key: Key, raw: RawItem) -> tuple[Step, ...]:
        """The migrations one by one, up to a refusal."""
        return tuple(self._step(*traced) for traced in self._transform.traced(key, raw))

    def _step(self, name: str, given: Draft, made: list[Draft] | ItemRefused) -> Step:
        schema = self._transform.output_schema if given.movers else self._transform.schema
        if isinstance(made, ItemRefused):
            return Step(name, given.key, schema, Outcome.REFUSED, reason=made.what)
        outcome = self._outcome(given.key, given.raw, made, source=not given.movers)
        raws = tuple(draft.raw for draft in made)
        return Step(name, given.key, schema, outcome, _products(given.key, given.raw, made), raws)

    def _outcome(self, key: Key, raw: RawItem, made: Sequence[Output | Draft], *, source: bool) -> Outcome:
        """`source`: what it was made of is the source item, whose key may be another one by its attributes."""
        if not made:
            return Outcome.DROPPED
        if len(made) > 1:
            return Outcome.SPLIT
        (one,) = made
        if one.key != key or (source and self._transform.rekeyed):
            return Outcome.MOVED
        return Outcome.CHANGED if difference(raw, one.raw) else Outcome.UNCHANGED


def _products(key: Key, raw: RawItem, outputs: Sequence[Draft]) -> tuple[Product, ...]:
    """A single output is the item itself, wherever it went; of several the one at the item's own key."""
    return tuple(
        Product(output.key, kept, difference(raw, output.raw) if kept else whole(output.raw))
        for output in outputs
        for kept in (len(outputs) == 1 or output.key == key,)
    )
