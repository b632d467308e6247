"""When the stream has dropped changes that nobody has read: a later mark, and all proofs again.

What changed before the later mark is found by verify, which needs no hint: it begins after that mark, applies the
migrations to everything, and settles what differs.
"""

from __future__ import annotations

from verdigris.core import records
from verdigris.core.horizon import FOR_THE_TAIL_S, settled_s, tail_unit
from verdigris.core.machine import TRANSITIONS, Event
from verdigris.core.model import Phase
from verdigris.errors import HintsLost
from verdigris.journal.journal import Journal
from verdigris.phases import replica_mark
from verdigris.phases.base import Bench

#: The checkpoints that hold what was made of items, and compared, so far: sums.
_SUMS = ("verify|", "last-verify|", "verify-command|", replica_mark.PREFIX)


def begin_again_if_lost(bench: Bench) -> None:
    """Goes back to replay, with a later mark, if changes were lost, or may be by the time that they are read."""
    snapshot = bench.snapshot
    if Event.LOST not in TRANSITIONS[snapshot.state] or not snapshot.plan.follows_changes:
        return
    saved = bench.journal.checkpoint(bench.deployment, tail_unit(snapshot))
    if saved is None and not snapshot.done(Phase.REPLAY):
        return  # it has not begun to read: it looks at its mark itself
    since_s = settled_s(snapshot, saved) or 0.0
    old = bench.now() - since_s > bench.settings.stream_keeps_s - FOR_THE_TAIL_S
    if old or (snapshot.error is not None and snapshot.error.code == HintsLost.code):
        drop_sums(bench.journal, bench.deployment)
        bench.log.append(records.Lost(since_s))
        bench.tail = None


def drop_sums(journal: Journal, deployment: int) -> None:
    """What verify has added up so far proves nothing any more."""
    for prefix in _SUMS:
        journal.forget(deployment, journal.checkpoints(deployment, prefix))
