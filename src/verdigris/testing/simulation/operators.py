"""Operators: they type one command after the other, each in a new process, until the schedule's course is run."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from verdigris import runner
from verdigris.core.machine import TRANSITIONS, Event, State
from verdigris.core.model import Phase
from verdigris.core.records import Said
from verdigris.core.snapshot import Snapshot
from verdigris.errors import (
    Conflict,
    HintsLost,
    LeaseHeld,
    LeaseLost,
    PhaseFailed,
    StoreError,
    Throttled,
    Unreachable,
    Unverified,
    VerdigrisError,
)
from verdigris.journal.journal import Holder, Journal
from verdigris.journal.lease import LeaseKeeper
from verdigris.testing.simulation.cures import cure, waits
from verdigris.testing.simulation.deployment import begin, bench, current
from verdigris.testing.simulation.judging import judge_aborted, judge_told
from verdigris.testing.simulation.places import DESTINATION
from verdigris.testing.simulation.ports import SimRows
from verdigris.testing.simulation.process import Process
from verdigris.testing.simulation.world import LATE_S, World

LEASE_S = 15.0
#: How often an operator tries before it is said that the deployment does not end.
_TRIES = 40
#: What stops a run without anything being wrong; the same command goes on, or the one that the error names.
_STOPPED = frozenset({Unreachable, Throttled, LeaseHeld, LeaseLost, Conflict, PhaseFailed, HintsLost})
#: What a command of the course leads to; a phase's name is a deployment until that phase is done.
_ENDS = {"deploy": State.BAKED, "rollback": State.RETURNED, "abort": State.ABORTED}


def deploy(world: World) -> None:
    """Starts the operators; the deployment is through when the scheduler has no actors left."""
    for number in range(world.schedule.shape.runners):
        operator = _Operator(world, number)
        world.scheduler.spawn(operator.name, operator.run)


class _Operator:
    """One person; all follow the same course."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.name = f"operator-{number + 1}"
        self._host = "host" if world.schedule.shape.same_host else f"host-{number}"
        self._nap_s = 0.3 * number

    def run(self) -> None:
        world = self.world
        for number in range(_TRIES):
            world.scheduler.sleep(self._nap_s + number * number * 0.5)  # now and then one has to wait for minutes
            process = world.process(self.name, self._host)
            try:
                self._command(process, cures=number % 2 == 1 and waits(world))
            finally:
                world.scheduler.kill(process)
            if not world.course or world.scheduler.errors:
                return
        world.wrong.append(f"{self.name} tried {_TRIES} times, and the deployment is not through")

    def _command(self, process: Process, *, cures: bool) -> None:
        """The process is an actor of its own; the operator waits for its end."""
        scheduler = self.world.scheduler
        me = scheduler.current

        def body() -> None:
            try:
                _run(process, cures=cures)
            finally:
                scheduler.wake(me)

        actor = scheduler.spawn(process.name, body, process)
        while actor in process.actors:
            scheduler.sleep(1000.0)


def _run(process: Process, *, cures: bool) -> None:
    """One command: the next of the course, or what is done about the quarantine."""
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
        dead=partial(_is_dead, process),
        threaded=False,
        late_s=LATE_S,
        late_after_death_s=LATE_S,
    )
    try:
        with keeper as lease:
            process.renewing = world.scheduler.spawn(f"{process.name}.lease", lambda: _keep(process, lease), process)
            if cures:
                _cure(process, journal, lease)
            elif world.course:
                _follow(process, journal, lease)
    except VerdigrisError as error:
        if not world.holds_lease(process):
            return  # one that was replaced may meet anything
        if type(error) not in _STOPPED and not _is_undecided(world, error) and not _is_behind(world, error):
            raise
        if error.next_command.startswith("verdigris abort"):
            world.course.insert(0, "abort")


def _is_undecided(world: World, error: VerdigrisError) -> bool:
    """A key in quarantine keeps its last value, so one item may be in the destination twice, and make one document
    under two keys: the proof of the index names it until somebody has decided."""
    return isinstance(error, Unverified) and error.where != DESTINATION and waits(world)


def _is_behind(world: World, error: VerdigrisError) -> bool:
    """Replication stood still for longer than anybody waits: the same command goes on."""
    return isinstance(error, Unverified) and error.where.startswith(f"{DESTINATION} in ") and bool(world.schedule.halts)


def _cure(process: Process, journal: Journal, lease: LeaseKeeper) -> None:
    process.works_on("quarantine")
    if log := current(process, journal):
        cure(process.world, journal, log, lambda: bench(process, journal, log, lease))


def _follow(process: Process, journal: Journal, lease: LeaseKeeper) -> None:
    """The next command of the course, which is over when it has led where it leads."""
    world = process.world
    word = world.course[0]
    log = current(process, journal)
    if log is None or (log.snapshot.ended and word != "abort"):
        log = begin(process, journal)
    if not _is_reached(word, log.snapshot):
        said = _said(word, log.snapshot.state)
        if said is not None:
            log.append(Said(said, process.name))
        if word in ("abort", "rollback"):
            process.works_on(word)
        runner.run(bench(process, journal, log, lease), until=None if word in _ENDS else Phase(word))
    if word in world.course and _is_reached(word, log.snapshot):  # who slept may find that another one was there
        world.course.remove(word)
        if word == "deploy":
            judge_told(world, log.snapshot)
        elif word == "abort":
            judge_aborted(world)


def _is_reached(word: str, now: Snapshot) -> bool:
    return now.state is _ENDS[word] if word in _ENDS else now.done(Phase(word)) or now.flips > 0


def _said(word: str, state: State) -> Event | None:
    """What the command says of a deployment in this state, before it goes on."""
    if word == "deploy":
        return Event.FORWARD if state is State.RETURNED else None
    event = {"rollback": Event.ROLLBACK, "abort": Event.ABORT}.get(word)
    return event if event in TRANSITIONS[state] else None


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
