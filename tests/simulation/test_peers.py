"""The checker has teeth, one: the protocols of others run in the same world, and each one's hole is found."""

from __future__ import annotations

import pytest
from tests.simulation.peers import CarefulReplay, OrderedReplay, Overwrite, Peer, PutIfAbsent, Timestamps, program

from verdigris.testing.simulation import Allowed, simulate


def allowed(migration: str) -> Allowed:
    """No fault but slow calls: a copy takes its time, and one shard of a stream is behind another. No day passes: their
    fence would lapse."""
    return Allowed((migration,), kinds=("slow",), phases=("backfill", "replay"), days=0.0, indexed=0.0, replicated=0.0)


@pytest.mark.parametrize(
    ("peer", "migration", "found"),
    [
        (PutIfAbsent, "same", "extra"),  # deleted between scan and put: it comes back
        (PutIfAbsent, "moved", "lost"),
        (Overwrite, "same", "stale"),  # updated between scan and put: the older one wins
        (Timestamps, "same", "stale"),  # two updates in one second: the first wins
        (Timestamps, "drop", "extra"),  # kept and then dropped in one second
        (OrderedReplay, "moved-owner", "lost"),  # who leaves a place deletes what the next one put there
        (OrderedReplay, "moved", "lost"),
        (CarefulReplay, "moved", "lost"),  # an older image of the one before overwrites it, and is then deleted
    ],
)
def test_the_hole_is_found(peer: type[Peer], migration: str, found: str) -> None:
    for seed in range(3000):
        report = simulate(seed, allowed(migration), program(peer))
        if not report.ok and report.wrong[0].startswith(found):
            return
    pytest.fail(f"{peer.__name__} with {migration}: nothing {found} in 3000 schedules")


@pytest.mark.parametrize("peer", [OrderedReplay, CarefulReplay])
@pytest.mark.parametrize("migration", ["same", "drop", "split"])
def test_what_is_sound_is_not_called_bad(peer: type[Peer], migration: str) -> None:
    """Replaying a perfect stream in order is right as long as no key moves: the checker does not cry wolf."""
    for seed in range(300):
        report = simulate(seed, allowed(migration), program(peer))
        assert report.ok, f"seed {seed}: {report.wrong}"
