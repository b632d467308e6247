"""How fast: budgets, and who goes when. Pure: the time comes from the caller, in seconds that only grow.

Each of reads, writes and index work has one token bucket for all workers. Whoever wants units takes a ticket, which
says how much must have been earned before it is its turn; so turns come in the order of asking, a large request is
never overtaken for ever, and a rate that changes meanwhile counts from that moment. Whoever must not wait (live
changes, a switch) takes its units without waiting: everybody after it waits so much longer, and the sum stays the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import inf

import msgspec

from verdigris.core.braking import Brake, Meter, braked

#: What may be spent at once after a while of less: the earnings of so many seconds.
BURST_S = 1.0
#: How long units may stay uncounted.
_COUNTED_S = 0.2


class Lane(StrEnum):
    """The kinds of work that have a budget each."""

    READ = "read"
    WRITE = "write"
    INDEX = "index"

    @property
    def unit(self) -> str:
        return "documents" if self is Lane.INDEX else "units"


class Budget(msgspec.Struct, frozen=True):
    """Units (of reads, of writes) and documents a second; None: as fast as it goes."""

    read: float | None = None
    write: float | None = None
    index: float | None = None

    def of(self, lane: Lane) -> float | None:
        found: float | None = getattr(self, lane.value)
        return found

    def changed(self, **changes: float | None) -> Budget:
        return msgspec.structs.replace(self, **changes)

    @property
    def limited(self) -> bool:
        return any(self.of(lane) is not None for lane in Lane)


@dataclass(frozen=True, slots=True)
class Bucket:
    """Units earned and taken since the beginning, as of `at_s`. It begins empty."""

    at_s: float
    earned: float = 0.0
    taken: float = 0.0

    def at(self, now_s: float, per_s: float | None) -> Bucket:
        """Later, at that rate; without one everything taken is earned."""
        now_s = max(now_s, self.at_s)
        if per_s is None:
            return Bucket(now_s, max(self.earned, self.taken), self.taken)
        earned = min(self.earned + (now_s - self.at_s) * per_s, self.taken + BURST_S * per_s)
        return Bucket(now_s, earned, self.taken)

    def take(self, units: float) -> Bucket:
        """Whoever took may go when `taken` of the result is earned: that is its ticket."""
        return Bucket(self.at_s, self.earned, self.taken + units)

    def give(self, units: float) -> Bucket:
        """Units that were taken and not spent; fewer than none were spent besides. All who wait go so much earlier."""
        return Bucket(self.at_s, self.earned + units, self.taken)

    def wait_s(self, ticket: float, per_s: float | None) -> float:
        """Seconds until it is that ticket's turn, if the rate stays; 0: now."""
        return 0.0 if per_s is None else max(0.0, (ticket - self.earned) / per_s)


class Line:
    """Everybody who wants one kind of work: a budget, a brake, or neither. Not safe to share between threads.

    `budget` is units a second.
    """

    def __init__(self, lane: Lane, budget: float | None, now_s: float) -> None:
        self._lane = lane
        self._budget = budget
        self._brake: Brake | None = None
        self._bucket = Bucket(now_s)
        self._meter = Meter(now_s, now_s)
        self._uncounted = 0.0

    @property
    def is_free(self) -> bool:
        """Whether nothing limits it: then nobody need count exactly."""
        return self._budget is None and self._brake is None

    def set(self, budget: float | None, now_s: float) -> None:
        """Another budget, from now on."""
        self._forward(now_s)
        self._budget = budget

    def take(self, units: float, now_s: float) -> float:
        """Takes a ticket."""
        self._count(units, now_s)
        if not self.is_free:
            self._forward(now_s)
            self._bucket = self._bucket.take(units)
        return self._bucket.taken

    def give(self, units: float, now_s: float) -> None:
        """Corrects what was taken, by what it turned out to be."""
        self._count(-units, now_s)
        if not self.is_free:
            self._bucket = self._bucket.give(units)

    @property
    def last(self) -> float:
        """The ticket after which nothing was taken yet."""
        return self._bucket.taken

    def wait_s(self, ticket: float, now_s: float) -> float:
        """Seconds until it is that ticket's turn, as far as one can say now."""
        self._forward(now_s)
        return self._bucket.wait_s(ticket, self._per_s(now_s))

    def per_s(self, now_s: float) -> float:
        """Units a second now; infinite where nothing limits it."""
        self._forward(now_s)
        found = self._per_s(now_s)
        return inf if found is None else found

    def throttled(self, cause: str, now_s: float) -> None:
        """The service says: too fast."""
        self._forward(now_s)
        self._meter, self._uncounted = self._meter.add(self._uncounted, now_s), 0.0
        measured = self._meter.per_s(now_s)
        self._brake = self._brake.lowered(measured, now_s, cause) if self._brake else braked(measured, now_s, cause)

    def why(self, now_s: float) -> str:
        """What holds those who wait."""
        brake = self._brake
        if brake and (self._budget is None or brake.limit(now_s) < self._budget):
            return f"slowed: {brake.cause}"
        return f"waiting: {self._lane} budget of {self._budget or 0:,.10g} {self._lane.unit} a second"

    def _count(self, units: float, now_s: float) -> None:
        """For the meter, which is not cheap."""
        self._uncounted += units
        if now_s - self._meter.at_s >= _COUNTED_S:
            self._meter, self._uncounted = self._meter.add(self._uncounted, now_s), 0.0

    def _forward(self, now_s: float) -> None:
        self._bucket = self._bucket.at(now_s, self._per_s(now_s))
        if self._brake and self._brake.is_off(now_s):
            self._brake = None

    def _per_s(self, now_s: float) -> float | None:
        if self._brake is None:
            return self._budget
        limit = self._brake.limit(now_s)
        return limit if self._budget is None else min(limit, self._budget)
