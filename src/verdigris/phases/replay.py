"""replay: settles every key that changed since the mark; from here on the tail keeps the destination in step."""

from __future__ import annotations

from verdigris.core.model import Phase
from verdigris.core.records import Evidence
from verdigris.errors import PhaseFailed
from verdigris.phases import beacons, consumers
from verdigris.phases.base import Bench, Progress
from verdigris.phases.marks import renew_in_time
from verdigris.phases.tail import begun, tail

phase = Phase.REPLAY


def ready(bench: Bench) -> None:
    """No settle before every write of the backfill is acknowledged: each segment's end says so."""
    if not bench.snapshot.done(Phase.BACKFILL):
        raise PhaseFailed("the backfill is not done", next_command=f"verdigris deploy {bench.plan.env}")


def run(bench: Bench) -> Evidence:
    consumers.attend(bench)
    if not begun(bench):
        renew_in_time(bench, Phase.BACKFILL)  # the deployment may have lain still since its backfill
    following = tail(bench)
    following.catch_up(lambda: _between(bench))
    following.settler.retry()  # what the backfill could not carry, and what was put off
    count = following.settler.count
    return {
        "changes": following.changes,
        "settled": count.keys,
        "puts": count.puts,
        "deletes": count.deletes,
        "quarantined": len(bench.quarantine.waiting),
    }


def check(bench: Bench) -> None:
    pass


def undo(bench: Bench) -> None:
    """Removes the beacons from the source; the destination goes with provision's undo."""
    if bench.stores.admin.describe(bench.plan.source_table):
        beacons.remove(bench)


def _between(bench: Bench) -> None:
    """The tail takes what it needs of the budget without waiting; while nothing else works, that is waited for here."""
    bench.pace.level(lambda: show(bench))
    show(bench)


def show(bench: Bench) -> None:
    """Reports the tail's progress."""
    following = tail(bench)
    bench.report(
        Progress(
            phase,
            following.changes,
            unit="changes",
            reason=following.hurry,
            lag_s=following.lag_s,
            lag_records=following.lag_records,
        )
    )
