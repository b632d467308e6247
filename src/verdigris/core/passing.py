"""How far a deployment is: which phases lie behind it, and whether one that is waited for still lies ahead. Pure."""

from __future__ import annotations

from enum import StrEnum

from verdigris.core.machine import State
from verdigris.core.model import Phase
from verdigris.core.snapshot import Snapshot
from verdigris.errors import Interrupted

_ORDER = tuple(Phase)
_BACK = frozenset({State.RETURNING, State.REOPENING, State.RETURNED})
_UNDONE = frozenset({State.ABORTING, State.ABORTED})


class Verdict(StrEnum):
    """What has become of a phase that somebody waits for."""

    REACHED = "reached"
    AHEAD = "ahead"
    #: it is not coming, unless somebody does something
    LOST = "lost"


def passed(snapshot: Snapshot, phase: Phase) -> bool:
    """Whether the phase is done or, where the plan leaves it out, everything that comes before it."""
    planned = snapshot.plan.phases
    if phase in planned:
        return snapshot.done(phase)
    return all(snapshot.done(one) for one in planned if _ORDER.index(one) < _ORDER.index(phase))


def verdict(snapshot: Snapshot | None, phase: Phase) -> Verdict:
    """`snapshot` is None before the first deployment."""
    if snapshot is None:
        return Verdict.AHEAD
    gone_back = snapshot.state in _BACK and _ORDER.index(phase) >= _ORDER.index(Phase.SWITCH)
    if gone_back or snapshot.state in _UNDONE:
        return Verdict.LOST
    if passed(snapshot, phase):
        return Verdict.REACHED
    failed = snapshot.error is not None and snapshot.error.code != Interrupted.code
    return Verdict.LOST if failed or snapshot.state is State.REJECTED else Verdict.AHEAD
