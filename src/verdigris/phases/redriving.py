"""What people do about the quarantine: try again, with mended migrations or without, or give up an item.

All of it before the flip only. Until the backfill is done nothing is settled: what is asked for then is kept, and done
by replay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from verdigris.core.horizon import marks
from verdigris.core.machine import TRANSITIONS, Event, State
from verdigris.core.model import Phase
from verdigris.core.planning import PendingMigration
from verdigris.core.quarantine import Entry
from verdigris.core.records import Mended
from verdigris.core.snapshot import Snapshot
from verdigris.journal.journal import Journal
from verdigris.phases import replica_mark
from verdigris.phases.base import Bench
from verdigris.phases.log import Log
from verdigris.phases.losing import drop_sums
from verdigris.phases.tail import tail


@dataclass(frozen=True)
class Redriven:
    """What came of it. `put_off`: the backfill is not done yet, so replay will try."""

    settled: Sequence[Entry]
    left: Sequence[Entry]
    put_off: bool = False


def may_redrive(snapshot: Snapshot) -> bool:
    """Whether something in quarantine can still be settled."""
    return snapshot.plan.follows_changes and Event.MENDED in TRANSITIONS[snapshot.state]


def mend(
    journal: Journal,
    log: Log,
    who: str,
    migrations: tuple[PendingMigration, ...],
    documents: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """From here on these migrations are the plan's, and everything that was proven of others is proven again.
    `documents`: alias → the checksum of the code that makes its documents now.

    The sums go first: those of other migrations would prove nothing.
    """
    drop_sums(journal, log.snapshot.deployment)
    log.append(Mended(who, migrations, dict(documents)))


def redrive(bench: Bench) -> Redriven:
    """Settles everything in quarantine again, and nothing else."""
    before = bench.quarantine.waiting
    if not _can_settle(bench):
        bench.quarantine.put_off()
        return Redriven((), before, put_off=True)
    replica_mark.void(bench)
    tail(bench).settler.retry()
    left = bench.quarantine.waiting
    units = {entry.unit for entry in left}
    return Redriven([entry for entry in before if entry.unit not in units], left)


def discard(bench: Bench, entries: Iterable[Entry], who: str, comment: str) -> Redriven:
    """These are not carried along: their keys are deleted in the destination, unless another living source produces
    them. What turns out to be accepted by now is carried after all."""
    wanted = list(entries)
    for entry in wanted:
        bench.quarantine.discard(entry, who, comment)
    if not _can_settle(bench):
        return Redriven((), bench.quarantine.waiting, put_off=True)
    replica_mark.void(bench)
    tail(bench).settler.again(wanted)
    units = {entry.unit for entry in bench.quarantine.discarded}
    return Redriven([entry for entry in wanted if entry.unit not in units], bench.quarantine.waiting)


def _can_settle(bench: Bench) -> bool:
    if not bench.plan.moves_data:
        return bool(marks(bench.snapshot))
    return bench.snapshot.done(Phase.BACKFILL) and bench.snapshot.state is not State.BACKFILL
