"""finalize: the only phase that destroys anything of the old color. Flags first: no name may point to a ruin."""

from __future__ import annotations

from functools import partial

from verdigris.core import flags
from verdigris.core.model import Kind, Phase
from verdigris.core.records import RECORD_MIGRATIONS, SETTLE_FLAGS, Evidence
from verdigris.errors import PhaseFailed
from verdigris.phases.base import Bench
from verdigris.phases.waiting import answered

phase = Phase.FINALIZE


def ready(bench: Bench) -> None:
    """The new color serves, by the deploy table and by the pointer."""
    plan = bench.plan
    if bench.journal.flags().color is not plan.after:
        raise PhaseFailed(
            f"{plan.after} is not the live color; nothing of {plan.before} may be removed",
            next_command=f"verdigris status {plan.env}",
        )
    if bench.stores.pointer and bench.stores.pointer.read().live is not plan.after:
        raise PhaseFailed(
            f"the pointer does not send the traffic to {plan.after}",
            state="nothing was removed",
            next_command=f"verdigris doctor {plan.env}",
        )


def run(bench: Bench) -> Evidence:
    plan, stores = bench.plan, bench.stores
    bench.log.step(phase, RECORD_MIGRATIONS, lambda: _record(bench))
    if plan.moves_data:
        bench.log.step(phase, SETTLE_FLAGS, lambda: _settle_flags(bench))
    if plan.before is not None and stores.application is not None:
        bench.log.step(phase, "stop-application", partial(stores.application.stop, bench.place(plan.before)))
    if plan.kind is Kind.MIGRATE:
        if stores.index:
            for planned in plan.indexes:
                bench.log.step(phase, f"delete-index {planned.alias}", partial(stores.index.delete, planned.source))
        bench.log.step(phase, "delete-table", lambda: _delete_table(bench))
        stores.links.drop()
    return {"migrations": [migration.name for migration in plan.migrations], "live": plan.after.value}


def check(bench: Bench) -> None:
    pass


def undo(bench: Bench) -> None:
    raise PhaseFailed("what finalize removed is gone", next_command=f"verdigris status {bench.plan.env}")


def _record(bench: Bench) -> Evidence:
    bench.journal.record_applied({migration.name: migration.checksum for migration in bench.plan.migrations})
    return {"recorded": len(bench.plan.migrations)}


def _settle_flags(bench: Bench) -> Evidence:
    version = bench.plan.destination.value
    bench.journal.set_flags({flags.SOURCE_VERSION: version, flags.DESTINATION_VERSION: version, flags.MIGRATE: False})
    return {"version": version}


def _delete_table(bench: Bench) -> Evidence:
    """Never a table that the flags name: they were settled before, and are read again here."""
    plan = bench.plan
    now = bench.journal.flags()
    if plan.source in (now.source, now.destination):
        raise PhaseFailed(
            f"the flags still name {plan.source}; {plan.source_table} was not removed",
            where=plan.deploy_table,
            next_command=f"verdigris doctor {plan.env}",
        )
    with answered(bench):
        bench.stores.admin.delete(plan.source_table)
    return {"table": plan.source_table}
