"""The production core in the simulated world: operators who run `verdigris deploy` until it is through."""

from __future__ import annotations

from contextlib import suppress
from functools import cache

from verdigris import runner
from verdigris.core import records
from verdigris.core.machine import State
from verdigris.core.model import Color, DataVersion, Phase, Place
from verdigris.core.planning import Facts, Names, PendingMigration, Plan, TableState, make_plan
from verdigris.core.records import PhaseBegan, PhaseDone, Record
from verdigris.core.snapshot import Snapshot
from verdigris.core.transform import Transform, Views
from verdigris.errors import (
    Conflict,
    HintsLost,
    LeaseHeld,
    LeaseLost,
    PhaseFailed,
    StoreError,
    Throttled,
    Unreachable,
    VerdigrisError,
)
from verdigris.journal.journal import Holder, Journal
from verdigris.journal.lease import LeaseKeeper
from verdigris.phases.base import Bench, Settings, Stores
from verdigris.phases.late import LateWrites
from verdigris.phases.log import Log
from verdigris.phases.views import SourceViews
from verdigris.stores.table_shape import key_schema
from verdigris.testing.simulation.application import MENDED, MIGRATIONS, REKEYED
from verdigris.testing.simulation.cures import MENDED_CHECKSUM, cure, waits
from verdigris.testing.simulation.engine import SimEngine
from verdigris.testing.simulation.ports import SimAdmin, SimLinks, SimPointer, SimRows, SimStream, SimTable
from verdigris.testing.simulation.process import Process
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

LEASE_S = 15.0
#: How often an operator tries before it is said that the deployment does not end.
_TRIES = 40
#: What stops a run without anything being wrong; the same command goes on.
_STOPPED = frozenset({Unreachable, Throttled, LeaseHeld, LeaseLost, Conflict, PhaseFailed, HintsLost})

_KEY = key_schema(SHAPE.create)
_NAMES = Names(
    env="dev",
    deploy_table=DEPLOY,
    tables={DataVersion.ALPHA: SOURCE, DataVersion.BETA: DESTINATION},
    indexes=(),
)


def deploy(world: World) -> None:
    """Starts the operators; the deployment is through when the scheduler has no actors left."""
    for number in range(world.schedule.shape.runners):
        operator = _Operator(world, number)
        world.scheduler.spawn(operator.name, operator.run)


class _Operator:
    """Runs the command again and again, each time in a new process."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.name = f"operator-{number + 1}"
        self._host = "host" if world.schedule.shape.same_host else f"host-{number}"
        self._nap_s = 0.3 * number

    def run(self) -> None:
        sleep = self.world.scheduler.sleep
        for number in range(_TRIES):
            sleep(self._nap_s + number * number * 0.5)  # now and then one has to wait for minutes
            process = self.world.process(self.name, self._host)
            done: list[bool] = []
            try:
                self._command(process, done, cures=number % 2 == 1 and waits(self.world))
            finally:
                self.world.scheduler.kill(process)
            if (done and done[0]) or self.world.scheduler.errors:
                return
        self.world.wrong.append(f"{self.name} tried {_TRIES} times, and the deployment is not through")

    def _command(self, process: Process, done: list[bool], *, cures: bool) -> None:
        """The process is an actor of its own; the operator waits for its end."""
        scheduler = self.world.scheduler
        me = scheduler.current

        def body() -> None:
            try:
                done.append(_deploy(process, cures=cures))
            finally:
                scheduler.wake(me)

        actor = scheduler.spawn(process.name, body, process)
        while actor in process.actors:
            scheduler.sleep(1000.0)


def _deploy(process: Process, *, cures: bool) -> bool:
    """One `verdigris deploy`, or what is done about the quarantine; whether the deployment is through."""
    world = process.world
    journal = Journal(SimRows(process), process.iso)
    process.token = lambda: journal.token
    holder = Holder(process.name, process.name, process.host, 1, "", "deploy dev", process.iso())
    keeper = LeaseKeeper(
        journal,
        holder,
        LEASE_S,
        clock=process.monotonic_s,
        now_s=process.now_s,
        sleep=world.scheduler.sleep,
        dead=lambda other: _is_dead(process, other),
        threaded=False,
        late_s=LATE_S,
        late_after_death_s=LATE_S,
    )
    try:
        with keeper as lease:
            process.renewing = world.scheduler.spawn(f"{process.name}.lease", lambda: _keep(process, lease), process)
            log = _log(process, journal)
            if cures:
                process.works_on("quarantine")
                cure(world, journal, log, lambda: bench(process, journal, log, lease))
            elif log.snapshot.state is not State.BAKED:
                runner.run(bench(process, journal, log, lease))
            return log.snapshot.state is State.BAKED and _is_told(world, log.snapshot)
    except VerdigrisError as error:
        if type(error) not in _STOPPED and world.holds_lease(process):  # one that was replaced may meet anything
            raise
        return False


def bench(process: Process, journal: Journal, log: Log, lease: LeaseKeeper) -> Bench:
    """The one place where the simulation puts a bench together."""
    shape = process.world.schedule.shape
    mended = log.snapshot.plan.migrations[0].checksum == MENDED_CHECKSUM
    process.world.decided.mended = mended
    late = LateWrites(LATE_S, lease.others_until_s, RESERVED)
    lease.own_until_s = late.quiet_from_s
    process.may_go, process.unanswered = lease.hold, late.unanswered
    source, links = SimTable(process, SOURCE), SimLinks(process)
    views = SourceViews(source, links, RESERVED)
    return Bench(
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
            pointer=(door := SimPointer(process)),
            fence=door,
        ),
        journal=journal,
        log=log,
        engine=SimEngine(process, shape.workers, shape.beat_s),
        transform=lambda: _transform(shape.migration, mended, views),
        dry_transform=lambda views: _made(shape.migration, mended, views),
        indexes=list,
        shape=lambda: destination_shape(shape.migration),
        place=lambda color: Place("dev", color, DataVersion.BETA, DESTINATION, DEPLOY, "here"),
        exercise=lambda place, address: {"ran": shape.exercise},
        now=process.now_s,
        sleep=process.world.scheduler.sleep,
        hold=lease.hold,
        prove_determinism=lambda sample: None,
        late=late,
    )


def _log(process: Process, journal: Journal) -> Log:
    """The deployment under way, or a new one."""
    number = journal.deployments()
    history = journal.records(number) if number else []
    if not history:
        history = [journal.append(1, 1, records.Started(_plan(process.world.schedule.shape.migration)))]
    return Log(journal, history, lambda record: _heard(process, record))


def _heard(process: Process, record: Record) -> None:
    if isinstance(record.body, PhaseBegan):
        process.works_on(record.body.phase.value)
    elif isinstance(record.body, PhaseDone) and _may_repair_nothing(process.world):
        for name in ("repaired", "verify_repaired"):
            if number := record.body.evidence.get(name):
                process.world.wrong.append(f"{record.body.phase} had to repair {number}")


def _may_repair_nothing(world: World) -> bool:
    """A discard may die between its record and its settle; then verify does it, as it does what lost hints were of."""
    return not world.decided.given_up and not world.schedule.days


def _keep(process: Process, lease: LeaseKeeper) -> None:
    """What the keeper's thread does; whoever cannot renew any more finds out by `hold`."""
    while True:
        process.world.scheduler.sleep(LEASE_S / 3)
        with suppress(StoreError):
            try:
                lease.renew()
            except LeaseLost:
                return


def _is_dead(process: Process, holder: Holder) -> bool:
    """Certain only for processes of the same machine."""
    return holder.host == process.host and any(
        other.name == holder.id and other.dead for other in process.world.processes
    )


def _is_told(world: World, snapshot: Snapshot) -> bool:
    """Whether the evidence of the switch names what was given up, and nothing else. Always true: else it is wrong."""
    told = {entry["key"] for entry in snapshot.phases[Phase.SWITCH].evidence.get("discarded", ())}
    if told != {"/".join(key) for key in world.due.given_up}:
        world.wrong.append(f"{sorted(world.due.given_up)} were given up, and the switch names {sorted(told)}")
    return True


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
def _plan(migration: str) -> Plan:
    pending = tuple(PendingMigration(m.name, "checksum") for m in MIGRATIONS[migration])
    there, absent = TableState(True, False, True, True, 4), TableState(exists=False)
    return make_plan(_NAMES, Facts(Color.BLUE, DataVersion.ALPHA, DataVersion.ALPHA, there, absent, pending))
