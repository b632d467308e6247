"""How long the source's stream still keeps what is not settled yet: from the mark, or from the last proof after it."""

from __future__ import annotations

import msgspec

from verdigris.core.damage import decoded
from verdigris.core.lineage import Positions
from verdigris.core.machine import TRANSITIONS, Event, State
from verdigris.core.records import Evidence
from verdigris.core.snapshot import Snapshot

#: How long a stream keeps a record (Developer Guide, "Change data capture for DynamoDB Streams": 24 hours), in seconds.
STREAM_KEEPS_S = 86_400.0
#: What must be left of that while the tail runs (seconds): it stops rather than pass over records that expired. Clocks
#: of two runners and of the service may each be wrong by five minutes.
FOR_THE_TAIL_S = 900.0
#: What must be left when the replay begins, for it to read what has piled up (seconds).
FOR_THE_REPLAY_S = 3600.0
#: With less than this left people are told (seconds).
SHOWN_S = 12 * 3600.0

MARK = "mark"


def left(settled_s: float, now_s: float) -> float:
    """How long the stream still keeps what came right after `settled_s` (seconds); below 0: it may be gone."""
    return settled_s + STREAM_KEEPS_S - now_s


def warning(left_s: float) -> str:
    """A reason to hurry; "" where there is time enough."""
    if left_s >= SHOWN_S:
        return ""
    if left_s < FOR_THE_TAIL_S:
        return "the stream may have dropped changes that were not read, so the next run takes a later mark"
    return f"the stream keeps what is not settled yet for {left_s / 3600:.1f} h more"


def marks(snapshot: Snapshot) -> list[Evidence]:
    """The marks that were set, the one that holds last."""
    return [found for step, found in snapshot.steps.items() if step.split("-")[0] == MARK and found is not None]


def tail_unit(snapshot: Snapshot) -> str:
    """The checkpoint of the tail: after a loss it begins anew."""
    return f"tail-{snapshot.losses}" if snapshot.losses else "tail"


def positions(snapshot: Snapshot, saved: bytes) -> Positions:
    """The tail's checkpoint. Raises StoreError."""
    return decoded(snapshot.plan.deploy_table, tail_unit(snapshot), saved, msgspec.json.Decoder(Positions).decode)


def settled_s(snapshot: Snapshot, saved: bytes | None) -> float | None:
    """Everything that changed before this was settled, or was there for the backfill or a verify to see (seconds since
    the epoch); `saved` is the tail's checkpoint. None where no stream is followed."""
    if Event.LOST not in TRANSITIONS[snapshot.state] and snapshot.state is not State.BACKFILL:
        return None
    if saved is not None:
        return positions(snapshot, saved).settled_s
    found = marks(snapshot)
    return float(found[-1]["at_s"]) if found else None
