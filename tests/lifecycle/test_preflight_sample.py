"""preflight tries the migrations on items from all over the source, twice, and leaves no trace."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.lifecycle.world import World, raw, some_items

from verdigris import runner
from verdigris.cli.words import proof
from verdigris.core.machine import State
from verdigris.core.model import Phase
from verdigris.core.pacing import Budget
from verdigris.core.transform import Migration
from verdigris.errors import MigrationError
from verdigris.phases.base import Unpaced
from verdigris.phases.preflight import APPLIED_TWICE


def up(item: dict[str, Any]) -> dict[str, Any]:
    return item | {"seen": 1}


def test_touched_items_are_proven_deterministic(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World([Migration("0001_a.py", up, {"entityName": "Case"})])
    world.live(some_items(30))
    snapshot = runner.run(world.bench(), until=Phase.PREFLIGHT)
    ((sample,),) = ([sample] for sample in world.samples)
    assert {item.key for item in sample} <= {
        (item["pk"], item["sk"]) for item in some_items(30) if item["entityName"] == "Case"
    }
    evidence = snapshot.phases[Phase.PREFLIGHT].evidence
    assert evidence["applied_twice"] == len(sample) > 0
    assert evidence["sampled"] >= len(sample)


def test_not_more_than_some() -> None:
    world = World([Migration("0001_a.py", up)], page_items=500)
    world.live(some_items(APPLIED_TWICE + 50))
    runner.run(world.bench(), until=Phase.PREFLIGHT)
    assert len(world.samples[0]) == APPLIED_TWICE


def test_what_was_read_of_other_items_goes_with_each_and_is_claimed_by_nobody() -> None:
    def reading(item: dict[str, Any], view: Any) -> dict[str, Any]:
        return item | {"other": str(view.get({"pk": "case|1", "sk": "case|1"}) is not None)}

    world = World([Migration("0001_a.py", reading, reads=True)])
    world.live(some_items(3))
    runner.run(world.bench(), until=Phase.PREFLIGHT)
    (item,) = (raw(item) for item in some_items(3) if item["pk"] == "case|1")
    assert [sampled.reads for sampled in world.samples[0]] == [{("case|1", "case|1"): item}] * 3
    assert world.links.size == 0


def test_a_difference_stops_the_deployment_before_anything_is_made() -> None:
    world = World([Migration("0001_a.py", up)])
    world.live(some_items(3))
    bench = world.bench()

    def prove(sample: object) -> None:
        raise MigrationError("0001_a.py gives different results for one item")

    bench.prove_determinism = prove
    with pytest.raises(MigrationError, match="different results"):
        runner.run(bench)
    assert world.tables.describe("court-dev-beta") is None


@dataclass
class Budgeted(Unpaced):
    """As fast as it goes, but for what is said of the budget."""

    budget: Budget = field(default_factory=lambda: Budget(write=0.001))


def test_how_long_it_will_take_is_told_against_the_streams_time() -> None:
    world = World([Migration("0001_a.py", up)])
    world.live(some_items(100))
    bench = world.bench()
    bench.pace = Budgeted()
    evidence = runner.run(bench, until=Phase.PREFLIGHT).phases[Phase.PREFLIGHT].evidence
    assert evidence["backfill_s"] == 100_000
    assert evidence["limited_by"] == "write"
    assert not evidence["fits_the_stream"]
    assert "with a write budget of 1 units a second it would fit" in evidence["advice"]
    assert "backfill about 1 d 3 h, verify about 0.0 s. The backfill takes longer than" in proof(
        Phase.PREFLIGHT, evidence
    )
    assert runner.run(bench).state is State.BAKED, "nothing is decided by it"


def test_what_fits_needs_no_advice() -> None:
    world = World([Migration("0001_a.py", up)])
    world.live(some_items(100))
    evidence = runner.run(world.bench(), until=Phase.PREFLIGHT).phases[Phase.PREFLIGHT].evidence
    assert evidence["fits_the_stream"]
    assert "advice" not in evidence
