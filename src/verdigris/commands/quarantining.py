"""quarantine list, show, redrive, discard: what could not be carried along, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from verdigris import survey
from verdigris.commands.sessions import Session, latest, nothing_yet, session
from verdigris.commands.trying import parse_key
from verdigris.config.model import Config
from verdigris.core.keys import Schemas
from verdigris.core.model import Key, KeySchema
from verdigris.core.planning import PendingMigration, Plan
from verdigris.core.quarantine import Entry, Held, Payload
from verdigris.core.snapshot import Snapshot
from verdigris.errors import NotFound, UsageError
from verdigris.indexes import code_of_documents
from verdigris.journal.holder import me
from verdigris.journal.quarantine import QuarantineRows
from verdigris.migrations.discovery import discover
from verdigris.migrations.loading import load_migrations
from verdigris.phases import redriving
from verdigris.phases.log import Log
from verdigris.wiring import Hooks, Wiring

_SCHEMA = KeySchema((("pk", "S"), ("sk", "S")))


@dataclass(frozen=True)
class Listed:
    """The quarantine of the last deployment, those that wait first."""

    env: str
    deployment: int
    schemas: Schemas
    entries: Sequence[Entry]

    @property
    def waiting(self) -> int:
        return sum(entry.discarded is None for entry in self.entries)


@dataclass(frozen=True)
class Shown:
    """What is in quarantine under one key."""

    env: str
    schemas: Schemas
    entries: Sequence[tuple[Entry, Payload]]


@dataclass(frozen=True)
class Redriven:
    """What was settled and what is left; `mended` are the migrations that were taken over as they are now."""

    env: str
    schemas: Schemas
    mended: Sequence[str]
    settled: Sequence[Entry]
    left: Sequence[Entry]
    #: the backfill is not done yet: replay will do it
    put_off: bool
    snapshot: Snapshot


def list_quarantine(config: Config, env: str) -> Listed:
    """What the last deployment could not carry along. Read-only."""
    wiring = Wiring(config, env)
    snapshot = _last(wiring)
    entries = QuarantineRows(wiring.journal, snapshot.deployment).entries()
    entries.sort(key=lambda entry: (entry.discarded is not None, entry.first_at, entry.unit))
    return Listed(env, snapshot.deployment, _schemas(wiring, snapshot.plan), entries)


def show_quarantined(config: Config, env: str, key: str) -> Shown:
    """Everything that is kept under a key (`pk=…,sk=…`): payload, error, traceback. Read-only."""
    wiring = Wiring(config, env)
    snapshot = _last(wiring)
    schemas = _schemas(wiring, snapshot.plan)
    rows = QuarantineRows(wiring.journal, snapshot.deployment)
    found = [(entry, rows.payload(entry)) for entry in _under(key, schemas, rows.entries())]
    if not found:
        raise _not_there(env, key)
    return Shown(env, schemas, found)


def mended_migrations(config: Config, env: str) -> list[str]:
    """The migrations of the deployment under way whose files are not what was planned any more. Imports none."""
    wiring = Wiring(config, env)
    return [before.name for before, now in _compared(wiring, _last(wiring).plan) if before != now]


def redrive(config: Config, env: str, *, accept: bool = False, hooks: Hooks | None = None) -> Redriven:
    """Settles again what waits, with the migrations as they are in the folder now.

    Where their files have changed `accept` must say so: they become the plan's, and whatever was proven and approved
    of the old ones is to be proven and approved again. Raises UsageError without it.
    """
    with session(Wiring(config, env), f"quarantine redrive {env}", hooks or Hooks()) as held:
        log = _open(held)
        wiring = held.wiring
        schemas = _schemas(wiring, log.snapshot.plan)
        waiting = held.bench(log).quarantine.waiting
        if not waiting:
            return Redriven(env, schemas, (), (), (), False, log.snapshot)
        compared = _compared(wiring, log.snapshot.plan)
        changed = [now.name for before, now in compared if before != now]
        if changed and not accept:
            raise _unaccepted(env, changed)
        # Where a document was refused the code that makes it is what was mended: all are proven again.
        if changed or any(entry.held is Held.DOCUMENT for entry in waiting):
            _prove_loadable(wiring, log.snapshot.plan)
            migrations = tuple(now for _, now in compared)
            redriving.mend(wiring.journal, log, me("", "").who, migrations, code_of_documents(wiring))
        done = redriving.redrive(held.bench(log))
        return Redriven(env, schemas, changed, done.settled, done.left, done.put_off, log.snapshot)


def discard(config: Config, env: str, key: str, comment: str, *, hooks: Hooks | None = None) -> Redriven:
    """Gives up what waits under a key: it is deleted in the destination unless another living source produces it.

    Who said so and why is kept, and named in the evidence of the switch.
    """
    if not comment.strip():
        raise UsageError(
            "a comment is needed: it is the only trace of why the item is not carried along",
            state="nothing was changed",
            next_command=f"verdigris quarantine show {key} {env}",
        )
    with session(Wiring(config, env), f"quarantine discard {env}", hooks or Hooks()) as held:
        log = _open(held)
        schemas = _schemas(held.wiring, log.snapshot.plan)
        bench = held.bench(log)
        entries = _under(key, schemas, bench.quarantine.waiting)
        if not entries:
            raise _not_there(env, key)
        done = redriving.discard(bench, entries, me("", "").who, comment)
        return Redriven(env, schemas, (), done.settled, done.left, done.put_off, log.snapshot)


def _last(wiring: Wiring) -> Snapshot:
    snapshot = latest(wiring.journal)
    if snapshot is None:
        raise nothing_yet(wiring)
    return snapshot


def _open(held: Session) -> Log:
    """The deployment under way, if something can still be settled in it. Raises UsageError."""
    log = held.current()
    if log is None:
        raise nothing_yet(held.wiring)
    snapshot = log.snapshot
    if not redriving.may_redrive(snapshot):
        raise UsageError(
            f"nothing can be settled now: deployment {snapshot.deployment} is {snapshot.state}",
            state="nothing was changed",
            next_command=f"verdigris status {held.wiring.name}",
        )
    return log


def _schemas(wiring: Wiring, plan: Plan) -> Schemas:
    """The keys' attributes; after the end only one of the two tables is left."""
    if plan.shape:
        return Schemas(plan.shape.key_before, plan.shape.key)
    for table in (plan.source_table, plan.destination_table):
        if (facts := wiring.admin.describe(table)) is not None:
            return Schemas(facts.key, facts.key)
    return Schemas(_SCHEMA, _SCHEMA)


def _under(text: str, schemas: Schemas, entries: Iterable[Entry]) -> list[Entry]:
    """The entries under a key, whatever they are about: a key of the source, or one of the destination.

    Raises UsageError if it is neither.
    """
    wanted: dict[KeySchema, Key] = {}
    for schema in dict.fromkeys(schemas):
        try:
            wanted[schema] = parse_key(schema, text)
        except UsageError:
            if not wanted and schema is schemas.destination:
                raise
    return [entry for entry in entries if entry.key == wanted.get(entry.schema(schemas))]


def _compared(wiring: Wiring, plan: Plan) -> list[tuple[PendingMigration, PendingMigration]]:
    """Each planned migration, and as it is now. Raises UsageError if one is gone."""
    checksums, _ = survey.migration_files(wiring)
    gone = [migration.name for migration in plan.migrations if migration.name not in checksums]
    if gone:
        raise UsageError(
            f"migrations of this deployment are gone: {', '.join(gone)}",
            where=str(wiring.config.migrations_folder),
            state="nothing was changed",
            next_command=f"put them back, then: verdigris quarantine redrive {wiring.name}",
        )
    return [(one, msgspec.structs.replace(one, checksum=checksums[one.name])) for one in plan.migrations]


def _prove_loadable(wiring: Wiring, plan: Plan) -> None:
    """Raises MigrationError before anything is recorded."""
    names = {migration.name for migration in plan.migrations}
    files = [file for file in discover(wiring.config.migrations_folder).files if file.name in names]
    load_migrations(files, wiring.roots)


def _unaccepted(env: str, changed: Sequence[str]) -> UsageError:
    return UsageError(
        f"{', '.join(changed)} {'is' if len(changed) == 1 else 'are'} not what was planned; with --yes it goes on with "
        "what is in the folder now, and everything is verified, exercised and approved again",
        state="nothing was changed",
        next_command=f"verdigris quarantine redrive {env} --yes",
    )


def _not_there(env: str, key: str) -> NotFound:
    return NotFound(
        f"nothing waits in quarantine under {key}",
        state="nothing was changed",
        next_command=f"verdigris quarantine list {env}",
    )
