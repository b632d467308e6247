"""Verdigris's own way of doing the jobs: what a runner does with tables, journal and pace, with four workers."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import cache, cached_property

import msgspec

from bench.floor import SEGMENTS
from bench.items import KEY, migrate
from verdigris.core.model import Color, DataVersion, Kind, Phase, Place, Segment
from verdigris.core.pacing import Budget
from verdigris.core.planning import PHASES, PendingMigration, Plan
from verdigris.core.records import PhaseDone, Started
from verdigris.core.transform import Migration, Transform
from verdigris.engines.scoped import Scoped
from verdigris.engines.threads import Threads
from verdigris.journal.dynamodb import DynamoRows
from verdigris.journal.journal import Holder, Journal
from verdigris.journal.quarantine import QuarantineRows
from verdigris.phases.base import Bench, Settings
from verdigris.phases.claims import Claims
from verdigris.phases.copying import SegmentProgress, copy_segment
from verdigris.phases.log import Log
from verdigris.phases.marks import set_mark
from verdigris.phases.quarantine import Quarantine
from verdigris.phases.stores import Stores
from verdigris.phases.tail import tail
from verdigris.phases.verify import compare
from verdigris.stores.abreast import AbreastTable
from verdigris.stores.aws import Aws
from verdigris.stores.dynamodb_admin import DynamoAdmin
from verdigris.stores.dynamodb_stream import DynamoStream
from verdigris.stores.dynamodb_table import DynamoTable
from verdigris.stores.memory_links import MemoryLinks
from verdigris.stores.pace import Pace
from verdigris.stores.paced import PacedTable
from verdigris.stores.table_shape import shape_with_key

#: Selects nothing that is in the table: every item goes through as bytes, after having been looked at.
UNTOUCHED = Migration("0001_other_entity.py", lambda item: item, selects={"entityName": "WorkItem"})
MIGRATED = Migration("0001_amount_in_cents.py", migrate, selects={"entityName": "DocketEntry"})
#: A stream is read whole, however long ago it was written.
_DAY_S = 86_400.0


class Runner:
    """One process, one journal; each job is a deployment of its own, as far as it must have come."""

    def __init__(self, url: str, migration: Migration, deploy_table: str) -> None:
        self._migration = migration
        self._pace = Pace(Budget(), clock=time.monotonic, sleep=time.sleep)
        self._aws = Aws("us-east-1", endpoint_url=url, throttled=self._pace.throttled)
        self._admin = DynamoAdmin(self._aws)
        self._table = cache(self._paced)
        self._engine = Scoped(Threads(SEGMENTS), self._pace.bulk)
        self._journal = Journal(DynamoRows(self._aws, deploy_table), lambda: datetime.now(UTC).isoformat())
        self._journal.create()
        self._settings = Settings(may_enable_stream=True, margin_s=_DAY_S)
        self._transform = Transform([migration], KEY, reserved=self._settings.reserved)
        self._journal.acquire(Holder("bench", "bench", "here", 1, "1", "bench", "now"), 60, self._journal.lease())

    def copy(self, source: str, destination: str) -> int:
        """The backfill, less its mark: scan, migrations, writes, durable checkpoints."""
        claims = Claims(MemoryLinks(), self._transform)
        read: dict[int, int] = {}

        def work(segment: Segment) -> None:
            def save(progress: SegmentProgress) -> None:
                self._journal.save(1, f"backfill|{segment.index:06d}", msgspec.json.encode(progress))
                read[segment.index] = progress.read

            origin, target = self._table(source), self._table(destination)
            start = SegmentProgress()
            copy_segment(origin, target, self._transform, claims, self._quarantine, segment, start, save)

        self._engine.run([Segment(index, SEGMENTS) for index in range(SEGMENTS)], work, lambda: None)
        return sum(read.values())

    @cached_property
    def _quarantine(self) -> Quarantine:
        return Quarantine(QuarantineRows(self._journal, 1), {}, 0, "bench", str)

    def settle(self, source: str, destination: str) -> int:
        """The tail, until it has settled every record that is in the stream."""
        bench = self._bench(source, destination)
        set_mark(bench, Phase.BACKFILL)
        following = tail(bench)
        while following.step():
            pass
        return following.changes

    def verify(self, source: str, destination: str) -> int:
        """Both sides compared, whole. Raises Unverified if they differ."""
        bench = self._bench(source, destination)
        set_mark(bench, Phase.BACKFILL)
        for phase in (Phase.PREFLIGHT, Phase.PROVISION, Phase.BACKFILL):
            bench.log.append(PhaseDone(phase, {"read": 0, "written": 0}))
        return int(compare(bench, "verify", repair=False)["destination_items"])

    def _bench(self, source: str, destination: str) -> Bench:
        plan = Plan(
            env="bench",
            kind=Kind.MIGRATE,
            before=Color.BLUE,
            after=Color.GREEN,
            source=DataVersion.ALPHA,
            destination=DataVersion.BETA,
            source_table=source,
            destination_table=destination,
            deploy_table=self._journal.rows.name,
            indexes=(),
            migrations=(PendingMigration(self._migration.name, "checksum"),),
            phases=PHASES[Kind.MIGRATE],
        )
        log = Log(self._journal, [self._journal.append(self._journal.deployments() + 1, 1, Started(plan))])
        return Bench(
            plan=plan,
            settings=self._settings,
            stores=Stores(self._admin, self._table, self._stream, MemoryLinks()),  # the keys stay: none is ever kept
            journal=self._journal,
            log=log,
            engine=self._engine,
            transform=lambda: self._transform,
            dry_transform=lambda views: self._transform,
            indexes=list,
            shape=lambda: shape_with_key(KEY),
            place=lambda color: Place("bench", color, DataVersion.BETA, destination, "deploy", "us-east-1"),
            exercise=lambda place, address: {},
            now=time.time,
            sleep=time.sleep,
            hold=lambda: None,
            prove_determinism=lambda sample: None,
        )

    def _paced(self, name: str) -> PacedTable:
        table = DynamoTable(self._aws.json("dynamodb"), name, KEY)
        return PacedTable(table, self._pace, AbreastTable(table))

    def _stream(self, arn: str) -> DynamoStream:
        return DynamoStream(self._aws.json("dynamodbstreams"), arn, KEY)
