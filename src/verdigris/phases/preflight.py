"""preflight: read-only. What must be there is there, and the migrations run on a sample."""

from __future__ import annotations

from itertools import islice

from verdigris.core.capacity import write_units
from verdigris.core.declared import Builder
from verdigris.core.forecast import Measured, advice, forecast
from verdigris.core.machine import State
from verdigris.core.model import Phase
from verdigris.core.raw_key import key_reader
from verdigris.core.records import Evidence
from verdigris.core.trial import Sampled
from verdigris.core.views import LookedUp
from verdigris.errors import ItemRefused, PhaseFailed
from verdigris.phases import consumers, domains
from verdigris.phases.base import Bench, Progress
from verdigris.phases.documents import document_of
from verdigris.phases.sampling import Reads, spread
from verdigris.phases.watches import demand_alarms

phase = Phase.PREFLIGHT

#: How many items are tried, and how many of those are tried again in other processes.
SAMPLE, APPLIED_TWICE = 1000, 200


def ready(bench: Bench) -> None:
    pass


def run(bench: Bench) -> Evidence:
    pointer = demand_pointer(bench)
    demand_alarms(bench.watches, bench.plan.env, early=True)
    domains.check_body(bench)
    if not bench.plan.follows_changes:
        return {"pointer": pointer}
    _check_beacon(bench)
    consumers.look(bench)
    return {"pointer": pointer, **_sample(bench)}


def check(bench: Bench) -> None:
    """Traffic goes where the journal says, except while the pointer is about to follow a flip, or did so half way."""
    if bench.snapshot.state not in (State.OPENING, State.RETURNING, State.REOPENING):
        demand_pointer(bench)


def undo(bench: Bench) -> None:
    pass


def demand_pointer(bench: Bench) -> str:
    """Where the traffic goes. Raises PhaseFailed if it is not where the deploy table says."""
    plan, pointer = bench.plan, bench.stores.pointer
    if pointer is None:
        return "none"
    live = pointer.read().live
    if live != bench.snapshot.live:
        raise PhaseFailed(
            f"{bench.snapshot.live or 'no color'} is live by the deploy table, but traffic goes to {live or 'none'}",
            where=f"{plan.deploy_table}: current-color",
            state="nothing was changed",
            next_command=f"verdigris doctor {plan.env}",
        )
    return live.value if live else "empty"


def _check_beacon(bench: Bench) -> None:
    reserved = bench.settings.reserved
    if not reserved.fits:
        raise PhaseFailed(
            f"[table] beacon is {reserved.value!r}, but a key attribute of {bench.plan.source_table} is a number",
            where="verdigris.toml",
            state="nothing was changed",
            next_command="set [table] beacon to a number that no item uses",
        )


def _sample(bench: Bench) -> Evidence:
    """Items from all over the source through the migrations and the documents: user code fails here first, or works.

    An item that is refused here would go into quarantine: that is told before anything is made.
    Some of those that a migration touches go through it again, in other processes: it must come to the same.
    """
    reads = Reads(bench.source, bench.settings.reserved)
    transform = bench.dry_transform(LookedUp(bench.source.key, reads))
    key_of = key_reader(bench.source.key)
    touched: list[Sampled] = []
    refused: list[ItemRefused] = []
    sampled = outputs = units = 0
    began_s = bench.now()
    for raw in islice(spread(bench.source, bench.settings.segments, pages=1), SAMPLE):
        reads.begin()
        sampled += 1
        try:
            made = transform.apply(raw)
            for plan in bench.indexes():
                for output in made:
                    document_of(plan, output.raw)
        except ItemRefused as error:
            refused.append(error)
            continue
        outputs += len(made)
        units += write_units(output.raw for output in made)
        if len(touched) < APPLIED_TWICE and not all(output.untouched for output in made):
            touched.append(Sampled(key_of(raw), raw, reads.found))
        if sampled % 100 == 0:
            bench.breathe()
            bench.report(Progress(phase, sampled, reason="running the migrations on a sample"))
    evidence: Evidence = {"sampled": sampled, "sample_outputs": outputs}
    if refused:
        evidence |= {"sample_refused": len(refused), "first_refused": str(refused[0])}
    if not bench.plan.moves_data:
        return evidence
    measured = Measured(sampled, max(0.0, bench.now() - began_s), units)
    bench.report(Progress(phase, sampled, reason="running the migrations again, in other processes"))
    bench.prove_determinism(touched)
    return {**evidence, "applied_twice": len(touched), **_predicted(bench, measured)}


def _predicted(bench: Bench, measured: Measured) -> Evidence:
    """How long it will take, against the stream's time."""
    plan = bench.plan
    found = forecast(measured, plan.items_estimate or 0, plan.bytes_estimate or 0, bench.pace.budget)
    if found is None:
        return {}
    late = [index.alias for index in bench.indexes() if index.by is Builder.APPLICATION]
    if late and not found.fits_a_reader_after_verify:
        hours = (found.backfill_s + found.verify_s) / 3600
        raise PhaseFailed(
            f"backfill and verify are predicted to take {hours:.0f} hours, and the stream from "
            f"which the application builds {', '.join(late)} keeps what the backfill writes for 24",
            where="verdigris.toml",
            state="nothing was changed",
            next_command=f"give it a larger budget (verdigris budget {plan.env}), or build the index with "
            f'by = "{Builder.VERDIGRIS}": verdigris abort {plan.env}, then deploy',
        )
    said: Evidence = {
        "backfill_s": round(found.backfill_s),
        "verify_s": round(found.verify_s),
        "limited_by": found.limited_by,
        "fits_the_stream": found.fits,
    }
    return said if found.fits else {**said, "advice": advice(found)}
