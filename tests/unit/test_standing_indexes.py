"""Which index serves, by the deployments that there were."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from tests.unit.cli.sample import PLAN

from verdigris.core.machine import State
from verdigris.core.model import Color, Kind
from verdigris.core.planned_indexes import PlannedIndex, Recipe
from verdigris.core.snapshot import Snapshot
from verdigris.core.standing_indexes import standing

RECIPE = Recipe("mappings", "code")


def deployment(number: int, state: State, kind: Kind = Kind.MIGRATE, **index: Any) -> Snapshot:
    made = PlannedIndex("case", f"case-{number - 1}", f"case-{number}", "case", RECIPE)
    plan = replace(PLAN, kind=kind, indexes=(replace(made, **index),))
    return Snapshot(number, plan, state, "", Color.BLUE)


def test_the_last_that_was_finished_says_it() -> None:
    known, doubts = standing(
        [deployment(4, State.ABORTED), deployment(3, State.FINISHED), deployment(2, State.FINISHED)]
    )
    assert (known["case"].destination, known["case"].recipe, doubts) == ("case-3", RECIPE, {})


def test_nothing_is_known_before_the_first() -> None:
    assert standing([deployment(1, State.ABORTED)]) == ({}, {})


@pytest.mark.parametrize(
    ("kind", "flips", "doubted"),
    [(Kind.INDEX, 2, True), (Kind.INDEX, 0, False), (Kind.MIGRATE, 2, False)],
)
def test_an_index_whose_successor_served_is_doubted(kind: Kind, flips: int, doubted: bool) -> None:
    back = replace(deployment(4, State.ABORTED, kind), flips=flips)
    known, doubts = standing([back, deployment(3, State.FINISHED)])
    assert known["case"].destination == "case-3"
    assert ("deployment 4 was rolled back" in doubts.get("case", "")) is doubted


def test_one_that_was_kept_while_another_was_built_is_not() -> None:
    back = replace(deployment(4, State.ABORTED, Kind.INDEX, source="case-4"), flips=2)
    assert standing([back, deployment(3, State.FINISHED)])[1] == {}


def test_one_that_was_made_empty_beside_items_is_doubted() -> None:
    first = deployment(1, State.FINISHED, Kind.BOOTSTRAP, source=None, recipe=None)
    assert "made empty" in standing([first])[1]["case"]
    assert standing([replace(first, plan=replace(first.plan, kind=Kind.COLOR))])[1] == {}
