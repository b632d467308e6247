"""The state machine of a deployment, as tables (the diagram in docs/concepts.md is made from them).

Rules:

1. A deployment is in one state. Events move it; nothing else does. An event that its row does not list is illegal.
2. `DONE` of a phase that the plan leaves out is taken at once; the chain below is the same for every plan.
3. `FLIPPED` is journalled in one transaction with the compare-and-set of the live color. Before it every way leads back
   through `aborting`; after it only through `returning`.
4. `finalize` has no way back, and is entered because a person or the configuration says so (or by a bootstrap, which
   has nothing to destroy).
5. `MENDED`: the migrations are not what they were. What was proven of them, and approved, is so no longer: back to
   `replay`, and through all proofs again. Before the proofs there is nothing to go back from.
6. `LOST`: the stream dropped changes that nobody had read. Likewise: a verify that begins afterwards finds them.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from verdigris.core.model import Phase


class State(StrEnum):
    """Where a deployment stands. The phases' names stand for "this phase is to be run, or running"."""

    PREFLIGHT = "preflight"
    PROVISION = "provision"
    BACKFILL = "backfill"
    REPLAY = "replay"
    VERIFY = "verify"
    REINDEX = "reindex"
    EXERCISE = "exercise"
    APPROVE = "approve"
    REJECTED = "rejected"
    SWITCH = "switch"
    OPENING = "opening"
    BAKE = "bake"
    BAKED = "baked"
    FINALIZE = "finalize"
    FINISHED = "finished"
    RETURNING = "returning"
    REOPENING = "reopening"
    RETURNED = "returned"
    ADVANCING = "advancing"
    ABORTING = "aborting"
    ABORTED = "aborted"


class Event(StrEnum):
    """What can happen to a deployment."""

    DONE = "done"
    APPROVED = "approved"
    REJECTED = "rejected"
    FLIPPED = "flipped"
    ROLLBACK = "rollback"
    FORWARD = "forward"
    FINALIZE = "finalize"
    ABORT = "abort"
    MENDED = "mended"
    LOST = "lost"


#: From wherever something was proven back to where the proofs begin.
_AGAIN = {Event.MENDED: State.REPLAY, Event.LOST: State.REPLAY}

TRANSITIONS: dict[State, dict[Event, State]] = {
    State.PREFLIGHT: {Event.DONE: State.PROVISION, Event.ABORT: State.ABORTING},
    State.PROVISION: {Event.DONE: State.BACKFILL, Event.ABORT: State.ABORTING},
    State.BACKFILL: {Event.DONE: State.REPLAY, Event.MENDED: State.BACKFILL, Event.ABORT: State.ABORTING},
    State.REPLAY: {Event.DONE: State.VERIFY, **_AGAIN, Event.ABORT: State.ABORTING},
    State.VERIFY: {Event.DONE: State.REINDEX, **_AGAIN, Event.ABORT: State.ABORTING},
    State.REINDEX: {Event.DONE: State.EXERCISE, **_AGAIN, Event.ABORT: State.ABORTING},
    State.EXERCISE: {Event.DONE: State.APPROVE, **_AGAIN, Event.ABORT: State.ABORTING},
    State.APPROVE: {
        Event.APPROVED: State.SWITCH,
        Event.REJECTED: State.REJECTED,
        **_AGAIN,
        Event.ABORT: State.ABORTING,
    },
    State.REJECTED: {Event.APPROVED: State.SWITCH, **_AGAIN, Event.ABORT: State.ABORTING},
    State.SWITCH: {
        Event.FLIPPED: State.OPENING,
        Event.REJECTED: State.REJECTED,
        **_AGAIN,
        Event.ABORT: State.ABORTING,
    },
    State.OPENING: {Event.DONE: State.BAKE, Event.ROLLBACK: State.RETURNING},
    State.BAKE: {Event.DONE: State.BAKED, Event.ROLLBACK: State.RETURNING},
    State.BAKED: {Event.FINALIZE: State.FINALIZE, Event.ROLLBACK: State.RETURNING},
    State.RETURNING: {Event.FLIPPED: State.REOPENING},
    State.REOPENING: {Event.DONE: State.RETURNED},
    State.RETURNED: {Event.FORWARD: State.ADVANCING, Event.ABORT: State.ABORTING},
    State.ADVANCING: {Event.FLIPPED: State.OPENING, Event.ABORT: State.ABORTING},
    State.FINALIZE: {Event.DONE: State.FINISHED},
    State.FINISHED: {},
    State.ABORTING: {Event.DONE: State.ABORTED},
    State.ABORTED: {},
}

_CHAIN: dict[State, Phase] = {State(phase.value): phase for phase in Phase}

#: The phase that does a state's work; states without one wait for a person, or have ended.
PHASE_OF: dict[State, Phase] = {
    **_CHAIN,
    State.OPENING: Phase.SWITCH,
    State.RETURNING: Phase.SWITCH,
    State.REOPENING: Phase.SWITCH,
    State.ADVANCING: Phase.SWITCH,
}

#: States in which a runner has nothing to do until somebody says something.
WAITING: frozenset[State] = frozenset({State.APPROVE, State.REJECTED, State.BAKED, State.RETURNED})
ENDED: frozenset[State] = frozenset({State.FINISHED, State.ABORTED})


class IllegalEvent(Exception):
    """The event has no place in this state; the deployment is unchanged."""

    def __init__(self, state: State, event: Event) -> None:
        super().__init__(f"{event} is not possible while the deployment is {state}")
        self.state = state
        self.event = event


def advance(state: State, event: Event, phases: Collection[Phase]) -> State:
    """The state after `event`, passing over the phases that the plan leaves out. Raises IllegalEvent."""
    try:
        after = TRANSITIONS[state][event]
    except KeyError:
        raise IllegalEvent(state, event) from None
    while after in _CHAIN and _CHAIN[after] not in phases:
        after = TRANSITIONS[after][Event.DONE]
    return after


def diagram() -> str:
    """The machine as a Mermaid state diagram, one arrow a transition."""
    lines = ["stateDiagram-v2", "    [*] --> preflight"]
    for state, row in TRANSITIONS.items():
        lines += [f"    {state} --> {after}: {event}" for event, after in row.items()]
        if state in ENDED:
            lines.append(f"    {state} --> [*]")
    return "\n".join(lines)
