"""How long the bulk work of a deployment will take, by a sample, the table's estimates and the budget.

An estimate for people: the service's counts are hours old, a sample is small, and how fast the destination takes writes
is not known before. For the source's stream nothing is decided by it: marks are renewed, and the tail stops, by what is
left then. For who reads the destination's only after verify it is all that can be known before a day is spent.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import msgspec

from verdigris.core.horizon import FOR_THE_REPLAY_S, STREAM_KEEPS_S
from verdigris.core.pacing import Budget, Lane

_READ_BYTES = 4096


@dataclass(frozen=True)
class Measured:
    """What a sample showed: `items` took `seconds` (from being read to being made), and would take so many write units
    as what they become."""

    items: int
    seconds: float
    write_units: int


class Forecast(msgspec.Struct, frozen=True):
    """Seconds of bulk work. `limited_by`: "pace" (the machine's, as the sample showed it), or the budget that holds the
    backfill back; `needed`: units a second of that budget with which the backfill would fit into the stream's time."""

    backfill_s: float
    verify_s: float
    limited_by: str
    needed: int | None = None

    @property
    def fits_a_reader_after_verify(self) -> bool:
        """Whether who reads the destination's stream only after verify still finds what the backfill wrote first."""
        return self.backfill_s + self.verify_s <= STREAM_KEEPS_S - FOR_THE_REPLAY_S

    @property
    def fits(self) -> bool:
        """Whether the stream keeps what changes during the backfill until the replay has read it."""
        return self.backfill_s <= STREAM_KEEPS_S - FOR_THE_REPLAY_S


def forecast(measured: Measured, items: int, size: int, budget: Budget) -> Forecast | None:
    """For a table of about so many items and bytes. None where nothing can be said: a sample of nothing."""
    if not measured.items or not items:
        return None
    reads, writes = size / _READ_BYTES, items * measured.write_units / measured.items
    pace_s = items * measured.seconds / measured.items
    taken = {"pace": (pace_s, 0.0), Lane.READ.value: _spent(reads, budget.read)}
    taken[Lane.WRITE.value] = _spent(writes, budget.write)
    limited_by = max(taken, key=lambda name: taken[name][0])
    backfill_s, units = taken[limited_by]
    verify_s = max(2 * pace_s, _spent(2 * reads, budget.read)[0])  # both sides are read
    found = Forecast(backfill_s, verify_s, limited_by)
    if found.fits or not units:
        return found
    return msgspec.structs.replace(found, needed=ceil(units / (STREAM_KEEPS_S - FOR_THE_REPLAY_S)))


def _spent(units: float, per_s: float | None) -> tuple[float, float]:
    """Seconds for so many units, and the units."""
    return (units / per_s if per_s else 0.0), units


def advice(of: Forecast) -> str:
    """What happens where it does not fit, and what would change that; "" where it fits."""
    if of.fits:
        return ""
    said = (
        "longer than the stream keeps changes: later marks are set on the way, and verify finds what changed before "
        "the last one, which takes it longer"
    )
    if of.needed is None:
        return f"{said}; more [table] segments may be faster"
    return f"{said}; with a {of.limited_by} budget of {of.needed:,} units a second it would fit"
