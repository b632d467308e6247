"""When a consumer of the destination's stream may run. Pure.

Every put of the backfill is in that stream. A consumer that builds an index must read them all, and only once the data
is whole; one that has effects on the world must read them while its color does not serve, and pass over them; and one
that feeds an index which Verdigris builds stays off until the flip, since two would write one index before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from verdigris.core.declared import ConsumerKind
from verdigris.core.horizon import FOR_THE_REPLAY_S, STREAM_KEEPS_S
from verdigris.core.machine import State
from verdigris.core.model import Phase
from verdigris.core.snapshot import Snapshot

#: By how much the service's clock may differ from this one (seconds), as for signatures.
CLOCKS_S = 300.0
#: For how long a consumer that still has something to read may show nothing, besides the time of one call (seconds): a
#: batch is filled for up to 5 minutes (Lambda API, MaximumBatchingWindowInSeconds), CloudWatch shows it some minutes
#: later, and clocks differ.
QUIET_S = 900.0
#: Readings are minutes (seconds).
MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What a consumer's function did in the minute that begins at `at_s` (seconds since the epoch).

    `age_s`: of the last record of each batch how old it was when the batch was done, the oldest of them (seconds); None
    where no batch was. `failed`: how many calls failed or were throttled.
    """

    at_s: float
    age_s: float | None = None
    failed: int = 0


def may_run(kind: ConsumerKind, snapshot: Snapshot, *, builds: bool) -> bool:
    """Whether a consumer is to run where the deployment stands. `builds`: the application builds an index."""
    if snapshot.state is State.ABORTING:
        return False
    if snapshot.flips:
        return True
    return snapshot.began(Phase.REINDEX) and (kind is ConsumerKind.EFFECTS or builds)


def left_to_read_s(began_s: float, now_s: float) -> float:
    """For how long a consumer that has read nothing yet may still begin (seconds); the backfill began at `began_s`.

    The stream drops the first of its puts after 24 hours, and reading what has piled up takes a while.
    """
    return began_s + STREAM_KEEPS_S - FOR_THE_REPLAY_S - now_s


def unread(readings: Sequence[Reading], written_s: float, now_s: float, longest_s: float) -> str:
    """Why it is not certain that everything written before `written_s` was read, for people; "" if it is.

    `readings` are those since the consumer was enabled, of its stream alone; `longest_s` is how long a call may run.
    A shard that still holds something older is read, and shows it again and again, unless one batch held it all. So it
    is certain when something was read at all, and then nothing older for as long as a shard that is read may be silent;
    and when no call failed meanwhile, since one that fails, or is refused, may be silent for longer. That something
    younger was read proves nothing by itself: it may come from another shard.
    """
    before_s = written_s + CLOCKS_S
    quiet_s = longest_s + QUIET_S
    if failed := sum(one.failed for one in readings if one.at_s + MINUTE_S > now_s - quiet_s):
        return f"failed or was throttled {failed} times in the last {quiet_s / 60:.0f} minutes"
    read = [one for one in readings if one.age_s is not None]
    if not read:
        return "has read nothing yet of what this deployment wrote"
    old = [one.at_s for one in read if one.at_s - (one.age_s or 0) < before_s]
    until_s = max([read[0].at_s, *old]) + MINUTE_S + quiet_s
    if now_s >= until_s:
        return ""
    last = f"read what was written before verify was done until {_clock(max(old))}" if old else "has begun to read"
    return f"{last}, and is through with it if nothing of it follows until {_clock(until_s)}"


def _clock(at_s: float) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):%H:%M} UTC"
