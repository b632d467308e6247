"""finalize: the only phase that destroys anything of the old color. Flags first: no name may point to a ruin."""

from __future__ import annotations

from functools import partial

from verdigris.core import flags
from verdigris.core.model import Color, Phase
from verdigris.core.records import RECORD_MIGRATIONS, SETTLE_FLAGS, Evidence
from verdigris.errors import PhaseFailed
from verdigris.phases import domains, machinery, replicas
from verdigris.phases.backup import back_up
from verdigris.phases.base import Bench
from verdigris.phases.waiting import answered

phase = Phase.FINALIZE

_INDEX, _MAPPING = "delete-index ", "delete-mapping "


def ready(bench: Bench) -> None:
    """The new color serves, by the deploy table and by the pointer. Raises PhaseFailed; nothing was changed then."""
    plan = bench.plan
    if bench.journal.flags().color is not plan.after:
        raise PhaseFailed(
            f"{plan.after} is not the live color; nothing of {plan.before} may be removed",
            next_command=f"verdigris status {plan.env}",
        )
    live = bench.stores.pointer.read().live if bench.stores.pointer else plan.after
    if live is not plan.after:
        raise PhaseFailed(
            f"traffic goes to {live or 'neither color'}, not to {plan.after}",
            where="the live pointer",
            state="nothing was removed",
            next_command=f"verdigris doctor {plan.env}",
        )
    if fault := replicas.wrong(bench):
        mend = replicas.make_again(bench, plan.destination_table)
        again = f"verdigris finalize {plan.env} --confirm {plan.env}"
        raise PhaseFailed(
            f"{fault}; nothing of {plan.before} may be removed",
            where=plan.destination_table,
            state="nothing was removed",
            next_command=f"{mend}, then: {again}" if mend else again,
        )


def run(bench: Bench) -> Evidence:
    plan, stores, step = bench.plan, bench.stores, partial(bench.log.step, phase)
    evidence: Evidence = {"migrations": [migration.name for migration in plan.migrations], "live": plan.after.value}
    if plan.moves_data and bench.settings.backup:
        evidence |= step("back-up", lambda: back_up(bench))
    step(RECORD_MIGRATIONS, lambda: _record(bench))
    if plan.moves_data:
        step(SETTLE_FLAGS, lambda: _settle_flags(bench))
    if plan.before is not None:
        _delete_mappings(bench, plan.before)
        if stores.application is not None:
            step("stop-application", partial(stores.application.stop, bench.place(plan.before)))
    if plan.moves_data and stores.domains and plan.source_domain:
        step(domains.DELETE, partial(domains.remove_source, bench, stores.domains, plan.source_domain))
    else:
        _delete_indexes(bench)
    if plan.moves_data:
        step("delete-table", lambda: _delete_table(bench))
    step("remove-machinery", lambda: machinery.remove(bench))
    return evidence | _removed(bench)


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
    there = bench.stores.admin.describe(plan.source_table) is not None
    with answered(bench):
        bench.stores.admin.delete(plan.source_table)
    return {"table": plan.source_table, "was_there": there or bench.log.announced_before("delete-table")}


def _delete_mappings(bench: Bench, color: Color) -> None:
    """Before the application: API Gateway keeps an API as long as a mapping leads to it."""
    for mappings in bench.stores.mappings:
        for name in mappings.leading_to(color):
            bench.hold()
            bench.log.step(phase, f"{_MAPPING}{name}", partial(mappings.delete, name, color))


def _delete_indexes(bench: Bench) -> None:
    for planned in bench.plan.indexes if bench.stores.search(bench.plan.source) else ():
        if planned.built and planned.source:
            delete = partial(_delete_index, bench, planned.alias, planned.source)
            bench.log.step(phase, f"{_INDEX}{planned.alias}", delete)


def _delete_index(bench: Bench, alias: str, name: str) -> Evidence:
    """Never what the alias points to: a late write to a deleted index of that name would make another one."""
    index = bench.stores.search(bench.plan.source)
    assert index is not None  # only asked for where there is one
    if index.alias(alias) == name:
        raise PhaseFailed(
            f"the alias {alias} points to {name}: it is what is searched",
            where=name,
            state=f"{name} was not removed",
            next_command=f"verdigris doctor {bench.plan.env}",
        )
    there = index.exists(name)
    index.delete(name)
    return {"index": name, "was_there": there or bench.log.announced_before(f"{_INDEX}{alias}")}


def _removed(bench: Bench) -> Evidence:
    """What was removed, and what was not there, by the steps of every run."""
    steps = {name: evidence or {} for name, evidence in bench.snapshot.steps.items()}
    indexes = [evidence for name, evidence in steps.items() if name.startswith(_INDEX)]
    whole = [steps[name] for name in (domains.DELETE, "delete-table") if name in steps]
    gone = [_name(one) for one in (*indexes, *whole) if one["was_there"]]
    gone += [name.removeprefix(_MAPPING) for name in steps if name.startswith(_MAPPING)]
    not_there = [_name(one) for one in (*indexes, *whole) if not one["was_there"]]
    return {"removed": gone, "not_there": not_there}


def _name(removed: Evidence) -> str:
    return str(next(removed[kind] for kind in ("index", "domain", "table") if kind in removed))
