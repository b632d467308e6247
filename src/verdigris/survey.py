"""The world as it is found, read-only: what a plan is made from. Imports no user code."""

from __future__ import annotations

from collections.abc import Iterator

from verdigris.core.declared import undeclared
from verdigris.core.flags import Flags
from verdigris.core.machine import State
from verdigris.core.model import Color, DataVersion
from verdigris.core.planning import Facts, PendingMigration, Plan, TableState
from verdigris.core.records import RECORD_MIGRATIONS, Outcome, Started
from verdigris.core.regions import REPLICA_STEP, not_whole
from verdigris.core.snapshot import Snapshot
from verdigris.errors import StoreError
from verdigris.indexes import indexes_found
from verdigris.migrations.checksum import checksum
from verdigris.migrations.discovery import discover
from verdigris.migrations.state import Comparison, compare
from verdigris.shaping import first_shape, new_shape
from verdigris.stores.base import TableFacts
from verdigris.wiring import Wiring


def migration_files(wiring: Wiring) -> tuple[dict[str, str], tuple[str, ...]]:
    """File name → checksum, and notes. Imports nothing. Raises MigrationError."""
    found = discover(wiring.config.migrations_folder)
    sums = {file.name: checksum(file.path, wiring.roots) for file in found.files}
    return sums, tuple(note.text for note in found.notes)


def migrations(wiring: Wiring) -> Comparison:
    """The folder against what is recorded as applied."""
    checksums, _ = migration_files(wiring)
    return compare(checksums, wiring.journal.applied(), _deployed(wiring))


def _deployed(wiring: Wiring) -> dict[str, int]:
    """Migration → the deployment that recorded it as applied. The journal knows it too, so that a record which somebody
    removed lets no migration run twice."""
    found: dict[str, int] = {}
    plan: Plan | None = None
    for record in wiring.journal.records():
        match record.body:
            case Started(begun):
                plan = begun
            case Outcome(_, step) if plan and step == RECORD_MIGRATIONS:
                found |= {migration.name: record.deployment for migration in plan.migrations}
    return found


def facts(wiring: Wiring, *, may_enable_stream: bool = False, migrate: bool = False) -> Facts:
    """The world as it is, read-only; no user code is imported. `migrate`: it is asked for, whatever the flag says."""
    flags = wiring.journal.flags()
    checksums, notes = migration_files(wiring)
    compared = compare(checksums, wiring.journal.applied(), _deployed(wiring))
    source = flags.source or DataVersion.ALPHA
    live = wiring.admin.describe(wiring.names.tables[source])
    forced = flags.migrate or migrate
    return Facts(
        color=flags.color,
        source=flags.source,
        destination=flags.destination,
        alpha=_table_state(wiring, DataVersion.ALPHA),
        beta=_table_state(wiring, DataVersion.BETA),
        pending=tuple(PendingMigration(name, checksums[name]) for name in compared.pending),
        migration_faults=compared.faults,
        notes=notes + compared.notes,
        indexes=indexes_found(wiring, source),
        deployment=wiring.journal.deployments() + 1,
        color_implied=flags.color_implied,
        forced=forced,
        other_regions=wiring.env.regions[1:],
        destination_regions=tuple(_regions_of(wiring, wiring.names.tables[source.other])),
        source_unready=tuple(_unready(wiring, live)),
        has_replicas=not wiring.env.local,
        backup=wiring.env.backs_up,
        has_fence=wiring.env.has_fence,
        production=wiring.env.production,
        has_shape=first_shape(wiring.config) is not None,
        shape=new_shape(wiring.config, live.shape if live else None),
        consumers=(declared := wiring.env.consumers(flags.color.other if flags.color else Color.BLUE)),
        undeclared=undeclared(tuple(_readers(wiring, wiring.names.tables[source.other])), declared)
        if compared.pending or forced
        else (),
        may_enable_stream=may_enable_stream or wiring.env.enable_stream,
    )


def _table_state(wiring: Wiring, version: DataVersion) -> TableState:
    name = wiring.names.tables[version]
    facts = wiring.admin.describe(name)
    if facts is None:
        return TableState(exists=False)
    return TableState(
        exists=True,
        empty=wiring.admin.is_empty(name),
        stream_on=facts.stream is not None,
        stream=facts.stream or "",
        stream_has_images=facts.stream_view == "NEW_AND_OLD_IMAGES",
        items_estimate=facts.items_estimate,
        bytes_estimate=facts.bytes_estimate,
    )


def _regions_of(wiring: Wiring, table: str) -> Iterator[str]:
    """The regions besides home in which there is a table of this name."""
    for region in wiring.env.regions[1:]:
        if wiring.admin_of(region).describe(table):
            yield region


def _readers(wiring: Wiring, table: str) -> Iterator[str]:
    """The functions that are given the changes of a table, if it is there."""
    facts = wiring.admin.describe(table)
    if wiring.consumers and facts and facts.stream:
        yield from (one.function for one in wiring.consumers.of(facts.stream))


def replica_faults(wiring: Wiring, flags: Flags, last: Snapshot | None) -> tuple[str, ...]:
    """What is the matter with the replicas of the tables that serve, and of the one on the other side of the way back
    or forward. Asks AWS, and only where there are several regions."""
    others = () if wiring.env.local else wiring.env.regions[1:]
    if not others:
        return ()
    names = [wiring.names.tables[flags.source]] if flags.source else []
    if last and not last.ended and last.plan.moves_data:
        names = [] if last.state is State.FINALIZE else [last.plan.source_table]
        if last.state is not State.ABORTING and all(last.evidence(f"{REPLICA_STEP}{one}") for one in others):
            names.append(last.plan.destination_table)
    return tuple(fault for name in names if (fault := _replica_fault(wiring, name, others)))


def _replica_fault(wiring: Wiring, name: str, regions: tuple[str, ...]) -> str:
    try:
        facts = wiring.admin.describe(name)
    except StoreError as error:
        return f"whether {name} is in every region is not known: {error.what}"
    if facts is None:
        return f"the table {name} is gone"
    return not_whole(name, regions, {one.region: one.status for one in facts.replicas})


def _unready(wiring: Wiring, table: TableFacts | None) -> Iterator[tuple[str, str]]:
    """The regions besides home in which a table has no active replica, as its home knows it, and the state there."""
    there = {replica.region: replica.status for replica in table.replicas} if table else {}
    for region in wiring.env.regions[1:]:
        if (state := there.get(region, "")) != "ACTIVE":
            yield region, state
