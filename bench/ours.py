"""Verdigris's own backfill of a table: its scan, migrations, writes and durable checkpoints, with four workers."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import msgspec

from bench.floor import SEGMENTS
from bench.items import KEY, migrate
from verdigris.core.model import Segment
from verdigris.core.pacing import Budget
from verdigris.core.transform import Migration, Transform
from verdigris.engines.scoped import Scoped
from verdigris.engines.threads import Threads
from verdigris.journal.dynamodb import DynamoRows
from verdigris.journal.journal import Holder, Journal
from verdigris.journal.quarantine import QuarantineRows
from verdigris.phases.claims import Claims
from verdigris.phases.copying import SegmentProgress, copy_segment
from verdigris.phases.quarantine import Quarantine
from verdigris.stores.aws import Aws
from verdigris.stores.dynamodb_table import DynamoTable
from verdigris.stores.memory_links import MemoryLinks
from verdigris.stores.pace import Pace
from verdigris.stores.paced import PacedTable

#: Selects nothing that is in the table: every item goes through as bytes, after having been looked at.
UNTOUCHED = Migration("0001_other_entity.py", lambda item: item, selects={"entityName": "WorkItem"})
MIGRATED = Migration("0001_amount_in_cents.py", migrate, selects={"entityName": "DocketEntry"})


class Backfill:
    """Copies tables of one server; one process, one journal."""

    def __init__(self, url: str, migration: Migration, deploy_table: str) -> None:
        self._pace = Pace(Budget(), clock=time.monotonic, sleep=time.sleep)
        aws = Aws("us-east-1", endpoint_url=url, throttled=self._pace.throttled)
        self._http = aws.json("dynamodb")
        self._transform = Transform([migration], KEY)
        self._claims = Claims(MemoryLinks(), self._transform)  # the keys stay: none is ever kept
        self._journal = Journal(DynamoRows(aws.client("dynamodb"), deploy_table), lambda: datetime.now(UTC).isoformat())
        self._journal.create()
        self._journal.acquire(Holder("bench", "bench", "here", 1, "1", "bench", "now"), 60, self._journal.lease())

        self._quarantine = Quarantine(QuarantineRows(self._journal, 1), {}, 0, "bench", str)

    def copy(self, source: str, destination: str) -> int:
        read: dict[int, int] = {}

        def work(segment: Segment) -> None:
            def save(progress: SegmentProgress) -> None:
                self._journal.save(1, f"backfill|{segment.index:06d}", msgspec.json.encode(progress))
                read[segment.index] = progress.read

            origin, target = (
                PacedTable(DynamoTable(self._http, name, KEY), self._pace) for name in (source, destination)
            )
            copy_segment(
                origin, target, self._transform, self._claims, self._quarantine, segment, SegmentProgress(), save
            )

        units = [Segment(index, SEGMENTS) for index in range(SEGMENTS)]
        Scoped(Threads(SEGMENTS), self._pace.bulk).run(units, work, lambda: None)
        return sum(read.values())
