"""For tests of migrations, of Verdigris, and of what is built on it.

`migrate`, `load`, `assert_deterministic`, `assert_round_trip`: a team's migrations without any server (migrating.py).
`VirtualClock`: a clock that only moves when told.
"""

from __future__ import annotations

from verdigris.testing.clock import VirtualClock
from verdigris.testing.migrating import PK_SK, assert_deterministic, assert_round_trip, load, migrate

__all__ = ["PK_SK", "VirtualClock", "assert_deterministic", "assert_round_trip", "load", "migrate"]
