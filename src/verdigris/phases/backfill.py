"""backfill: the mark, then every item of the source, through the migrations, into the destination."""

from __future__ import annotations

import threading
from functools import partial

import msgspec

from verdigris.core.horizon import warning
from verdigris.core.model import Phase, Segment
from verdigris.core.records import Evidence
from verdigris.errors import PhaseFailed
from verdigris.phases import consumers
from verdigris.phases.base import Bench, Progress
from verdigris.phases.claims import Claims
from verdigris.phases.copying import SegmentProgress, copy_segment, progress_from
from verdigris.phases.marks import left_s, renew_in_time, set_mark

phase = Phase.BACKFILL


def ready(bench: Bench) -> None:
    if bench.stores.admin.describe(bench.plan.destination_table) is None:
        raise PhaseFailed(
            f"the destination table {bench.plan.destination_table} does not exist",
            next_command=f"verdigris abort {bench.plan.env}",
        )


def run(bench: Bench) -> Evidence:
    consumers.attend(bench)
    set_mark(bench, phase)
    # How the scan is cut is decided once: a resumed run must find its segments again.
    total = int(bench.log.step(phase, "segments", lambda: {"total": bench.settings.segments})["total"])
    board = _Board(bench, total)
    transform = bench.transform()
    claims = Claims(bench.stores.links, transform)
    source, destination, quarantine = bench.source, bench.destination, bench.quarantine

    def copy(segment: Segment) -> None:
        at, save = board.at(segment), partial(board.save, segment)
        copy_segment(source, destination, transform, claims, quarantine, segment, at, save)

    def between() -> None:
        renew_in_time(bench, phase)
        board.show()

    bench.engine.run(board.unfinished(), copy, between)
    board.show()
    return board.evidence()


def check(bench: Bench) -> None:
    pass


def undo(bench: Bench) -> None:
    """Nothing of its own: the destination table goes with provision's undo."""


class _Board:
    """The segments' checkpoints, shared by the workers. Each is durable before the next page is scanned."""

    def __init__(self, bench: Bench, total: int) -> None:
        self._bench = bench
        self._total = total
        self._lock = threading.Lock()
        saved = bench.journal.checkpoints(bench.deployment, "backfill|")
        self._segments = {
            Segment(index, total): progress_from(bench.plan.deploy_table, unit, saved[unit])
            if (unit := _unit(index)) in saved
            else SegmentProgress()
            for index in range(total)
        }

    def unfinished(self) -> list[Segment]:
        return [segment for segment, progress in self._segments.items() if not progress.ended]

    def at(self, segment: Segment) -> SegmentProgress:
        return self._segments[segment]

    def save(self, segment: Segment, progress: SegmentProgress) -> None:
        self._bench.journal.save(self._bench.deployment, _unit(segment.index), msgspec.json.encode(progress))
        with self._lock:
            self._segments[segment] = progress
        self._bench.breathe()

    def show(self) -> None:
        done = sum(progress.read for progress in list(self._segments.values()))
        reason = warning(left_s(self._bench))
        self._bench.report(Progress(phase, done, self._bench.plan.items_estimate, reason=reason))

    def evidence(self) -> Evidence:
        parts = list(self._segments.values())
        return {
            "read": sum(part.read for part in parts),
            "written": sum(part.written for part in parts),
            "untouched": sum(part.untouched for part in parts),
            "segments": self._total,
            "quarantined": len(self._bench.quarantine.waiting),
        }


def _unit(index: int) -> str:
    return f"backfill|{index:06d}"
