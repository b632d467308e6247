"""A deployment in words: what it changes, and where it stands. Pure; shared by everything that shows one."""

from __future__ import annotations

from verdigris.core.machine import Event, State
from verdigris.core.model import Kind
from verdigris.core.planning import Plan
from verdigris.core.records import BAKE_SAYS
from verdigris.core.snapshot import Snapshot

_KINDS = {
    Kind.BOOTSTRAP: "first deployment",
    Kind.COLOR: "new color, same data",
    Kind.INDEX: "index only: new color, same data, rebuilt index",
    Kind.MIGRATE: "new color, migrated data",
}


def kind(plan: Plan) -> str:
    return _KINDS[plan.kind]


def move(plan: Plan) -> str:
    """`blue → green, alpha → beta`: what changes."""
    if plan.before is None:
        return f"{plan.after} on {plan.destination}"
    return f"{plan.before} → {plan.after}, " + (
        f"{plan.source} → {plan.destination}" if plan.moves_data else f"data stays {plan.source}"
    )


def deployment(of: Snapshot) -> str:
    return f"deployment {of.deployment} of {of.plan.env} ({kind(of.plan)}: {move(of.plan)})"


def went_back(of: Snapshot) -> bool:
    """Whether it is back, or on its way, since an alarm fired."""
    return bool(of.said and of.said.event is Event.ROLLBACK and of.said.who == BAKE_SAYS)


def stands(of: Snapshot) -> str:
    """Where a deployment stands, in a sentence; the working states by their phase's name."""
    plan = of.plan
    match of.state:
        case State.APPROVE:
            return f"waits for a yes: approve or reject the switch to {plan.after}"
        case State.REJECTED:
            by = f" by {of.said.who}" if of.said else ""
            comment = f": {of.said.comment}" if of.said and of.said.comment else ""
            return f"was rejected{by}{comment}"
        case State.BAKED:
            return f"has switched: {plan.after} is live, {plan.before} is kept for the way back until finalize"
        case State.RETURNED if went_back(of):
            why = of.said.comment if of.said else ""
            return f"went back by itself, since {why}: {of.live} is live; abort removes {plan.after}"
        case State.RETURNED:
            return f"was rolled back: {of.live} is live; deploy goes forward again, abort removes {plan.after}"
        case State.FINISHED:
            return f"is finished: {plan.after} is live"
        case State.ABORTED:
            return f"was aborted: what it had made is gone, {of.live or 'nothing'} is live"
        case State.OPENING:
            return f"is opening {plan.after}"
        case State.RETURNING | State.REOPENING:
            return f"is going back to {plan.before}"
        case State.ADVANCING:
            return f"is going forward to {plan.after} again"
        case State.ABORTING:
            return "is undoing what it made"
        case phase:
            return f"is in {phase}"
