"""The mark: from its time on the tail answers for every change. It is durable before the first page is scanned.

The stream keeps a record for 24 hours. A backfill that takes longer sets a later mark before the records of the
first one expire: what changed between the two is then found by verify, which compares everything and repairs by
settling. So being late costs a longer verify, and no item.
"""

from __future__ import annotations

from verdigris.core.model import Phase
from verdigris.core.records import Evidence
from verdigris.errors import PhaseFailed
from verdigris.phases.base import Bench

_STEP = "mark"
#: What must be left of the stream's time when the replay begins, for it to read what has piled up (seconds).
_FOR_THE_REPLAY_S = 3600.0
#: What must be left while the tail runs: it stops, loudly, rather than pass over records that expired.
_FOR_THE_TAIL_S = 300.0


def set_mark(bench: Bench) -> Evidence:
    """The first mark; the stream is turned on for it where that is allowed. Raises PhaseFailed."""
    return bench.log.step(Phase.BACKFILL, _STEP, lambda: _mark(bench))


def mark(bench: Bench) -> Evidence:
    """The mark that holds: `at_s`, seconds since the epoch, and the ARN of the `stream`. Raises PhaseFailed."""
    marks = _marks(bench)
    if not marks:
        raise PhaseFailed("the backfill has not set its mark", next_command=f"verdigris deploy {bench.plan.env}")
    return marks[-1]


def left_s(bench: Bench) -> float:
    """How long the stream still keeps what came right after the mark (seconds)."""
    return float(mark(bench)["at_s"]) + bench.settings.stream_keeps_s - bench.now()


def renew_in_time(bench: Bench) -> None:
    """While the backfill runs: sets a later mark when the time of the one that holds runs out."""
    if left_s(bench) < _FOR_THE_REPLAY_S:
        bench.log.step(Phase.BACKFILL, f"{_STEP}-{len(_marks(bench)) + 1}", lambda: _mark(bench))


def demand_time(bench: Bench, caught_up_s: float) -> None:
    """While the tail runs, having last read everything at `caught_up_s`. Raises PhaseFailed before a record expires."""
    left = caught_up_s + bench.settings.stream_keeps_s - bench.now()
    if left < _FOR_THE_TAIL_S:
        raise PhaseFailed(
            f"the tail has not caught up for {(bench.now() - caught_up_s) / 3600:.1f} hours, and the stream "
            "is about to drop changes that were not read",
            where=bench.plan.source_table,
            state=f"{bench.snapshot.live} serves on, untouched; nothing was passed over",
            next_command=f"verdigris abort {bench.plan.env}, then deploy again with a larger budget",
        )


def _marks(bench: Bench) -> list[Evidence]:
    steps = bench.snapshot.steps
    return [found for step, found in steps.items() if step.split("-")[0] == _STEP and found is not None]


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
