"""One item through the migrations, one at a time, to show what each of them makes of it. Pure but for the user's code.

The real thing is `Transform`: what it says in the end (the outputs, or the refusal) is what a deployment would do.
The steps are the same migrations one by one, to say which of them did what.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from verdigris.core.differences import Difference, difference, whole
from verdigris.core.model import Key, RawItem
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
    """One output. `kept`: it is the input with changes; otherwise it is new, and all of it is added."""

    key: Key
    kept: bool
    difference: Difference


@dataclass(frozen=True, slots=True)
class Step:
    """What one migration made of one item: the source item, or (`key`) what an earlier migration made of it."""

    migration: str
    key: Key
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
    """`together` is what a deployment would run; `alone` each of its migrations by itself, with its name, in order."""

    def __init__(self, together: Transform, alone: Sequence[tuple[str, Transform]]) -> None:
        self._together = together
        self._alone = tuple(alone)

    def try_item(self, key: Key, raw: RawItem) -> Tried:
        """What a deployment would make of the item at `key`. A refusal is part of the answer, no error."""
        steps = self.steps(key, raw)
        try:
            outputs = self._together.apply(raw)
        except ItemRefused as refusal:
            return Tried(key, Outcome.REFUSED, steps, reason=refusal.what)
        return Tried(key, _outcome(key, raw, outputs), steps, tuple(output.key for output in outputs))

    def steps(self, key: Key, raw: RawItem) -> tuple[Step, ...]:
        """The migrations one by one, up to a refusal."""
        steps: list[Step] = []
        items: list[tuple[Key, RawItem]] = [(key, raw)]
        for name, transform in self._alone:
            produced: list[tuple[Key, RawItem]] = []
            for at, item in items:
                try:
                    outputs = transform.apply(item)
                except ItemRefused as refusal:
                    return (*steps, Step(name, at, Outcome.REFUSED, reason=refusal.what))
                produced += [(output.key, output.raw) for output in outputs]
                if (outcome := _outcome(at, item, outputs)) is not Outcome.UNTOUCHED:
                    raws = tuple(output.raw for output in outputs)
                    steps.append(Step(name, at, outcome, _products(at, item, outputs), raws))
            items = produced
        return tuple(steps)


def _outcome(key: Key, raw: RawItem, outputs: Sequence[Output]) -> Outcome:
    if not outputs:
        return Outcome.DROPPED
    if len(outputs) > 1:
        return Outcome.SPLIT
    (output,) = outputs
    if output.untouched:
        return Outcome.UNTOUCHED
    if output.key != key:
        return Outcome.MOVED
    return Outcome.CHANGED if difference(raw, output.raw) else Outcome.UNCHANGED


def _products(key: Key, raw: RawItem, outputs: Sequence[Output]) -> tuple[Product, ...]:
    """A single output is the item itself, wherever it went; of several the one at the item's own key."""
    return tuple(
        Product(output.key, kept, difference(raw, output.raw) if kept else whole(output.raw))
        for output in outputs
        for kept in (len(outputs) == 1 or output.key == key,)
    )
