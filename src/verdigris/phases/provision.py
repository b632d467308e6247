"""provision: the empty table and indexes of the other data version, and the other color's application."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from verdigris.core import flags
from verdigris.core.declared import Builder
from verdigris.core.model import Kind, Phase
from verdigris.core.records import SET_FLAGS, Evidence, Intent, Outcome
from verdigris.errors import AlreadyThere, NotFound, PhaseFailed
from verdigris.phases import consumers, domains, replicas
from verdigris.phases.base import Bench, IndexPlan
from verdigris.phases.waiting import answered, wait_for_others

phase = Phase.PROVISION

START = "start-application"


def ready(bench: Bench) -> None:
    pass


def run(bench: Bench) -> Evidence:
    plan, stores = bench.plan, bench.stores
    evidence: Evidence = {}
    if plan.makes_table:
        bench.log.step(phase, SET_FLAGS, lambda: _set_flags(bench))
        made = bench.log.step(phase, "create-table", lambda: _create_table(bench))
        evidence["table"] = plan.destination_table
        evidence["table_made"] = made["made"]
        replicas.make(bench)
        if plan.moves_data and _is_consumed(bench):
            bench.log.step(
                phase, "enable-stream", lambda: {"stream": stores.admin.enable_stream(plan.destination_table)}
            )
    evidence |= domains.make(bench)
    for index in bench.indexes():
        bench.log.step(phase, f"create-index {index.alias}", partial(_create_index, bench, index))
    evidence["application"] = ensure_application(bench)
    consumers.attend(bench)
    return evidence


def check(bench: Bench) -> None:
    """What was made is still there."""
    plan = bench.plan
    if plan.makes_table and bench.stores.admin.describe(plan.destination_table) is None:
        raise _vanished(bench, f"the table {plan.destination_table}")
    replicas.demand(bench)
    domains.demand(bench)
    for index in bench.indexes():
        if bench.index and not bench.index.exists(index.physical):
            raise _vanished(bench, f"the index {index.physical}")


def undo(bench: Bench) -> None:
    """Removes the application, indexes and table that this deployment made, then sets the flags back."""
    plan, stores = bench.plan, bench.stores
    consumers.stop(bench)  # a late write of theirs would make an index anew
    if stores.application and START in bench.snapshot.steps:
        stores.application.stop(bench.place(plan.after))
    for index in () if domains.remove_made(bench) else bench.indexes():
        if bench.index and _made(bench, f"create-index {index.alias}", partial(_no_documents, bench, index)):
            bench.index.delete(index.physical)
    if not plan.makes_table:
        return
    stores.links.drop()
    if any(_unanswered(bench, step) for step in ("create-table", *replicas.steps(bench))):
        wait_for_others(bench, "a creation of the table by an earlier run")
    if _made(bench, "create-table", partial(stores.admin.is_empty, plan.destination_table)):
        _remove_table(bench)
    if plan.kind is Kind.MIGRATE:
        bench.journal.set_flags({flags.DESTINATION_VERSION: plan.source.value, flags.MIGRATE: False})


def _unanswered(bench: Bench, step: str) -> bool:
    return step in bench.snapshot.steps and bench.snapshot.evidence(step) is None


def _remove_table(bench: Bench) -> None:
    """The first table of an environment may have been filled by people meanwhile: then it is theirs."""
    name = bench.plan.destination_table
    if bench.plan.kind is Kind.MIGRATE or bench.stores.admin.is_empty(name):
        with answered(bench):
            bench.stores.admin.delete(name)


def _is_consumed(bench: Bench) -> bool:
    """Whether others read the destination's stream: it is on before their application is made, and before a put."""
    return bool(bench.consumers) or any(index.by is Builder.APPLICATION for index in bench.indexes())


def ensure_application(bench: Bench) -> str:
    """Starts the new color's application if it does not run; its address, or "none" if something else deploys it."""
    application, plan = bench.stores.application, bench.plan
    if application is None:
        return "none"
    place = bench.place(plan.after)
    # What this deployment has not started to the end is half of it, or left from another one.
    whole = bench.snapshot.evidence(START) is not None
    address = application.address(place) if whole else None
    if address is None:
        bench.log.append(Intent(phase, START))
        address = application.start(place)
        bench.log.append(Outcome(phase, START, {"address": address}))
    if bench.stores.pointer:
        bench.stores.pointer.register(plan.after, address)
    return address


def _set_flags(bench: Bench) -> Evidence:
    plan = bench.plan
    bench.journal.set_flags(
        {
            flags.SOURCE_VERSION: plan.source.value,
            flags.DESTINATION_VERSION: plan.destination.value,
            flags.MIGRATE: plan.moves_data,
        }
    )
    return {"source": plan.source.value, "destination": plan.destination.value}


def _create_table(bench: Bench) -> Evidence:
    admin, plan = bench.stores.admin, bench.plan
    name = plan.destination_table
    wait_for_others(bench, "a removal of the table by an earlier run")
    try:
        # Time to live is turned on after the switch: until then nothing but Verdigris may delete there.
        with answered(bench):
            admin.create(name, replace(bench.shape(), ttl_attribute=None) if plan.moves_data else bench.shape())
    except AlreadyThere:
        # A run that died between the effect and its record, or an empty table that somebody prepared. A bootstrap
        # takes the table as it is: it is the data.
        if plan.kind is Kind.MIGRATE:
            if not admin.is_empty(name):
                raise
            _demand_key(bench)
        return {"made": bench.log.announced_before("create-table")}
    return {"made": True}


def _demand_key(bench: Bench) -> None:
    """A table that somebody prepared has the key that the items will have."""
    name, wanted = bench.plan.destination_table, bench.shape().key
    facts = bench.stores.admin.describe(name)
    if facts is not None and facts.key != wanted:
        raise PhaseFailed(
            f"{name} is there already, and its key is {'+'.join(facts.key.names)}; {'+'.join(wanted.names)} is planned",
            where=name,
            state="it is empty; nothing was written to it",
            next_command=f"aws dynamodb delete-table --table-name {name}",
        )


def _create_index(bench: Bench, index: IndexPlan) -> Evidence:
    alias, physical = index.alias, index.physical
    if bench.index is None:
        raise PhaseFailed(
            "an index is configured, but no search cluster is", next_command="see [environments] endpoints"
        )
    try:
        bench.index.create(physical, index.mappings)
    except AlreadyThere:
        if bench.plan.follows_changes and bench.index.count(physical):
            raise
        return {"made": bench.log.announced_before(f"create-index {alias}")}
    return {"made": True}


def _made(bench: Bench, step: str, still_empty: Callable[[], bool]) -> bool:
    """Whether this deployment made it. A step that was announced and never answered may have met what others made:
    then it counts as ours only as long as nothing is in it."""
    if step not in bench.snapshot.steps:
        return False
    evidence = bench.snapshot.evidence(step)
    if evidence is not None:
        return bool(evidence["made"])
    try:
        return still_empty()
    except NotFound:
        return False


def _no_documents(bench: Bench, index: IndexPlan) -> bool:
    return bench.index is not None and bench.index.count(index.physical) == 0


def _vanished(bench: Bench, what: str) -> PhaseFailed:
    return PhaseFailed(
        f"{what} was made by this deployment, and is gone",
        state=f"{bench.plan.before} serves on, untouched",
        next_command=f"verdigris abort {bench.plan.env}",
    )
