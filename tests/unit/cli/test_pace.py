"""How fast, until when, and why nobody knows."""

from __future__ import annotations

import pytest

from verdigris.cli import pace
from verdigris.cli.pace import Pace
from verdigris.core.model import Phase
from verdigris.phases.base import Progress


def at(done: int, estimated: int | None = 100, unit: str = "items") -> Progress:
    return Progress(Phase.BACKFILL, done, estimated, unit)


def test_speed_is_that_of_the_last_seconds() -> None:
    measured = Pace()
    assert measured.per_s() is None
    for second in range(31):
        measured.add(second, 1000 if second > 15 else second * 10)
    assert measured.per_s() == 0
    measured.add(31, 1100)
    assert measured.per_s() == 10


def test_a_resumed_phase_is_not_counted_as_done_in_no_time() -> None:
    measured = Pace()
    measured.add(100.0, 5_000)
    assert measured.per_s() is None
    measured.add(101.0, 5_100)
    assert measured.per_s() == 100


@pytest.mark.parametrize(
    ("progress", "per_s", "said"),
    [
        (at(50), 10.0, "ETA 5.0 s"),
        (at(50), None, "ETA unknown: measuring"),
        (at(50), 0.0, "ETA unknown: nothing moves just now"),
        (at(150), 10.0, "ETA unknown: more than estimated"),
        (at(100), 10.0, ""),
        (at(50, None), 10.0, "ETA unknown: nobody knows how many there are"),
        (at(50, None, "changes"), 10.0, ""),
        (at(20, 3600, "seconds"), None, "ETA 59 min 40 s"),
    ],
)
def test_eta(progress: Progress, per_s: float | None, said: str) -> None:
    assert pace.eta(progress, per_s) == said


def test_all_there_is_to_say() -> None:
    progress = Progress(Phase.VERIFY, 12_000, 20_000, lag_s=0.4, lag_records=12)
    assert pace.parts(progress, 4100.0) == [
        "12,000 of 20,000 items (60%)",
        "4,100/s",
        "ETA 2.0 s",
        "lag 0.4 s, 12 records",
    ]
    assert pace.parts(Progress(Phase.SWITCH, unit="changes", reason="holding writes"), None) == ["holding writes"]
    sample = Progress(Phase.PREFLIGHT, 100, reason="running the migrations on a sample")
    assert pace.parts(sample, None) == ["100 items", "running the migrations on a sample"]
    slowed = Progress(Phase.BACKFILL, 0, 6000, reason="slowed: DynamoDB throttles court")
    assert pace.parts(slowed, None) == ["0 of 6,000 items (0%)", "slowed: DynamoDB throttles court"]
    assert pace.parts(at(0), None) == ["0 of 100 items (0%)", "ETA unknown: measuring"]
    assert pace.parts(at(1, None, "changes"), 0.0) == ["1 change", "0/s"]
