"""The brake: a service that throttles is asked for less at once, and for more again slowly. Pure.

As the adaptive retry mode of the AWS SDKs has it: down to 0.7 of what was measured, then up again; here in a straight
line, so that after some 20 seconds without a throttled answer a little more than before is tried, and after half a
minute nothing is held back any more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp

_DOWN = 0.7
#: A share of the pace that was too fast, each second.
_UP = 0.05
#: No brake from this multiple of the pace that was too fast on.
_OFF = 2.0
#: Answers that came within so many seconds of the last decrease say nothing new: they were under way.
_ONCE_IN_S = 1.0
#: The slowest pace that is taken for too fast, units a second: a tenth of what one partition takes (1,000 write units).
#: Below that, retries with backoff are enough, and answers that do not depend on the pace cannot slow work to nothing.
_LEAST = 100.0
#: The pace is that of about so many last seconds.
_MEMORY_S = 3.0

#: What an error's `ThrottlingReasons` end with where one partition is hot (API reference, ThrottlingReason).
_HOT_PARTITION = "KeyRangeThroughputExceeded"


@dataclass(frozen=True, slots=True)
class Throttling:
    """A throttled answer. `lane` is "read", "write" or "index"; `where` the table or index; `reasons` the service's own
    (reason, resource), as ("TableWriteKeyRangeThroughputExceeded", "arn:aws:dynamodb:…:table/court")."""

    lane: str
    where: str
    reasons: tuple[tuple[str, str], ...] = ()

    @property
    def hot_partition(self) -> bool:
        """Whether one partition is too busy, and the rest of the table is not."""
        return any(reason.endswith(_HOT_PARTITION) for reason, _ in self.reasons)

    def cause(self, part: str = "") -> str:
        """`DynamoDB throttles a partition of court-dev-beta (segment 3 of 8)`."""
        service = "the search cluster" if self.lane == "index" else "DynamoDB"
        reason, resource = self.reasons[0] if self.reasons else ("", "")
        where = resource.partition(":table/")[2] or self.where
        if self.hot_partition:
            return f"{service} throttles a partition of {where}" + (f" ({part})" if part else "")
        return f"{service} throttles {where}" + (f": {reason}" if reason else "")


@dataclass(frozen=True, slots=True)
class Meter:
    """How many units a second there were lately."""

    since_s: float
    at_s: float
    weight: float = 0.0

    def add(self, units: float, now_s: float) -> Meter:
        return Meter(self.since_s, max(now_s, self.at_s), max(0.0, self._weight(now_s) + units))

    def per_s(self, now_s: float) -> float:
        seen = 1 - exp(-max(1.0, now_s - self.since_s) / _MEMORY_S)
        return self._weight(now_s) / (_MEMORY_S * seen)

    def _weight(self, now_s: float) -> float:
        return self.weight * exp(-max(0.0, now_s - self.at_s) / _MEMORY_S)


@dataclass(frozen=True, slots=True)
class Brake:
    """`too_fast` units a second were too many, at `lowered_s`."""

    too_fast: float
    lowered_s: float
    cause: str

    def limit(self, now_s: float) -> float:
        """Units a second that may be asked for."""
        return self.too_fast * (_DOWN + _UP * max(0.0, now_s - self.lowered_s))

    def is_off(self, now_s: float) -> bool:
        return self.limit(now_s) >= _OFF * self.too_fast

    def lowered(self, measured: float, now_s: float, cause: str) -> Brake:
        """After one more throttled answer, while `measured` units a second were asked for."""
        if now_s - self.lowered_s < _ONCE_IN_S:
            return replace(self, cause=cause)
        return braked(min(measured, self.limit(now_s)), now_s, cause)


def braked(measured: float, now_s: float, cause: str) -> Brake:
    """After the first throttled answer."""
    return Brake(max(measured, _LEAST), now_s, cause)
