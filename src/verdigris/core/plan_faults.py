"""What stands in a plan's way, all of it at once, each with what to type about it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from verdigris.core.declared import Builder
from verdigris.core.model import Kind
from verdigris.core.planning import Facts, Plan, TableState
from verdigris.core.standing import unexplained


class Fault(msgspec.Struct, frozen=True):
    """Something that keeps the plan from being carried out, and what to type about it."""

    what: str
    next_command: str = ""


def faults(plan: Plan, facts: Facts) -> Sequence[Fault]:
    """Everything that stands in the plan's way, all at once."""
    found = [Fault(text, f"verdigris migrations list {plan.env}") for text in facts.migration_faults]
    if facts.color_implied or (facts.color is not None and facts.source is None):
        missing = "current-color" if facts.color_implied else "source-table-version"
        found.append(
            Fault(f"{missing} is not written in {plan.deploy_table}: scripts ran here", f"verdigris adopt {plan.env}")
        )
    elif facts.color is not None and (wrong := unexplained(facts.source, facts.destination)):
        found.append(Fault(wrong, f"verdigris doctor {plan.env}"))
    source = facts.table(plan.source)
    if plan.kind is Kind.BOOTSTRAP:
        found += _bootstrap_faults(plan, facts, source)
    elif not source.exists:
        found.append(Fault(f"the source table {plan.source_table} does not exist", f"verdigris doctor {plan.env}"))
    found += [
        Fault(index.fault, index.remedy or f"verdigris doctor {plan.env}") for index in facts.indexes if index.fault
    ]
    found += _region_faults(plan, facts, source)
    if plan.kind is Kind.MIGRATE:
        found += _migration_faults(plan, facts, source)
    if plan.follows_changes:
        found += _stream_faults(plan, facts, source)
    if plan.kind is Kind.INDEX:
        found += [
            Fault(
                f"the application builds {index.alias} from the stream of a table that is filled, and no migration is "
                f"pending that would fill one ({index.why})",
                f'verdigris set {plan.env} migrate true, which copies the data as it is; or by = "verdigris"',
            )
            for index in facts.indexes
            if index.why and index.by is Builder.APPLICATION
        ]
    if plan.kind in (Kind.COLOR, Kind.INDEX) and facts.shape:
        found.append(
            Fault(
                f"[table.destination] says what {plan.source_table} is not ({', '.join(facts.shape.changes)}), and "
                "no migration is pending; only a deployment that migrates makes a table",
                "take [table.destination] out until the next migration, or make one (verdigris migrations new "
                f"another_shape), or copy the data as it is: verdigris set {plan.env} migrate true",
            )
        )
    return found


def _region_faults(plan: Plan, facts: Facts, source: TableState) -> list[Fault]:
    """A table of several regions is whole, or is made whole while it is empty."""
    if plan.replicas and not facts.has_replicas:
        what = f"{plan.env} has {len(plan.replicas) + 1} regions, and the embedded engines have no replicas"
        return [Fault(what, "leave one region in [environments], or take away local = true")]
    if not source.exists or (plan.kind is Kind.BOOTSTRAP and source.empty):
        return []
    name = plan.source_table
    return [
        Fault(f"the replica of {name} in {region} is {state}", f"verdigris plan {plan.env}")
        if state
        else Fault(
            f"{name} is there at home, and has no replica in {region}: the application reads nothing there",
            f"aws dynamodb update-table --table-name {name} --replica-updates 'Create={{RegionName={region}}}'",
        )
        for region, state in facts.source_unready
    ]


def _bootstrap_faults(plan: Plan, facts: Facts, source: TableState) -> list[Fault]:
    if not source.exists and not facts.has_shape:
        return [
            Fault(
                f"{plan.source_table} does not exist, and [table] shape does not say how to make it",
                'add [table] shape = "table.json" to verdigris.toml',
            )
        ]
    if source.exists and not source.empty and plan.migrations:
        names = " ".join(migration.name for migration in plan.migrations)
        return [
            Fault(
                f"{plan.source_table} holds items, but nothing says which migrations it has been through",
                f"verdigris migrations record {plan.env} {names}",
            )
        ]
    return []


def _migration_faults(plan: Plan, facts: Facts, source: TableState) -> list[Fault]:
    found = []
    destination = facts.table(plan.destination)
    if destination.exists and not destination.empty:
        found.append(
            Fault(
                f"the destination table {plan.destination_table} exists and holds items; nothing is written to it",
                f"verdigris clean {plan.env}",
            )
        )
    elif facts.destination_regions:
        found.append(
            Fault(
                f"the destination table {plan.destination_table} exists in {', '.join(facts.destination_regions)}",
                f"verdigris clean {plan.env}",
            )
        )
    found += [
        Fault(
            f"{function} reads the stream of {plan.destination_table}, and no [[consumer]] says what it does",
            f'declare it in verdigris.toml ([[consumer]] function = "{function.partition(":")[0]}")',
        )
        for function in facts.undeclared
    ]
    if facts.production and not facts.has_fence:
        found.append(
            Fault(
                "nothing can hold writes during the switch, and production refuses an unproven fence",
                f"set [environments.{plan.env}] production = false only if the writers are stopped by other means",
            )
        )
    return found


def _stream_faults(plan: Plan, facts: Facts, source: TableState) -> list[Fault]:
    found = []
    if source.exists and not source.stream_on and not facts.may_enable_stream:
        found.append(
            Fault(
                f"the source table {plan.source_table} has no stream, and live changes cannot be followed without one",
                f"verdigris deploy {plan.env} --enable-stream",
            )
        )
    if source.stream_on and not source.stream_has_images:
        found.append(
            Fault(
                f"the stream of {plan.source_table} does not carry NEW_AND_OLD_IMAGES",
                "turn the stream off and on again with both images",
            )
        )
    return found
