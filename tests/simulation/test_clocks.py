"""A runner whose clock is ahead dies with a write under way: its signature is dated later, and accepted for longer.

So a takeover waits for the life of a signature and for as much as clocks may differ. (AWS: 300 s each.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from verdigris.testing.simulation import Allowed, deployment, explained, operators
from verdigris.testing.simulation.drawing import drawn
from verdigris.testing.simulation.report import Report, run
from verdigris.testing.simulation.schedule import Fault
from verdigris.testing.simulation.world import SIGNATURE_S


def reports() -> Iterator[Report]:
    for phase in ("backfill", "replay"):
        for at in range(2, 40):
            for seed in range(3):
                calm = drawn(seed * 100 + at, Allowed(("split",), faults=0, shards=1))
                faults = (Fault(phase, 1, "jump", 15.0), Fault(phase, at, "crash-late", 30.0))
                shape = replace(calm.shape, runners=1, margin_s=600.0, course=("deploy",))
                yield run(replace(calm, shape=shape, faults=faults), Allowed(), operators.deploy)


def test_a_bound_that_counts_clocks() -> None:
    for report in reports():
        assert report.ok, explained(report)


def test_a_bound_that_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (deployment, operators):
        monkeypatch.setattr(module, "LATE_S", SIGNATURE_S)
    assert any(not report.ok for report in reports())
