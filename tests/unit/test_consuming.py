"""What readings of a consumer prove: that all that was written before a moment was read, or nothing."""

from __future__ import annotations

import pytest

from verdigris.core.consuming import CLOCKS_S, MINUTE_S, QUIET_S, Reading, unread

VERIFIED = 1_700_000_000.0
CALL = 30.0
#: a minute some time after it, and when silence since that minute is enough
READ = VERIFIED + 3600.0
ENOUGH = READ + MINUTE_S + QUIET_S + CALL

BACKFILLED = Reading(READ, 7200.0)
NEWS = Reading(READ + 120.0, 0.5)


@pytest.mark.parametrize(
    ("readings", "now_s", "why"),
    [
        ((), ENOUGH, "has read nothing yet"),
        ((Reading(READ, None, 1),), ENOUGH, "has read nothing yet"),
        ((NEWS,), ENOUGH, "has begun to read, and is through with it if nothing of it follows until"),
        ((NEWS,), ENOUGH + 120, ""),  # one batch held it all, and newer changes besides
        ((BACKFILLED,), ENOUGH - 1, "read what was written before verify was done until 23:13 UTC"),
        ((BACKFILLED,), ENOUGH, ""),  # nothing is written any more
        ((BACKFILLED, NEWS), ENOUGH, ""),
        ((Reading(READ - 60, 1.0), BACKFILLED), ENOUGH - 1, "read what"),
        (
            (BACKFILLED, Reading(READ + 300, READ + 300 - VERIFIED)),
            ENOUGH,
            "read what was written before verify was done until 23:18 UTC",
        ),  # one shard
        ((BACKFILLED, Reading(READ + 600, None, 2)), ENOUGH, "failed or was throttled 2 times in the last 16 minutes"),
        ((BACKFILLED, Reading(READ - 600, None, 2)), ENOUGH, ""),
        ((BACKFILLED, Reading(READ + 600, READ + 600 - VERIFIED - CLOCKS_S + 1)), ENOUGH, "read what"),  # clocks
        ((BACKFILLED, Reading(READ + 600, READ + 600 - VERIFIED - CLOCKS_S)), ENOUGH, ""),
    ],
)
def test_what_readings_prove(readings: tuple[Reading, ...], now_s: float, why: str) -> None:
    said = unread(readings, VERIFIED, now_s, CALL)
    assert said.startswith(why)
    assert bool(said) == bool(why)
