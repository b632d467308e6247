"""The mark: from its time on the tail answers for every change. It is durable before the first page is scanned.

The stream keeps a record for 24 hours. A backfill that takes longer sets a later mark before the records of the
first one expire: what changed between the two is then found by verify, which compares everything and repairs by
settling. So being late costs a longer verify, and no item. The same holds when the tail cannot keep up (losing.py).
"""

from __future__ import annotations

from verdigris.core.horizon import FOR_THE_REPLAY_S, FOR_THE_TAIL_S, MARK, marks
from verdigris.core.model import Phase
from verdigris.core.records import Evidence
from verdigris.errors import HintsLost, PhaseFailed
from verdigris.phases.base import Bench


def set_mark(bench: Bench, phase: Phase) -> Evidence:
    """The first mark; the stream is turned on for it where that is allowed. Raises PhaseFailed."""
    return bench.log.step(phase, MARK, lambda: _mark(bench))


def mark(bench: Bench) -> Evidence:
    """The mark that holds: `at_s`, seconds since the epoch, and the ARN of the `stream`. Raises PhaseFailed."""
    if losses := bench.snapshot.losses:
        bench.log.step(Phase.REPLAY, f"{MARK}-lost-{losses}", lambda: _mark(bench))
    found = marks(bench.snapshot)
    if not found:
        raise PhaseFailed("the backfill has not set its mark", next_command=f"verdigris deploy {bench.plan.env}")
    return found[-1]


def left_s(bench: Bench) -> float:
    """How long the stream still keeps what came right after the mark (seconds)."""
    return float(mark(bench)["at_s"]) + bench.settings.stream_keeps_s - bench.now()


def renew_in_time(bench: Bench, phase: Phase) -> None:
    """While nothing follows the stream yet: sets a later mark when the time of the one that holds runs out."""
    if left_s(bench) < FOR_THE_REPLAY_S:
        bench.log.step(phase, f"{MARK}-{len(marks(bench.snapshot)) + 1}", lambda: _mark(bench))


def demand_time(bench: Bench, settled_s: float) -> None:
    """While the tail runs, and has settled everything up to `settled_s`. Raises HintsLost before a record expires."""
    left = settled_s + bench.settings.stream_keeps_s - bench.now()
    if left < FOR_THE_TAIL_S:
        raise HintsLost(
            f"the tail has not caught up for {(bench.now() - settled_s) / 3600:.1f} hours, and the stream "
            "is about to drop changes that were not read",
            where=bench.plan.source_table,
            state=f"{bench.snapshot.live} serves on, untouched; nothing was passed over. The next run begins again at "
            "replay, with a later mark, and verify finds what changed before it",
        )


def _mark(bench: Bench) -> Evidence:
    """From here every change is in the stream."""
    table = bench.plan.source_table
    facts = bench.stores.admin.describe(table)
    if facts is None or (facts.stream is None and not bench.settings.may_enable_stream):
        raise PhaseFailed(
            f"{table} has no stream, and live changes cannot be followed without one",
            state="nothing was copied",
            next_command=f"verdigris deploy {bench.plan.env} --enable-stream",
        )
    arn = bench.stores.admin.enable_stream(table)
    return {"at_s": bench.now(), "stream": arn}
