"""For tests of migrations, of Verdigris, and of what is built on it.

`migrate`, `load`, `assert_deterministic`, `assert_round_trip`: a team's migrations without any server (migrating.py).
`VirtualClock`: a clock that only moves when told. `simulate`: a whole deployment in a simulated world.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verdigris.testing.clock import VirtualClock
from verdigris.testing.migrating import PK_SK, assert_deterministic, assert_round_trip, load, migrate

if TYPE_CHECKING:
    from verdigris.testing.simulation import Report

__all__ = ["PK_SK", "VirtualClock", "assert_deterministic", "assert_round_trip", "load", "migrate", "simulate"]


def simulate(seed: int) -> Report:
    """One deployment of the production core in a simulated world; everything in it follows from `seed`.

    Needs greenlet (it is in the extra `dev`). See `verdigris.testing.simulation`.
    """
    from verdigris.testing.simulation import simulate as run  # nothing else here needs greenlet

    return run(seed)
