"""Which index serves behind an alias, and what it is made of: by the journal. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from verdigris.core.machine import State
from verdigris.core.model import Kind
from verdigris.core.planned_indexes import PlannedIndex
from verdigris.core.snapshot import Snapshot


def standing(newest_first: Iterable[Snapshot]) -> tuple[dict[str, PlannedIndex], dict[str, str]]:
    """By alias: the index that the last finished deployment left serving (its `destination`), and why its documents
    may not be the table's, where that is so."""
    doubts: dict[str, str] = {}
    for snapshot in newest_first:
        plan = snapshot.plan
        if snapshot.state is State.FINISHED:
            if plan.kind is Kind.BOOTSTRAP:
                made = "it was made empty, beside a table that held items"
                doubts |= {index.alias: made for index in plan.indexes if index.built and index.recipe is None}
            return {index.alias: index for index in plan.indexes}, doubts
        if plan.kind is Kind.INDEX and snapshot.flips:
            why = f"deployment {snapshot.deployment} was rolled back: what changed meanwhile may be missing"
            doubts |= {index.alias: why for index in plan.indexes if index.built}
    return {}, doubts
