"""Configuration and facts → plan: what the next deployment would do, and what stands in its way."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from verdigris.core.declared import Declared
from verdigris.core.model import Color, DataVersion, KeySchema, Kind, Phase
from verdigris.core.planned_indexes import FoundIndex, PlannedIndex

_ALWAYS = (Phase.PREFLIGHT, Phase.PROVISION, Phase.EXERCISE, Phase.APPROVE, Phase.SWITCH, Phase.BAKE, Phase.FINALIZE)

PHASES: dict[Kind, tuple[Phase, ...]] = {
    Kind.BOOTSTRAP: _ALWAYS,
    Kind.COLOR: _ALWAYS,
    Kind.INDEX: tuple(phase for phase in Phase if phase in {*_ALWAYS, Phase.REINDEX}),
    Kind.MIGRATE: tuple(Phase),
}


class PendingMigration(msgspec.Struct, frozen=True):
    """A migration that this deployment applies: its file name and SHA-256 over the file and what it imports."""

    name: str
    checksum: str


class NewShape(msgspec.Struct, frozen=True):
    """What `[table.destination]` makes of the table where that is another shape than the live one's.

    `create` is the whole body of a CreateTable request, without name and tags.
    """

    create: dict[str, Any]
    key_before: KeySchema
    key: KeySchema
    ttl_attribute: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    #: what is different, for people: `key pk+sk → id`, `index by-owner is new`
    changes: tuple[str, ...] = ()


class Plan(msgspec.Struct, frozen=True):
    """What a deployment does. The same inputs give the same `digest`; estimates and notes are not part of it."""

    env: str
    kind: Kind
    before: Color | None
    after: Color
    source: DataVersion
    destination: DataVersion
    source_table: str
    destination_table: str
    deploy_table: str
    indexes: tuple[PlannedIndex, ...]
    migrations: tuple[PendingMigration, ...]
    phases: tuple[Phase, ...]
    items_estimate: int | None = None
    bytes_estimate: int | None = None
    notes: tuple[str, ...] = ()
    #: None: the destination is made in the source's shape
    shape: NewShape | None = None
    #: the consumers of the destination's stream, as they were declared when it was planned
    consumers: tuple[Declared, ...] = ()
    #: the regions besides home in which the table that is made gets a replica
    replicas: tuple[str, ...] = ()
    source_domain: str | None = None  # of each data version; None: one cluster has the indexes of both
    destination_domain: str | None = None

    @property
    def digest(self) -> str:
        """SHA-256 (hex, 16 characters) over everything that is decided."""
        decided = msgspec.structs.replace(self, items_estimate=None, bytes_estimate=None, notes=())
        return hashlib.sha256(msgspec.json.encode(decided)).hexdigest()[:16]

    @property
    def new_key(self) -> KeySchema | None:
        """The destination's key, where another shape is made."""
        return self.shape.key if self.shape else None

    @property
    def moves_data(self) -> bool:
        return self.kind is Kind.MIGRATE

    @property
    def makes_table(self) -> bool:
        return self.kind in (Kind.BOOTSTRAP, Kind.MIGRATE)

    @property
    def follows_changes(self) -> bool:
        """Whether the live table's changes are settled until the flip: into another table, or an index only."""
        return self.kind in (Kind.INDEX, Kind.MIGRATE)


class TableState(msgspec.Struct, frozen=True):
    """What planning needs to know of one table."""

    exists: bool
    empty: bool = True
    stream_on: bool = False
    stream_has_images: bool = False
    items_estimate: int = 0
    bytes_estimate: int = 0
    #: its ARN: a table that was made anew has another
    stream: str = ""


class Facts(msgspec.Struct, frozen=True):
    """The world as it was found, read-only. `color` and `source` are None where the deploy table has no such flag."""

    color: Color | None
    source: DataVersion | None
    destination: DataVersion | None
    alpha: TableState
    beta: TableState
    pending: tuple[PendingMigration, ...]
    migration_faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    indexes: tuple[FoundIndex, ...] = ()
    #: the number that the next deployment will have
    deployment: int = 1
    has_shape: bool = True
    may_enable_stream: bool = False
    #: whether something can hold writes during a switch
    has_fence: bool = True
    production: bool = False
    #: what `[table.destination]` says that the live table is not; None where there is none of either
    shape: NewShape | None = None
    #: the color is not written in the deploy table: it is what scripts take it for
    color_implied: bool = False
    #: the data is to be migrated though nothing is pending: the flag `migrate` says so, or the command does
    forced: bool = False
    #: the regions besides home, and those of them in which there is a destination table
    other_regions: tuple[str, ...] = ()
    destination_regions: tuple[str, ...] = ()
    #: the new color's consumers that are declared, and functions that read the destination's stream and are not
    consumers: tuple[Declared, ...] = ()
    undeclared: tuple[str, ...] = ()
    #: those in which the source has no active replica, and in which state it is there ("": there is none)
    source_unready: tuple[tuple[str, str], ...] = ()
    #: whether the service has replicas at all
    has_replicas: bool = True
    #: whether finalize makes a backup of the old table before it deletes it
    backup: bool = False

    def table(self, version: DataVersion) -> TableState:
        return self.alpha if version is DataVersion.ALPHA else self.beta


class Names(msgspec.Struct, frozen=True):
    """What things are called in this environment: version → table, and → search domain where each has its own."""

    env: str
    deploy_table: str
    tables: dict[DataVersion, str]
    domains: dict[DataVersion, str] = {}


def decide_kind(facts: Facts) -> Kind:
    """Nothing live yet: bootstrap. Pending migrations, or told to by the flag: migrate. Else the color only, with the
    indexes that must be made anew."""
    if facts.color is None:
        return Kind.BOOTSTRAP
    if facts.pending or facts.forced:
        return Kind.MIGRATE
    return Kind.INDEX if any(index.why for index in facts.indexes) else Kind.COLOR


def make_plan(names: Names, facts: Facts) -> Plan:
    """The plan for these facts. It may have `faults`; it is the caller who refuses then."""
    kind = decide_kind(facts)
    source = facts.source or DataVersion.ALPHA
    destination = source.other if kind is Kind.MIGRATE else source
    state = facts.table(source)
    return Plan(
        env=names.env,
        kind=kind,
        before=facts.color,
        after=facts.color.other if facts.color else Color.BLUE,
        source=source,
        destination=destination,
        source_table=names.tables[source],
        destination_table=names.tables[destination],
        deploy_table=names.deploy_table,
        indexes=tuple(_index(found, kind, destination, facts) for found in facts.indexes),
        migrations=facts.pending,
        phases=PHASES[kind],
        items_estimate=state.items_estimate if state.exists else None,
        bytes_estimate=state.bytes_estimate if state.exists else None,
        notes=facts.notes + _notes(kind, facts) + _shape_notes(kind, facts),
        shape=facts.shape if kind is Kind.MIGRATE else None,
        consumers=facts.consumers if kind is Kind.MIGRATE else (),
        replicas=facts.other_regions if kind in (Kind.BOOTSTRAP, Kind.MIGRATE) else (),
        source_domain=names.domains.get(source),
        destination_domain=names.domains.get(destination),
    )


def _index(found: FoundIndex, kind: Kind, version: DataVersion, facts: Facts) -> PlannedIndex:
    """What becomes of one index. A new one is named after the deployment that makes it: no name is ever used twice, so
    nothing that was meant for an old index can reach a new one."""
    anew = kind is Kind.MIGRATE or (kind is Kind.INDEX and found.why)
    kept = None if anew else found.live
    return PlannedIndex(
        found.alias,
        found.live,
        kept or f"{found.alias}-{version}-{facts.deployment}",
        found.variable,
        None if kind is Kind.BOOTSTRAP and not facts.table(version).empty else found.recipe,
        found.why if kind is Kind.INDEX else "",
        found.by,
    )


_UNPROVEN = (
    "the fence is unproven: nothing holds writes during the switch, so what is written in those seconds may be lost; "
    "stop the writers before you approve"
)
_UNHELD = "nothing holds writes during the switch: what changes in those seconds is indexed right after it"
_FORCED = "no migration is pending: the data is copied because somebody wants it (the flag migrate, or --migrate)"


def _notes(kind: Kind, facts: Facts) -> tuple[str, ...]:
    if kind is Kind.BOOTSTRAP:
        holds = not facts.table(facts.source or DataVersion.ALPHA).empty
        return tuple(
            f"the index {found.alias} is made empty, and the table holds items: the next deployment fills it"
            for found in facts.indexes
            if holds and found.live is None
        )
    if kind is not Kind.MIGRATE:
        unheld = (_UNHELD,) if kind is Kind.INDEX and not facts.has_fence else ()
        return unheld + tuple(
            f"nothing says what {found.live} was made of: it is taken as it is"
            for found in facts.indexes
            if found.made_of is None and not found.why
        )
    return (*(() if facts.has_fence else (_UNPROVEN,)), *(() if facts.pending else (_FORCED,)))


def _shape_notes(kind: Kind, facts: Facts) -> tuple[str, ...]:
    if kind is not Kind.BOOTSTRAP or facts.shape is None:
        return ()
    changes = ", ".join(facts.shape.changes)
    return (f"the table is taken as it is; [table.destination] wants another one: {changes}",)
