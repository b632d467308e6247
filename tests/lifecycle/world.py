"""A whole environment in memory: tables, stream, deploy table, clock; deployments run in it, die and go on."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from msgspec.structs import replace
from tests.door import Door
from tests.lifecycle.perils import Killed

from verdigris.core import records
from verdigris.core.declared import Builder, Declared
from verdigris.core.model import Color, DataVersion, Kind, Place
from verdigris.core.planned_indexes import FoundIndex, Recipe
from verdigris.core.planning import Facts, Names, NewShape, PendingMigration, Plan, TableState, make_plan
from verdigris.core.records import Evidence
from verdigris.core.standing_indexes import standing
from verdigris.core.transform import Migration, Transform, Views
from verdigris.core.trial import Sampled
from verdigris.engines.inline import Inline
from verdigris.journal.journal import Holder, Journal
from verdigris.journal.memory import MemoryRows
from verdigris.phases.base import Bench, Hooked, IndexPlan, Notice, Progress, Settings
from verdigris.phases.late import LateWrites
from verdigris.phases.log import Log
from verdigris.phases.stores import Stores
from verdigris.phases.views import SourceViews
from verdigris.phases.watches import Watches
from verdigris.stores.base import Application, TableShape
from verdigris.stores.memory import MemoryTables
from verdigris.stores.memory_backups import MemoryBackups
from verdigris.stores.memory_links import MemoryLinks
from verdigris.stores.memory_mappings import MemoryMappings
from verdigris.stores.memory_replicas import MemoryReplicas
from verdigris.stores.outside import StreamConsumers
from verdigris.stores.searching import SearchIndex
from verdigris.testing import VirtualClock

SHAPE = TableShape(
    create={
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
)
NAMES = Names(
    env="dev",
    deploy_table="court-dev-deploy",
    tables={DataVersion.ALPHA: "court-dev-alpha", DataVersion.BETA: "court-dev-beta"},
)
ALIAS = "court-dev-case"


@dataclass
class World:
    """What outlives a runner."""

    migrations: Sequence[Migration] = ()
    index: SearchIndex | None = None
    pointer: Door | None = None
    application: Application | None = None
    document: Callable[[Any], Any] = lambda item: None
    #: who builds the index, what consumers there are, and what the configuration knows of them
    by: Builder = Builder.VERDIGRIS
    lambdas: StreamConsumers | None = None
    consumers: Sequence[Declared] = ()
    settings: Settings = field(default_factory=lambda: Settings(segments=3, may_enable_stream=True, approve="auto"))
    clock: VirtualClock = field(default_factory=VirtualClock)
    page_items: int = 7
    #: open shards that the stream of a table begins with
    shards: int = 1
    #: how long a write that was not answered may still land, and until when an earlier runner's may (seconds)
    late_s: float = 0.0
    late_from_s: float = 0.0
    #: what [table.destination] says that the live table is not
    new_shape: NewShape | None = None
    #: whether the pointer holds writes during a switch
    fenced: bool = True
    #: what the index is to be made of, and what the one was that serves at first; None: nobody knows
    recipe: Recipe = field(default_factory=lambda: Recipe("mappings", "code"))
    made_of: Recipe | None = None
    #: the regions besides home
    regions: tuple[str, ...] = ()
    heard: Callable[[records.Record], None] = lambda record: None
    progress: Callable[[Progress], None] = lambda progress: None
    #: (port, its name) → what a runner is given in its place
    expose: Callable[[Any, str], Any] = lambda port, name: port

    def __post_init__(self) -> None:
        self.rows = MemoryRows("court-dev-deploy", created=True)
        self.tables = MemoryTables(page_items=self.page_items, shards=self.shards, clock=self.clock)
        self.links = MemoryLinks()
        self.runners = 0
        self.late = LateWrites(0.0)
        #: what is asked of others
        self.hooks: list[Hooked] = []
        #: who is told of what
        self.notices: list[Notice] = []
        #: backups of tables, and what leads to a color beside the pointer
        self.backups = MemoryBackups(self.tables, looks=3)
        self.mappings = MemoryMappings()
        self.replicas = MemoryReplicas(self.tables)
        #: what is looked at after the switch
        self.watches = Watches()
        #: what preflight had proven deterministic
        self.samples: list[Sequence[Sampled]] = []

    # ── runners ──────────────────────────────────────────────────────────────────────────────────────────────────

    def journal(self) -> Journal:
        """A new runner's journal: the one before it is dead, so its lease is taken at once."""
        self.runners += 1
        journal = Journal(self.expose(self.rows, "rows"), self.clock.iso)
        holder = Holder(f"runner-{self.runners}", "tester@here", "here", self.runners, "0", "deploy dev", "now")
        journal.acquire(holder, 15, journal.lease())
        return journal

    def plan(self, journal: Journal) -> Plan:
        flags = journal.flags()
        applied = {migration.name for migration in journal.applied()}
        pending = tuple(PendingMigration(m.name, "checksum") for m in self.migrations if m.name not in applied)
        facts = Facts(flags.color, flags.source, flags.destination, self._state("alpha"), self._state("beta"), pending)
        facts = replace(facts, shape=self.new_shape, forced=flags.migrate, indexes=self._indexes(journal))
        facts = replace(facts, deployment=journal.deployments() + 1, other_regions=self.regions)
        return make_plan(NAMES, facts)

    def _indexes(self, journal: Journal) -> tuple[FoundIndex, ...]:
        if self.index is None:
            return ()
        numbers = range(journal.deployments(), 0, -1)
        known, doubts = standing(journal.folded(journal.records(number)) for number in numbers)
        made = known.get(ALIAS)
        name = made.destination if made else self.index.alias(ALIAS) or f"{ALIAS}-alpha"
        live = name if self.index.exists(name) else None
        of = made.recipe if made else self.made_of
        return (FoundIndex(ALIAS, "case", self.recipe, live, of, doubts.get(ALIAS, "")),)

    def bench(self, *, fresh: bool = False) -> Bench:
        """The bench of a new runner on the deployment under way, or (none, or `fresh`) on a new one."""
        journal = self.journal()
        number = journal.deployments()
        history = journal.records(number) if number else []
        if fresh or not history or Log(journal, list(history)).snapshot.ended:
            history = [journal.append(number + 1, 1, records.Started(self.plan(journal)))]
        log = Log(journal, history, self.heard)
        plan = log.snapshot.plan
        pending = [migration for migration in self.migrations if migration.name in {m.name for m in plan.migrations}]
        self.late = LateWrites(self.late_s, self.late_from_s, self.settings.reserved)
        stores = Stores(
            admin=self.expose(self.tables, "admin"),
            table=lambda name: self.expose(self.tables.table(name), "table"),
            stream=lambda arn: self.expose(self.tables.stream(arn), "stream"),
            links=self.expose(self.links, "links"),
            search=lambda version: self.index and self.expose(self.index, "index"),
            pointer=self.pointer and self.expose(self.pointer, "pointer"),
            fence=self.pointer and self.expose(self.pointer, "pointer") if self.fenced else None,
            application=self.application and self.expose(self.application, "application"),
            backups=self.expose(self.backups, "backups"),
            replicas=self.expose(self.replicas, "replicas"),
            mappings=[self.expose(self.mappings, "mappings")],
            consumers=self.lambdas and self.expose(self.lambdas, "consumers"),
        )
        return Bench(
            plan=plan,
            settings=self.settings,
            stores=stores,
            journal=journal,
            log=log,
            engine=Inline(),
            transform=lambda: self._transform(pending, stores, plan),
            dry_transform=lambda views: self._transform(pending, stores, plan, views),
            indexes=lambda: [
                IndexPlan(index.alias, index.destination, {"mappings": {}}, self.document, self.by)
                for index in plan.indexes
                if index.built
            ],
            shape=lambda: self._shape(plan),
            place=lambda color: Place(
                "dev", color, plan.destination, plan.destination_table, plan.deploy_table, "here"
            ),
            exercise=self._exercise,
            now=self.clock,
            sleep=self.clock.sleep,
            hold=lambda: None,
            prove_determinism=self.samples.append,
            report=self.progress,
            late=self.late,
            hooks=[dataclasses.replace(one, hook=self.expose(one.hook, "hook")) for one in self.hooks],
            consumers=self.consumers,
            notices=[Notice(one.after, self.expose(one.notifier, "notifier")) for one in self.notices],
            watches=self.watches,
        )

    def _shape(self, plan: Plan) -> TableShape:
        if new := plan.shape:
            return TableShape(new.create, new.ttl_attribute, new.tags)
        facts = self.tables.describe(plan.source_table)
        return facts.shape if facts else SHAPE

    def _transform(
        self, pending: Sequence[Migration], stores: Stores, plan: Plan, views: Views | None = None
    ) -> Transform:
        source, reserved = stores.table(plan.source_table), self.settings.reserved
        views = views or SourceViews(source, stores.links, reserved)
        return Transform(pending, source.key, None, reserved, views, plan.new_key)

    def _exercise(self, place: Place, address: str) -> Evidence:
        return {"ran": True}

    def _state(self, version: str) -> TableState:
        facts = self.tables.describe(f"court-dev-{version}")
        if facts is None:
            return TableState(exists=False)
        return TableState(True, not facts.items_estimate, bool(facts.stream), True, facts.items_estimate)

    # ── items ────────────────────────────────────────────────────────────────────────────────────────────────────

    def live(self, items: Sequence[dict[str, Any]] = (), shape: TableShape | None = None) -> None:
        """As after a first deployment: blue serves alpha, which holds these items."""
        self.tables.create("court-dev-alpha", shape or SHAPE)
        if self.index:
            self.index.create("court-dev-case-alpha", {"mappings": {}})
            self.index.point_alias("court-dev-case", None, "court-dev-case-alpha")
        journal = self.journal()
        journal.set_flags({"source-table-version": "alpha", "destination-table-version": "alpha"})
        journal.set_flags({"current-color": "blue"})
        self.put("alpha", *items)

    def put(self, version: str, *items: dict[str, Any]) -> None:
        self.tables.table(f"court-dev-{version}").write([raw(item) for item in items])

    def delete(self, version: str, *keys: tuple[str, ...]) -> None:
        self.tables.table(f"court-dev-{version}").write([], keys)

    def items(self, version: str) -> dict[tuple[str, ...], dict[str, Any]]:
        """Every item of a version, without the beacons."""
        contents = self.tables.contents(f"court-dev-{version}")
        return {key: orjson.loads(item) for key, item in contents.items.items() if key not in self.settings.reserved}

    def beacons(self) -> list[tuple[str, ...]]:
        """The keys of beacons that lie in the source."""
        contents = self.tables.contents("court-dev-alpha")
        return [key for key in contents.items if key in self.settings.reserved]


def raw(item: dict[str, Any]) -> bytes:
    """`{"pk": "a", "n": 1}` as DynamoDB JSON."""
    return orjson.dumps({name: {"N": str(v)} if isinstance(v, int) else {"S": v} for name, v in item.items()})


def some_items(count: int, seed: int = 1) -> list[dict[str, Any]]:
    dice = random.Random(seed)
    return [
        {
            "pk": f"case|{number}",
            "sk": f"case|{number}",
            "entityName": dice.choice(["Case", "Draft", "User"]),
            "n": number,
        }
        for number in range(count)
    ]


__all__ = ["NAMES", "SHAPE", "Color", "Killed", "Kind", "World", "raw", "some_items"]
