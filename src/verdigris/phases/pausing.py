"""A paused deployment begins no phase. It keeps its lease and says why; the tail goes on meanwhile."""

from __future__ import annotations

from verdigris.core.machine import State
from verdigris.core.model import Phase
from verdigris.phases.base import Bench, Progress
from verdigris.phases.tail import tail

#: Before the flip: what comes after it must not stand still, and what a person asked for is no bulk work. The replay
#: is none either: it is how the tail begins, and the stream does not wait.
_WAIT_IN = frozenset(
    {
        State.PREFLIGHT,
        State.PROVISION,
        State.BACKFILL,
        State.VERIFY,
        State.REINDEX,
        State.EXERCISE,
        State.SWITCH,
    }
)
_LOOK_S = 0.5


def wait_while_paused(bench: Bench, phase: Phase) -> None:
    """Returns when `phase` may begin. Raises Interrupted, LeaseLost, what the tail raises."""
    if bench.snapshot.state not in _WAIT_IN:
        return
    while reason := bench.pace.paused():
        bench.breathe()
        if bench.plan.follows_changes and any(map(bench.snapshot.done, (Phase.REPLAY, Phase.REINDEX))):
            tail(bench).step()
        bench.report(Progress(phase, reason=reason))
        bench.sleep(_LOOK_S)
