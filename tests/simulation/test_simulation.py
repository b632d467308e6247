"""The production core in the simulated world: nothing is lost, and everything follows from the seed."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest
from tests.simulation.mutations import MUTATIONS, Mutation

import verdigris.testing
from verdigris.testing.simulation import Allowed, explained, simulate
from verdigris.testing.simulation.drawing import LETTERS, drawn
from verdigris.testing.simulation.drawing import Allowed as Drawable
from verdigris.testing.simulation.operators import deploy
from verdigris.testing.simulation.report import run, smallest

#: About two minutes of one processor. More of them: VERDIGRIS_SCHEDULES=100000 pytest tests/simulation
SCHEDULES = int(os.environ.get("VERDIGRIS_SCHEDULES", "7000"))
FIRST = int(os.environ.get("VERDIGRIS_SEED", "1"))


@pytest.mark.parametrize("part", range(8))
def test_nothing_is_lost(part: int) -> None:
    for seed in range(FIRST + part, FIRST + SCHEDULES, 8):
        report = simulate(seed)
        assert report.ok, explained(report)


@pytest.mark.parametrize("migration", LETTERS)
def test_each_class_of_migrations_beside_dying_runners(migration: str) -> None:
    allowed = Allowed((migration,), kinds=("crash", "crash-after", "crash-late", "late", "asleep"), faults=6)
    for seed in range(60):
        report = simulate(seed, allowed)
        assert report.ok, explained(report, allowed)


def test_everything_happens() -> None:
    """Each kind of fault takes place, in each phase; schedules end; the short form for users is the same."""
    reports = [simulate(seed) for seed in range(250)]
    fired = " ".join(line for report in reports for line in report.fired)
    kinds = {line.split()[0] for report in reports for line in report.fired}
    assert kinds == {fault.what for seed in range(250) for fault in drawn(seed, Drawable()).faults}
    assert all(f"of {phase}" in fired for phase in ("preflight", "provision", "backfill", "replay", "verify", "switch"))
    assert {report.schedule.shape.migration for report in reports} == set(LETTERS)
    assert 15 < sum(report.schedule.shape.indexed for report in reports) < 50
    assert 10 < sum(report.schedule.shape.lag_s is not None for report in reports) < 40
    assert {word.what for report in reports for word in report.schedule.words} == {"read", "write", "index", "pause"}
    assert replace(verdigris.testing.simulate(7), trace=()) == reports[7]


def test_a_seed_is_a_schedule() -> None:
    for seed in range(50):
        first, second = simulate(seed, traced=True), simulate(seed, traced=True)
        assert first == second
        assert len(first.trace) > 50


def test_a_seed_is_the_same_schedule_in_every_process() -> None:
    """Python orders sets of texts anew in each process; nothing may depend on that."""
    program = (
        "from verdigris.testing.simulation import simulate\n"
        "for seed in range(40): print(simulate(seed, traced=True).trace)"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0] == said[1]


def test_a_schedule_is_repeated_from_its_switches() -> None:
    for seed in range(50):
        report = simulate(seed, traced=True)
        again = run(report.schedule, Allowed(), deploy, traced=True)
        assert again.trace == report.trace


def test_a_failure_is_made_small_and_told() -> None:
    mutation = _mutation("a discard is settled once")
    mutation = replace(mutation, allowed=replace(mutation.allowed, faults=1, courses=(("deploy",),), days=0.0))
    report = mutation.caught()
    assert report is not None
    with mutation.applied():
        small = smallest(report, mutation.allowed, deploy).schedule
        told = explained(report, mutation.allowed)
    ops = sum(len(writer.ops) for writer in small.writers)
    assert len(small.faults) == 1
    assert ops <= 5
    assert len(small.switches or ()) <= 20
    assert f"seed {report.seed} is bad" in told
    assert "fault     " in told


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_the_command(jobs: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "verdigris.testing.simulation", "--count", "40", "--seed", "5", "--jobs", jobs],
        capture_output=True,
        text=True,
        check=True,
    )
    steps = sum(simulate(seed).steps for seed in range(5, 45))
    said = done.stdout.splitlines()
    assert said[-2].startswith(f"{steps} steps in ")
    assert said[-2].endswith(", seeds 5 to 44")
    assert said[-1] == "schedules 40, bad 0"


def _mutation(name: str) -> Mutation:
    return next(mutation for mutation in MUTATIONS if mutation.name == name)
