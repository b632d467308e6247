"""The flags that scripts and applications read to see how far a deployment is. They follow its state. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from verdigris.core.flags import PENDING_SWITCH, QUEUE_EMPTY
from verdigris.core.machine import State
from verdigris.core.model import Phase
from verdigris.core.snapshot import Snapshot

#: A color is deployed, or being deployed, that the traffic is still to be sent to.
_PENDING = frozenset(
    {
        State.PROVISION,
        State.BACKFILL,
        State.REPLAY,
        State.VERIFY,
        State.REINDEX,
        State.EXERCISE,
        State.APPROVE,
        State.SWITCH,
        State.OPENING,
        State.RETURNING,
        State.REOPENING,
        State.ADVANCING,
    }
)


def followed(now: Snapshot) -> Mapping[str, bool]:
    """Flag → what it says in this state: whether a switch is pending; whether all items have been migrated."""
    said = {PENDING_SWITCH: now.state in _PENDING}
    if now.plan.moves_data:
        said[QUEUE_EMPTY] = now.done(Phase.REPLAY) or now.ended or now.state is State.ABORTING
    return said
