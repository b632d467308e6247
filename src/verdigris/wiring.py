"""One environment with its adapters: where configuration meets the world. Nothing is connected before it is needed."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from verdigris import drivers
from verdigris.config.model import Config
from verdigris.connections import Connections
from verdigris.core.model import Color, DataVersion, KeySchema, Place
from verdigris.core.planning import Names, Plan
from verdigris.core.records import Record
from verdigris.core.snapshot import Snapshot
from verdigris.errors import NotFound, PhaseFailed
from verdigris.journal.dynamodb import DynamoRows
from verdigris.journal.holder import me
from verdigris.journal.journal import Journal
from verdigris.journal.lease import LeaseKeeper
from verdigris.phases.base import Progress
from verdigris.phases.stores import Stores
from verdigris.stores.aws import Aws
from verdigris.stores.aws_domains import AwsDomains
from verdigris.stores.base import Application, ChangeStream, LiveData, LivePointer, Table, TableAdmin
from verdigris.stores.dynamodb_admin import DynamoAdmin
from verdigris.stores.dynamodb_backups import DynamoBackups
from verdigris.stores.dynamodb_links import DynamoLinks
from verdigris.stores.dynamodb_replicas import DynamoReplicas
from verdigris.stores.dynamodb_stream import DynamoStream
from verdigris.stores.dynamodb_table import DynamoTable, Guard
from verdigris.stores.front_door import FrontDoor
from verdigris.stores.lambda_consumers import LambdaConsumers
from verdigris.stores.lambda_environment import LambdaEnvironment
from verdigris.stores.live_command import LiveCommand
from verdigris.stores.opensearch_index import OpenSearchIndex
from verdigris.stores.outside import StreamConsumers
from verdigris.stores.pointers.ordered import OrderedPointers
from verdigris.stores.regional_consumers import Region, RegionalConsumers
from verdigris.stores.search_auth import auth_for
from verdigris.stores.searching import SearchDomains, SearchIndex
from verdigris.stores.secrets import read_secret
from verdigris.traffic import color_mappings, traffic_pointers

if TYPE_CHECKING:
    from verdigris.stores.http import Credentials


@dataclass
class Hooks:
    """What the caller of a long command wants to hear, and how it stops one."""

    record: Callable[[Record], None] = lambda record: None
    progress: Callable[[Progress], None] = lambda progress: None
    waiting: Callable[[str], None] = lambda reason: None
    #: a line that a program of others (Terraform, a command) said
    output: Callable[[str], None] = lambda line: None
    #: the deployment that will be worked on, as it stands
    resumed: Callable[[Snapshot], None] = lambda snapshot: None
    stop: threading.Event = field(default_factory=threading.Event)


def now_iso() -> str:
    """ISO 8601, UTC, with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Wiring(Connections):
    """The adapters of one environment. Raises LocalStackError when an embedded engine is needed and does not run."""

    def __init__(self, config: Config, env: str) -> None:
        super().__init__(config, env)
        #: watches over the writes of this environment's runner; set with its bench
        self.guard = Guard()
        #: told why a table's change is waited for; set with its bench, or by a command
        self.waiting: Callable[[str], None] = lambda reason: None
        #: told, line by line, what programs of others say; set with its bench
        self.output: Callable[[str], None] = lambda line: None

    # ── ports ────────────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def journal(self) -> Journal:
        return Journal(DynamoRows(self.aws, self.env.deploy_table), now_iso)

    @cached_property
    def stores(self) -> Stores:
        return Stores(
            admin=self.admin,
            table=self._table,
            stream=self._stream,
            links=DynamoLinks(self.aws.json("dynamodb"), self.admin, f"{self.env.deploy_table}-claims"),
            search=self.search,
            domains=self.domains,
            pointer=self.pointer,
            fence=self.front_door,
            application=self.application,
            backups=DynamoBackups(self.aws.client("dynamodb")),
            mappings=[] if self.env.local else color_mappings(self.env, self.services),
            consumers=self.consumers,
            replicas=DynamoReplicas(self.admin, self._replica),
        )

    @cached_property
    def admin(self) -> DynamoAdmin:
        return self._admin(self.aws)

    def admin_of(self, region: str) -> TableAdmin:
        """The tables of one of the environment's regions."""
        if region == self.env.region:
            return self.admin
        return self._admin(self.tables(region))

    def _admin(self, aws: Aws) -> DynamoAdmin:
        return DynamoAdmin(aws, report=lambda reason: self.waiting(reason), may_go=lambda: self.guard.may_go())

    @cached_property
    def live(self) -> LiveData | None:
        """What the live application says of its table; None where nothing says how to ask."""
        section = self.config.live
        if section is None:
            return None
        if section.command:
            variables = {"VERDIGRIS_ENV": self.name, "VERDIGRIS_REGION": self.env.region}
            return LiveCommand([drivers.interpreter(word) for word in section.command], self.config.root, variables)
        functions = {color: self.env.live_function(color) or "" for color in Color}
        return LambdaEnvironment(self.service("lambda"), functions, section.variable)

    def search(self, version: DataVersion) -> SearchIndex | None:
        """Where the indexes of a data version are. Raises NotFound where they have a domain that is not there."""
        url = self.search_url_of(version)
        if url is None and (domain := self.env.domain(version)) and self.config.index:
            raise NotFound("no such search domain, or it is being made or removed", where=domain)
        return self._cluster(url) if url else None

    def search_url_of(self, version: DataVersion) -> str | None:
        """Where the indexes of a data version are; None where nothing is searched, or its domain is not there."""
        name = self.env.domain(version)
        if name is None or self.domains is None:
            return self.search_url
        found = self.domains.describe(name)
        return found.endpoint if found and found.serves else None

    @cached_property
    def domains(self) -> SearchDomains | None:
        section = self.config.search_domain
        if section is None or not self.config.index or self.env.domain(DataVersion.ALPHA) is None:
            return None
        return AwsDomains(section.service, lambda: self.service(section.service))

    def _cluster(self, url: str) -> SearchIndex:
        credentials = cast("Credentials | None", self.session().get_credentials())
        where = self.env.endpoints
        login = None
        if where.search_user and where.search_password:
            login = where.search_user, read_secret(where.search_password, self.service, os.environ)
        auth = auth_for(url, self.env.region, credentials, os.environ, login)
        return OpenSearchIndex(
            url,
            auth=auth,
            throttled=lambda told: self.throttled(told),
            may_go=lambda: self.guard.may_go(),
        )

    @cached_property
    def pointer(self) -> LivePointer | None:
        """What sends the traffic to a color; None where something else moves it."""
        if self.env.local or not self.config.pointer:
            return self.front_door
        return OrderedPointers(traffic_pointers(self.env, self.services, drivers.interpreter))

    @cached_property
    def front_door(self) -> FrontDoor | None:
        """For embedded environments with an application."""
        if not self.env.local or self.env.application is None:
            return None
        from verdigris.local.door import ensure_door

        return ensure_door(self.state_folder, drivers.label(self.env), self.env.port)

    @cached_property
    def application(self) -> Application | None:
        return drivers.application(self.env, self.state_folder, self.service, lambda line: self.output(line))

    @cached_property
    def consumers(self) -> StreamConsumers | None:
        """Who else reads tables' streams; None where the tables are an engine's, and no Lambda is named beside it."""
        engine = self.env.local or self.env.endpoints.dynamodb is not None
        if engine and self.env.endpoints.aws is None:
            return None
        if len(self.env.regions) == 1:
            return self._lambda(self.env.region)
        regions = self.env.regions
        return RegionalConsumers({name: Region(partial(self._stream_in, name), self._lambda(name)) for name in regions})

    def _lambda(self, region: str) -> LambdaConsumers:
        return LambdaConsumers(
            lambda: self.services(region).client("lambda"), lambda: self.services(region).client("cloudwatch")
        )

    def _stream_in(self, region: str, table: str) -> str | None:
        facts = self.admin_of(region).describe(table)
        return facts.stream if facts else None

    def service(self, name: str) -> Any:
        """The boto3 client of a service of the home region that has no engine here."""
        return self.services(self.env.region).client(name)

    def _table(self, name: str) -> Table:
        return DynamoTable(self.aws.json("dynamodb"), name, self.schema(name), self.guard)

    def _replica(self, name: str, region: str) -> Table:
        return DynamoTable(self.tables(region).json("dynamodb"), name, self.schema(name), self.guard)

    def _stream(self, arn: str) -> ChangeStream:
        table = arn.split("/")[1]  # arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL
        return DynamoStream(self.aws.json("dynamodbstreams"), arn, self.schema(table))

    def schema(self, name: str) -> KeySchema:
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
        return Names(
            env=self.name,
            deploy_table=self.env.deploy_table,
            tables={version: self.env.table(version) for version in DataVersion},
            domains={version: name for version in DataVersion if (name := self.env.domain(version))},
        )

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
            late_s=self.env.late_write_s,
            # What a dead process of this machine had sent to an engine of this machine has arrived, or never will.
            late_after_death_s=0.0 if self.env.local else self.env.late_write_s,
        )

    def place(self, color: Color, plan: Plan) -> Place:
        """Where a color lives by this plan, as its application is told."""
        new = color is plan.after
        version = plan.destination if new else plan.source
        indexes = ((one.variable, one.destination if new else one.source) for one in plan.indexes)
        local = {"VERDIGRIS_DYNAMODB_URL": self.dynamodb_url, "VERDIGRIS_SEARCH_URL": self.search_url_of(version)}
        extra = {name: url for name, url in local.items() if url}
        if self.env.local:
            from verdigris.local.dynamodb import ACCESS_KEY, SECRET_KEY

            extra |= {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
            extra |= {"AWS_DEFAULT_REGION": self.env.region}
        return Place(
            env=self.name,
            color=color,
            version=version,
            table=plan.destination_table if new else plan.source_table,
            deploy_table=self.env.deploy_table,
            region=self.env.region,
            indexes=tuple((variable, index) for variable, index in indexes if index),
            extra=tuple(extra.items()),
        )

    @property
    def roots(self) -> tuple[Path, Path]:
        return self.config.migrations_folder, self.config.root
