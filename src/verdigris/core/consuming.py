"""When a consumer of the destination's stream may run. Pure.

Every put of the backfill is in that stream. A consumer that builds an index must read them all, and only once the data
is whole; one that has effects on the world must read them while its color does not serve, and pass over them; and one
that feeds an index which Verdigris builds stays off until the flip, since two would write one index before it.
"""

from __future__ import annotations

from verdigris.core.declared import ConsumerKind
from verdigris.core.horizon import FOR_THE_REPLAY_S, STREAM_KEEPS_S
from verdigris.core.machine import State
from verdigris.core.model import Phase
from verdigris.core.snapshot import Snapshot


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
