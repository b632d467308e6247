"""A runner falls asleep at any call of a switch, another takes over, and the first wakes at any call of the second."""

from __future__ import annotations

from dataclasses import replace

import pytest

from verdigris.testing.simulation import Allowed, explained
from verdigris.testing.simulation.drawing import drawn
from verdigris.testing.simulation.operators import deploy
from verdigris.testing.simulation.report import run
from verdigris.testing.simulation.schedule import Fault, Schedule

CALLS = range(1, 26)


def schedule(seed: int, at: int, until: int) -> Schedule:
    calm = drawn(seed, Allowed(("same",), faults=0, shards=1))
    shape = replace(calm.shape, runners=2, segments=1, exercise=False, every=2, course=("deploy",))
    return replace(
        calm, shape=shape, splits=(), reads=(), faults=(Fault("switch", at, "asleep", 0.0, "switch", until),)
    )


@pytest.mark.parametrize("at", CALLS)
def test_asleep_in_a_switch(at: int) -> None:
    for until in CALLS:
        report = run(schedule(until, at, until), Allowed(), deploy)
        assert report.ok, explained(report)
