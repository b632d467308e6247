"""reindex: builds the destination's indexes from the destination's table, and proves them document by document.

From the first bulk on every settle writes its documents too. The proof holds still: only this runner writes the
destination and its indexes, and it settles nothing between the two scans; so what differs is a difference. An index
that the application builds is watched instead (`watching.py`).
"""

from __future__ import annotations

import threading
from functools import partial

import msgspec

from verdigris.core.declared import Builder
from verdigris.core.model import Phase, Segment
from verdigris.core.records import Evidence
from verdigris.errors import PhaseFailed, Unverified
from verdigris.phases import consumers, watching
from verdigris.phases.base import Bench, IndexPlan, Progress
from verdigris.phases.copying import SegmentProgress, progress_from
from verdigris.phases.document_proof import compare
from verdigris.phases.documents import Documents, documents_of
from verdigris.phases.tail import tail
from verdigris.stores.base import SearchIndex

phase = Phase.REINDEX

_NAMED = 20


def ready(bench: Bench) -> None:
    if bench.indexes() and bench.stores.index is None:
        raise PhaseFailed(
            "an index is configured, but no search cluster is",
            next_command=f"set [environments.{bench.plan.env}] endpoints.search in verdigris.toml",
        )


def run(bench: Bench) -> Evidence:
    consumers.demand_time(bench)
    consumers.attend(bench)
    index = bench.stores.index
    if index is None or not bench.indexes():
        return {"indexes": 0}
    documents = documents_of(bench, index)
    if documents.plans:
        tail(bench).settler.documents = documents
        _build(bench, documents)
    proofs = [_proof(bench, documents, index, plan) for plan in documents.plans]
    proofs += [watching.prove(bench, index, plan) for plan in bench.indexes() if plan.by is Builder.APPLICATION]
    return {"indexes": len(proofs), **_total(proofs), "quarantined": len(bench.quarantine.waiting)}


def check(bench: Bench) -> None:
    pass


def undo(bench: Bench) -> None:
    """Nothing of its own: the indexes go with provision's undo."""


def _build(bench: Bench, documents: Documents) -> None:
    total = bench.settings.segments
    following = tail(bench)
    saved = bench.journal.checkpoints(bench.deployment, "reindex|")
    counts = dict.fromkeys(range(total), 0)
    lock = threading.Lock()

    def build(number: int) -> None:
        unit = f"reindex|{number:06d}"
        at = progress_from(bench.plan.deploy_table, unit, saved[unit]) if unit in saved else SegmentProgress()
        while not at.ended:
            page = bench.destination.scan(Segment(number, total), at.next)
            written = sum(documents.bulk(plan, page.items) for plan in documents.plans)
            at = SegmentProgress(
                next=page.next, ended=page.next is None, read=at.read + len(page.items), written=at.written + written
            )
            bench.journal.save(bench.deployment, unit, msgspec.json.encode(at))
            with lock:
                counts[number] = at.read
            bench.breathe()

    def between() -> None:
        following.step()
        estimate = bench.snapshot.phases[Phase.BACKFILL].evidence.get("written")
        bench.report(
            Progress(
                phase,
                sum(counts.values()),
                estimate,
                lag_s=following.lag_s,
                lag_records=following.lag_records,
            )
        )

    bench.engine.run(range(total), build, between)


def _proof(bench: Bench, documents: Documents, index: SearchIndex, plan: IndexPlan) -> Evidence:
    """Ids and contents of every document, both ways. Raises Unverified if a repair does not help."""
    tail(bench).catch_up()
    bench.report(Progress(phase, unit="documents", reason=f"proving {plan.physical}, document by document"))
    made = partial(documents.made, plan)
    with bench.pace.still():  # the tail stands still meanwhile, so this must come to an end
        count, differing = compare(bench, index, plan, made)
    if differing:
        documents.repair(plan, differing)
        with bench.pace.still():
            _, left = compare(bench, index, plan, made)
        if left:
            raise Unverified(
                f"{len(left)} documents of {plan.physical} differ from the table: {', '.join(list(left)[:_NAMED])}",
                where=plan.physical,
                state=f"{bench.plan.before} serves on, untouched",
                next_command=f"verdigris deploy {bench.plan.env}",
            )
    return {"documents": count, "repaired": len(differing)}


def _total(proofs: list[Evidence]) -> Evidence:
    return {name: sum(proof.get(name, 0) for proof in proofs) for name in ("documents", "repaired", "in_motion")}
