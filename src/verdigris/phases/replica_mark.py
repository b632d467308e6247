"""From where on the replicas are not proven: a position in the source's stream, which outlives the runner.

What is settled after it is named by a hint after it. So the tail of each later runner begins there, and meets every key
again that was written at home since; settling twice is harmless. What no hint names (a redrive, a repair) voids it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from verdigris.core.horizon import positions, tail_unit
from verdigris.core.machine import State
from verdigris.phases.base import Bench

#: Dropped with all that was proven, when it is void (`losing.drop_sums`).
PREFIX = "replicas|"
_UNIT = f"{PREFIX}since"
#: The older it is, the more is read again, and the less is left of the time that the stream keeps what is read (24
#: hours): after this everything is compared anew (seconds).
_KEPT_S = 12 * 3600.0


@contextmanager
def renewed(bench: Bench) -> Iterator[None]:
    """Around a proof of all that was settled before it. It is not past what a late write may still undo: the tail's
    checkpoint is not, either."""
    saved = bench.journal.checkpoint(bench.deployment, tail_unit(bench.snapshot))
    yield
    if saved is not None:
        bench.journal.save(bench.deployment, _UNIT, saved)


def void(bench: Bench) -> None:
    """Something is about to be settled that no hint after it names."""
    if bench.plan.replicas:
        bench.journal.forget(bench.deployment, [_UNIT])


def stands(bench: Bench) -> bool:
    """Whether what was written since the proof is all known to this runner's tail. Never going forward again: the new
    color has written by itself."""
    return bench.snapshot.state is not State.ADVANCING and _saved(bench) is not None


def since(bench: Bench) -> bytes | None:
    """Where the tail of this runner begins on their account, in the form of its checkpoint; None: where it was."""
    if not stands(bench):
        return None
    saved = _saved(bench)
    if saved and bench.now() - positions(bench.snapshot, saved).settled_s >= _KEPT_S:
        void(bench)
        return None
    return saved


def _saved(bench: Bench) -> bytes | None:
    return bench.journal.checkpoint(bench.deployment, _UNIT) if bench.plan.replicas else None
