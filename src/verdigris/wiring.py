"""One environment with its adapters: where configuration meets the world. Nothing is connected before it is needed."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import botocore.session

from verdigris.config.model import Config, Environment
from verdigris.core.model import Color, DataVersion, Key, KeySchema, Place
from verdigris.core.planning import Facts, Names, PendingMigration, TableState
from verdigris.core.records import Evidence, Record
from verdigris.core.transform import Transform
from verdigris.engines.threads import Threads
from verdigris.errors import ConfigError, PhaseFailed
from verdigris.journal.dynamodb import DynamoRows
from verdigris.journal.holder import me
from verdigris.journal.journal import Journal
from verdigris.journal.lease import LeaseKeeper
from verdigris.migrations.checksum import checksum
from verdigris.migrations.discovery import discover
from verdigris.migrations.loading import load_function, load_migrations
from verdigris.migrations.state import Comparison, compare
from verdigris.phases.base import Bench, IndexPlan, Progress, Settings, Stores
from verdigris.phases.log import Log
from verdigris.stores.aws import Aws
from verdigris.stores.base import (
    Application,
    ChangeStream,
    LivePointer,
    SearchIndex,
    Table,
    TableAdmin,
    TableShape,
)
from verdigris.stores.dynamodb_admin import DynamoAdmin
from verdigris.stores.dynamodb_stream import DynamoStream
from verdigris.stores.dynamodb_table import DynamoTable
from verdigris.stores.opensearch_index import OpenSearchIndex
from verdigris.stores.search_auth import auth_for

if TYPE_CHECKING:
    from verdigris.local.stack import StackInfo
    from verdigris.stores.http import Credentials

Thing = TypeVar("Thing")


@dataclass
class Hooks:
    """What the caller of a long command wants to hear, and how it stops one."""

    record: Callable[[Record], None] = lambda record: None
    progress: Callable[[Progress], None] = lambda progress: None
    waiting: Callable[[str], None] = lambda reason: None
    stop: threading.Event = field(default_factory=threading.Event)


def now_iso() -> str:
    """ISO 8601, UTC, with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Wiring:
    """The adapters of one environment. Raises LocalStackError when an embedded engine is needed and does not run."""

    def __init__(self, config: Config, env: str) -> None:
        self.config = config
        self.env: Environment = config.environment(env)
        self.name = env

    # ── addresses and clients ────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def aws(self) -> Aws:
        return Aws(self.env.region, endpoint_url=self.dynamodb_url, session=self._session())

    @cached_property
    def dynamodb_url(self) -> str | None:
        return self.env.endpoints.dynamodb or (self._stack.dynamodb_url if self.env.local else None)

    @cached_property
    def search_url(self) -> str | None:
        return self.env.endpoints.search or (self._stack.search_url if self.env.local else None)

    def _session(self) -> botocore.session.Session:
        session = botocore.session.get_session()
        if self.env.local:
            from verdigris.local.dynamodb import ACCESS_KEY, SECRET_KEY

            session.set_credentials(ACCESS_KEY, SECRET_KEY)
        return session

    @cached_property
    def state_folder(self) -> Path:
        """Where the embedded stack of this machine lives."""
        from verdigris.local.folders import state_folder

        return Path(os.environ["VERDIGRIS_STATE"]) if "VERDIGRIS_STATE" in os.environ else state_folder()

    @cached_property
    def _stack(self) -> StackInfo:
        from verdigris.local.stack import LocalStack

        return LocalStack(self.state_folder).status()

    # ── ports ────────────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def journal(self) -> Journal:
        return Journal(DynamoRows(self.aws.client("dynamodb"), self.env.deploy_table), now_iso)

    @cached_property
    def stores(self) -> Stores:
        return Stores(
            admin=self.admin,
            table=self._table,
            stream=self._stream,
            index=self.index,
            pointer=self.pointer,
            application=self.application,
        )

    @cached_property
    def admin(self) -> TableAdmin:
        return DynamoAdmin(self.aws)

    @cached_property
    def index(self) -> SearchIndex | None:
        if not self.config.index or not self.search_url:
            return None
        credentials = cast("Credentials | None", self._session().get_credentials())
        auth = auth_for(self.search_url, self.env.region, credentials, os.environ)
        return OpenSearchIndex(self.search_url, auth=auth)

    @cached_property
    def pointer(self) -> LivePointer | None:
        """The front door, for embedded environments with an application; None where something else moves traffic."""
        if not self.env.local or self.config.application is None:
            return None
        from verdigris.local.door import ensure_door

        return ensure_door(self.state_folder, self._label, self.env.port)

    @cached_property
    def application(self) -> Application | None:
        section = self.config.application
        if section is None or not self.env.local:
            return None
        from verdigris.local.application import LocalApplication

        return LocalApplication(
            self.state_folder,
            self._label,
            command=[_interpreter(word) for word in section.command],
            directory=self.config.root / section.directory,
            health_path=section.health,
            start_s=section.start_seconds,
        )

    def _table(self, name: str) -> Table:
        return DynamoTable(self.aws.json("dynamodb"), name, self._schema(name))

    def _stream(self, arn: str) -> ChangeStream:
        table = arn.split("/")[1]  # arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL
        return DynamoStream(self.aws.json("dynamodbstreams"), arn, self._schema(table))

    def _schema(self, name: str) -> KeySchema:
        if name not in self._schemas:
            facts = self.admin.describe(name)
            if facts is None:
                raise PhaseFailed(f"the table {name} does not exist", next_command=f"verdigris doctor {self.name}")
            self._schemas[name] = facts.key
        return self._schemas[name]

    @cached_property
    def _schemas(self) -> dict[str, KeySchema]:
        return {}

    # ── facts ────────────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def names(self) -> Names:
        versions = tuple(DataVersion)
        physical = {version: self.env.indexes(version) for version in versions}
        return Names(
            env=self.name,
            deploy_table=self.env.deploy_table,
            tables={version: self.env.table(version) for version in versions},
            indexes=tuple(
                (place.alias, place.config.label, {version: physical[version][number].physical for version in versions})
                for number, place in enumerate(physical[DataVersion.ALPHA])
            ),
        )

    def migration_files(self) -> tuple[dict[str, str], tuple[str, ...]]:
        """File name → checksum, and notes. Imports nothing. Raises MigrationError."""
        found = discover(self.config.migrations_folder)
        sums = {file.name: checksum(file.path, self._roots) for file in found.files}
        return sums, tuple(note.text for note in found.notes)

    def migrations(self) -> Comparison:
        """The folder against what is recorded as applied."""
        checksums, _ = self.migration_files()
        return compare(checksums, self.journal.applied())

    def facts(self, *, may_enable_stream: bool = False) -> Facts:
        """The world as it is, read-only; no user code is imported."""
        flags = self.journal.flags()
        checksums, notes = self.migration_files()
        compared = compare(checksums, self.journal.applied())
        source = flags.source or DataVersion.ALPHA
        return Facts(
            color=flags.color,
            source=flags.source,
            destination=flags.destination,
            alpha=self._table_state(DataVersion.ALPHA),
            beta=self._table_state(DataVersion.BETA),
            pending=tuple(PendingMigration(name, checksums[name]) for name in compared.pending),
            migration_faults=compared.faults,
            notes=notes + compared.notes,
            destination_indexes=tuple(self._filled_indexes(source.other)) if flags.color and compared.pending else (),
            has_shape=self.config.table.shape is not None,
            may_enable_stream=may_enable_stream or self.env.enable_stream,
        )

    def _table_state(self, version: DataVersion) -> TableState:
        name = self.names.tables[version]
        facts = self.admin.describe(name)
        if facts is None:
            return TableState(exists=False)
        return TableState(
            exists=True,
            empty=self.admin.is_empty(name),
            stream_on=facts.stream is not None,
            stream_has_images=facts.stream_view == "NEW_AND_OLD_IMAGES",
            items_estimate=facts.items_estimate,
            bytes_estimate=facts.bytes_estimate,
        )

    def _filled_indexes(self, version: DataVersion) -> Iterator[str]:
        index = self.index
        for _, _, physical in self.names.indexes if index else ():
            if index and index.exists(physical[version]) and index.count(physical[version]):
                yield physical[version]

    # ── working ──────────────────────────────────────────────────────────────────────────────────────────────────

    def lease(self, doing: str, hooks: Hooks) -> LeaseKeeper:
        """The environment's lease, to be entered. The deploy table must exist."""
        return LeaseKeeper(
            self.journal,
            me(doing, now_iso()),
            self.env.lease_seconds,
            clock=time.monotonic,
            now_s=time.time,
            sleep=time.sleep,
            report=hooks.waiting,
        )

    def bench(self, log: Log, lease: LeaseKeeper, hooks: Hooks, *, may_enable_stream: bool = False) -> Bench:
        """What a runner works with on the deployment of `log`."""
        plan = log.snapshot.plan
        settings = Settings(
            segments=self.config.table.segments,
            beacon=self._beacon(plan.source_table),
            deadline_s=self.config.switch.deadline_seconds,
            bake_s=self.env.bake_minutes * 60,
            approve=self.env.approve,
            production=self.env.production,
            may_enable_stream=may_enable_stream or self.env.enable_stream,
        )
        planned = {migration.name: migration.checksum for migration in plan.migrations}
        return Bench(
            plan=plan,
            settings=settings,
            stores=self.stores,
            journal=self.journal,
            log=log,
            engine=Threads(self.config.table.segments),
            transform=_once(lambda: self._transform(plan.source_table, planned, settings.beacon)),
            indexes=_once(lambda: self._index_plans(plan.destination)),
            shape=lambda: self._shape(plan.source_table),
            place=lambda color: self.place(color, plan.destination if color is plan.after else plan.source),
            exercise=lambda place, address: self._exercise(place, address),
            now=time.time,
            sleep=time.sleep,
            hold=lease.hold,
            report=hooks.progress,
            stop=hooks.stop,
        )

    def place(self, color: Color, version: DataVersion) -> Place:
        """Where a color lives, as its application is told."""
        local = {"VERDIGRIS_DYNAMODB_URL": self.dynamodb_url, "VERDIGRIS_SEARCH_URL": self.search_url}
        extra = {name: url for name, url in local.items() if url}
        if self.env.local:
            from verdigris.local.dynamodb import ACCESS_KEY, SECRET_KEY

            extra |= {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
            extra |= {"AWS_DEFAULT_REGION": self.env.region}
        return Place(
            env=self.name,
            color=color,
            version=version,
            table=self.names.tables[version],
            deploy_table=self.env.deploy_table,
            region=self.env.region,
            indexes=tuple((variable, physical[version]) for _, variable, physical in self.names.indexes),
            extra=tuple(extra.items()),
        )

    @property
    def _label(self) -> str:
        """One stack may serve several applications."""
        return f"{self.env.app}-{self.name}"

    @property
    def _roots(self) -> tuple[Path, Path]:
        return self.config.migrations_folder, self.config.root

    def _transform(self, source_table: str, planned: Mapping[str, str], beacon: Key) -> Transform:
        files = [file for file in discover(self.config.migrations_folder).files if file.name in planned]
        missing = planned.keys() - {file.name for file in files}
        if missing:
            raise PhaseFailed(
                f"migrations of this deployment are gone: {', '.join(sorted(missing))}",
                where=str(self.config.migrations_folder),
                next_command=f"put them back, or: verdigris abort {self.name}",
            )
        reference = self.config.app.verify
        check = load_function(reference, self.config.root, setting="[app] verify") if reference else None
        return Transform(load_migrations(files, self._roots, planned), self._schema(source_table), check, beacon)

    def _index_plans(self, version: DataVersion) -> list[IndexPlan]:
        return [
            IndexPlan(
                alias=place.alias,
                physical=place.physical,
                mappings=self.config.mappings(place.config),
                document=load_function(place.config.document, self.config.root, setting="[[index]] document"),
            )
            for place in self.env.indexes(version)
        ]

    def _shape(self, source_table: str) -> TableShape:
        """The source's own shape; in an empty environment the one of the configuration. Raises ConfigError."""
        facts = self.stores.admin.describe(source_table)
        if facts is not None:
            return facts.shape
        shape = self.config.table_shape()
        if shape is None:
            raise ConfigError("[table] shape is not set, and there is no table to copy", where=str(self.config.file))
        return TableShape(create=shape)

    def _beacon(self, source_table: str) -> Key:
        value = str(self.config.table.beacon)
        facts = self.stores.admin.describe(source_table)
        kinds = [kind for _, kind in facts.key.attributes] if facts else ["S", "S"]
        return tuple(base64.b64encode(value.encode()).decode() if kind == "B" else value for kind in kinds)

    def _exercise(self, place: Place, address: str) -> Evidence:
        section = self.config.application
        if section is None or section.exercise is None:
            return {"ran": False}
        done = subprocess.run(
            [_interpreter(word) for word in section.exercise],
            cwd=self.config.root / section.directory,
            env=os.environ | place.environment() | {"VERDIGRIS_URL": address},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = (done.stdout + done.stderr).strip().splitlines()[-5:]
            raise PhaseFailed(
                f"the smoke test ended with code {done.returncode}: " + " | ".join(said),
                where=" ".join(section.exercise),
                state="the old color serves on, untouched",
                next_command=f"verdigris deploy {self.name}",
            )
        return {"ran": True}


def _interpreter(word: str) -> str:
    """`{python}` is the interpreter that runs Verdigris."""
    return word.replace("{python}", sys.executable)


def _once(make: Callable[[], Thing]) -> Callable[[], Thing]:
    made: list[Thing] = []

    def get() -> Thing:
        if not made:
            made.append(make())
        return made[0]

    return get
