"""The production core in the simulated world: its bench, and the journal of its deployments."""

from __future__ import annotations

from functools import cache, cached_property, partial

from msgspec.structs import replace

from verdigris.core import records
from verdigris.core.model import Color, DataVersion, Phase, Place
from verdigris.core.planning import Facts, Names, PendingMigration, Plan, TableState, make_plan
from verdigris.core.records import PhaseBegan, PhaseDone, Record
from verdigris.core.transform import Transform, Views
from verdigris.journal.journal import Journal
from verdigris.journal.lease import LeaseKeeper
from verdigris.phases.base import Bench, Settings
from verdigris.phases.late import LateWrites
from verdigris.phases.log import Log
from verdigris.phases.quarantine import Quarantine
from verdigris.phases.stores import Stores
from verdigris.phases.views import SourceViews
from verdigris.stores.table_shape import key_schema
from verdigris.testing.simulation.cures import MENDED_CHECKSUM
from verdigris.testing.simulation.documents import FOUND, index_plan
from verdigris.testing.simulation.engine import SimEngine
from verdigris.testing.simulation.judging import judge_reindexed
from verdigris.testing.simulation.migrations import MENDED, MIGRATIONS, REKEYED
from verdigris.testing.simulation.ports import SimAdmin, SimLinks, SimPointer, SimReplicas, SimStream, SimTable
from verdigris.testing.simulation.process import Process
from verdigris.testing.simulation.replication import REGION, Replicated
from verdigris.testing.simulation.scheduler import ActorLock, Scheduler
from verdigris.testing.simulation.search import SimIndex
from verdigris.testing.simulation.steering import steered
from verdigris.testing.simulation.world import (
    DEPLOY,
    DESTINATION,
    LATE_S,
    RESERVED,
    SHAPE,
    SOURCE,
    World,
    destination_shape,
)

_KEY = key_schema(SHAPE.create)
_NAMES = Names(
    env="dev",
    deploy_table=DEPLOY,
    tables={DataVersion.ALPHA: SOURCE, DataVersion.BETA: DESTINATION},
)


class _SimBench(Bench):
    """A bench whose workers are actors."""

    scheduler: Scheduler

    @cached_property
    def quarantine(self) -> Quarantine:
        made = super().quarantine
        made._lock = ActorLock(self.scheduler)  # type: ignore[assignment]
        return made


def bench(process: Process, journal: Journal, log: Log, lease: LeaseKeeper) -> Bench:
    """The one place where the simulation puts a bench together."""
    shape, tables = process.world.schedule.shape, process.world.tables
    mended = log.snapshot.plan.migrations[0].checksum == MENDED_CHECKSUM
    mended = mended or (shape.cure == "redrive" and process.world.decided.mended)
    process.world.decided.mended = mended
    late = LateWrites(LATE_S, lease.others_until_s, RESERVED)
    lease.own_until_s = late.quiet_from_s
    process.may_go, process.unanswered = lease.hold, late.unanswered
    source, links = SimTable(process, SOURCE), SimLinks(process)
    views = SourceViews(source, links, RESERVED)
    made = _SimBench(
        plan=log.snapshot.plan,
        settings=Settings(
            segments=shape.segments,
            reserved=RESERVED,
            approve="auto",
            margin_s=shape.margin_s,
            verify_buckets=8,
        ),
        stores=Stores(
            admin=SimAdmin(process),
            table=lambda name: SimTable(process, name),
            stream=lambda arn: SimStream(process, arn),
            links=links,
            search=lambda version: SimIndex(process) if shape.indexed else None,
            replicas=SimReplicas(process, tables) if isinstance(tables, Replicated) else None,
            pointer=(door := SimPointer(process)),
            fence=door,
        ),
        journal=journal,
        log=log,
        engine=SimEngine(process, shape.workers, shape.beat_s),
        transform=lambda: _transform(shape.migration, mended, views),
        dry_transform=lambda views: _made(shape.migration, mended, views),
        indexes=lambda: [index_plan(log.snapshot.deployment)] if shape.indexed else [],
        shape=lambda: destination_shape(shape.migration),
        place=lambda color: Place("dev", color, DataVersion.BETA, DESTINATION, DEPLOY, "here"),
        exercise=lambda place, address: {"ran": shape.exercise},
        now=process.now_s,
        sleep=process.world.scheduler.sleep,
        hold=lease.hold,
        prove_determinism=lambda sample: None,
        late=late,
    )
    made.scheduler = process.world.scheduler
    return steered(made, process) if process.world.schedule.words else made


def current(process: Process, journal: Journal) -> Log | None:
    """The last deployment, ended or not; None before the first."""
    number = journal.deployments()
    history = journal.records(number) if number else []
    process.world.turn_to(number)
    return Log(journal, history, partial(_heard, process)) if history else None


def begin(process: Process, journal: Journal) -> Log:
    """A new deployment, with the migrations as they are in the folder now."""
    world = process.world
    shape = world.schedule.shape
    number = world.deployments + 1
    regions = () if shape.lag_s is None else (REGION,)
    plan = _plan(shape.migration, world.decided.mended, number if shape.indexed else 0, regions)
    history = [journal.append(number, 1, records.Started(plan))]
    world.turn_to(number)
    return Log(journal, history, partial(_heard, process))


def _heard(process: Process, record: Record) -> None:
    if isinstance(record.body, PhaseBegan):
        process.works_on(record.body.phase.value)
    elif isinstance(record.body, PhaseDone):
        if record.body.phase is Phase.VERIFY:
            process.world.verified(process.began_s)
        elif record.body.phase is Phase.REINDEX and process.world.schedule.shape.indexed:
            judge_reindexed(process.world)
        if _may_repair_nothing(process.world, record.body.phase):
            for name in ("repaired", "verify_repaired"):
                if number := record.body.evidence.get(name):
                    process.world.wrong.append(f"{record.body.phase} had to repair {number}")


def _may_repair_nothing(world: World, phase: Phase) -> bool:
    """A discard may die between its record and its settle; what an aborted deployment sent may land in the next one; a
    producer that the backfill wrote over is for verify to find, and so is what lost hints were of. What a runner that
    died had made of items which it read through a view is in no image: its documents are for the proof to find."""
    crowded = world.schedule.shape.migration.startswith("crowded")
    seeing = "view" in world.schedule.shape.migration and phase is Phase.REINDEX
    return not (crowded or seeing or world.schedule.days or world.decided.given_up or world.deployments > 1)


def _transform(migration: str, mended: bool, views: SourceViews) -> Transform:
    reads = any(step.reads for step in MIGRATIONS[migration])
    return _made(migration, mended, views) if reads else _blind(migration, mended)


def _made(migration: str, mended: bool, views: Views | None) -> Transform:
    steps = (MENDED if mended else MIGRATIONS)[migration]
    return Transform(steps, _KEY, None, RESERVED, views, REKEYED.get(migration))


@cache
def _blind(migration: str, mended: bool) -> Transform:
    """It reads nothing, so that all runners may share it."""
    return _made(migration, mended, None)


@cache
def _plan(migration: str, mended: bool, indexed: int, regions: tuple[str, ...]) -> Plan:
    """`indexed`: the number of a deployment that makes an index, or 0."""
    checksum = MENDED_CHECKSUM if mended else "checksum"
    pending = tuple(PendingMigration(m.name, checksum) for m in MIGRATIONS[migration])
    there, absent = TableState(True, False, True, True, 4), TableState(exists=False)
    facts = Facts(Color.BLUE, DataVersion.ALPHA, DataVersion.ALPHA, there, absent, pending, other_regions=regions)
    return make_plan(_NAMES, replace(facts, indexes=(FOUND,), deployment=indexed) if indexed else facts)
