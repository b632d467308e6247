"""What a world that has changed is told by."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.unit.test_planning import FULL, NAMES, NONE, OTHER, PENDING, facts

from verdigris.core.figures import NO_OUTLOOK
from verdigris.core.model import Color, DataVersion
from verdigris.core.plan_changes import KeptPlan, changes
from verdigris.core.planning import PendingMigration, TableState, make_plan


def changed(**now: Any) -> list[str]:
    found = facts(**now)
    return list(changes(KeptPlan(make_plan(NAMES, facts()), NO_OUTLOOK, facts()), make_plan(NAMES, found), found))


def test_nothing_has_changed_by_estimates_and_notes() -> None:
    grown = msgspec.structs.replace(FULL, items_estimate=11, bytes_estimate=2000)
    assert changed(alpha=grown, notes=("it is late",), may_enable_stream=True) == []


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ({"color": Color.GREEN}, "the live color: blue → green"),
        ({"pending": ()}, "what the deployment does: migrate → color"),
        ({"pending": (*PENDING, PendingMigration("0002_b.py", "2"))}, "0002_b.py is pending now"),
        ({"pending": (PendingMigration("0003_c.py", "2"),)}, "0001_a.py is not pending any more"),
        ({"pending": (PendingMigration("0001_a.py", "2"),)}, "0001_a.py is another file, or imports another"),
        ({"beta": TableState(True)}, "beta: exists: no → yes"),
        ({"alpha": msgspec.structs.replace(FULL, stream="arn:2")}, "alpha: stream: none → arn:2"),
        ({"alpha": NONE}, "alpha: exists: yes → no"),
        ({"has_fence": False}, "whether writes can be held: yes → no"),
        ({"shape": OTHER}, "the destination's shape: none → "),
        ({"backup": True}, "whether the old table is backed up: no → yes"),
        ({"destination_regions": ("us-west-1",)}, "destination regions: none → us-west-1"),
        ({"source": DataVersion.BETA, "destination": DataVersion.BETA}, "the source version: alpha → beta"),
    ],
)
def test_what_has_changed_is_said(now: dict[str, Any], said: str) -> None:
    assert any(line.startswith(said) for line in changed(**now)), changed(**now)


def test_every_change_of_the_digest_is_told() -> None:
    """A plan that would be done otherwise is never taken for the same."""
    plan = make_plan(NAMES, facts())
    untold = {"items_estimate", "bytes_estimate", "notes", "phases", "after"}  # these two follow from others
    for name in set(plan.__struct_fields__) - untold:
        other = msgspec.structs.replace(plan, **{name: "something else" if name != "migrations" else ()})
        assert changes(KeptPlan(plan, NO_OUTLOOK), other), name
