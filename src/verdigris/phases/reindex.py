"""reindex: builds the destination's indexes from the destination's table, and proves them document by document.

From the first bulk on every settle writes its documents too. Where the data stays where it is, the table is the live
one, and documents are all that is settled. An index that the application builds is watched instead (`watching.py`).
"""

from __future__ import annotations

import threading

import msgspec

from verdigris.core.declared import Builder
from verdigris.core.model import Phase, Segment
from verdigris.core.records import Evidence
from verdigris.errors import PhaseFailed
from verdigris.phases import beacons, consumers, effects, watching
from verdigris.phases.base import Bench, Progress
from verdigris.phases.copying import SegmentProgress, progress_from
from verdigris.phases.documents import Documents, documents_of
from verdigris.phases.index_proof import prove
from verdigris.phases.marks import renew_in_time, set_mark
from verdigris.phases.tail import begun, tail
from verdigris.stores.searching import SearchIndex

phase = Phase.REINDEX


def ready(bench: Bench) -> None:
    if bench.indexes() and bench.index is None:
        raise PhaseFailed(
            "an index is configured, but no search cluster is",
            next_command=f"set [environments.{bench.plan.env}] endpoints.search in verdigris.toml",
        )


def run(bench: Bench) -> Evidence:
    consumers.demand_time(bench)
    consumers.attend(bench)
    index = bench.index
    if index is None or not bench.indexes():
        effects.wait_until_read(bench)
        return {"indexes": 0}
    documents = documents_of(bench, index)
    if not bench.plan.moves_data:
        _mark(bench)
    if documents.plans:
        tail(bench).settler.documents = documents
        _build(bench, documents, index)
    proofs = [prove(bench, documents, index, plan) for plan in documents.plans]
    proofs += [watching.prove(bench, index, plan) for plan in bench.indexes() if plan.by is Builder.APPLICATION]
    effects.wait_until_read(bench)
    return {"indexes": len(proofs), **_total(proofs), "quarantined": len(bench.quarantine.waiting)}


def check(bench: Bench) -> None:
    pass


def undo(bench: Bench) -> None:
    """The beacons, where no replay removes them; the indexes go with provision's undo."""
    if not bench.plan.moves_data and bench.stores.admin.describe(bench.plan.source_table):
        beacons.remove(bench)


def _mark(bench: Bench) -> None:
    """Where the data stays, this is where the stream begins to count."""
    set_mark(bench, phase)
    if not begun(bench):
        renew_in_time(bench, phase)  # the deployment may have lain still; what it missed the proof finds


def _build(bench: Bench, documents: Documents, index: SearchIndex) -> None:
    total = bench.settings.segments
    following = tail(bench)
    saved = bench.journal.checkpoints(bench.deployment, "reindex|")
    parts = {
        number: progress_from(bench.plan.deploy_table, unit, saved[unit]) if unit in saved else SegmentProgress()
        for number in range(total)
        if (unit := _unit(number))
    }
    unfinished = [number for number, at in parts.items() if not at.ended]
    lock = threading.Lock()

    def build(number: int) -> None:
        at = parts[number]
        while not at.ended:
            page = bench.destination.scan(Segment(number, total), at.next)
            written = sum(documents.bulk(plan, documents.items(page.items)) for plan in documents.plans)
            at = SegmentProgress(
                next=page.next, ended=page.next is None, read=at.read + len(page.items), written=at.written + written
            )
            bench.journal.save(bench.deployment, _unit(number), msgspec.json.encode(at))
            with lock:
                parts[number] = at
            bench.breathe()

    def between() -> None:
        following.step()
        copied = bench.snapshot.phases.get(Phase.BACKFILL)
        estimate = copied.evidence.get("written") if copied else bench.plan.items_estimate
        bench.report(
            Progress(
                phase,
                sum(at.read for at in list(parts.values())),
                estimate,
                lag_s=following.lag_s,
                lag_records=following.lag_records,
            )
        )

    for plan in documents.plans if unfinished else ():
        index.begin_load(plan.physical)
    bench.engine.run(unfinished, build, between)
    for plan in documents.plans:  # whoever began: that run may have died
        index.end_load(plan.physical, plan.mappings)


def _unit(number: int) -> str:
    return f"reindex|{number:06d}"


def _total(proofs: list[Evidence]) -> Evidence:
    return {name: sum(proof.get(name, 0) for proof in proofs) for name in ("documents", "repaired", "in_motion")}
