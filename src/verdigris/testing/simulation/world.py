"""The world of one schedule: stores, gate, application, and the verdict over what became of its data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from random import Random

from verdigris.core import flags
from verdigris.core.model import Color, Key, RawItem
from verdigris.errors import LeaseLost, StoreError, Unreachable
from verdigris.journal.base import Put, flag_row
from verdigris.journal.memory import MemoryRows
from verdigris.stores.gate import Gate, Verdict
from verdigris.stores.memory_index import MemoryIndex
from verdigris.stores.memory_links import MemoryLinks
from verdigris.testing.simulation import service
from verdigris.testing.simulation.application import Application, Decided, Due, Thing, due, raw_of
from verdigris.testing.simulation.documents import ALIAS, LIVE
from verdigris.testing.simulation.drawing import Allowed
from verdigris.testing.simulation.judging import (
    judge,
    judge_documents,
    judge_forward,
    judge_proven,
    judge_replica,
    judge_write,
)
from verdigris.testing.simulation.places import DEPLOY as DEPLOY
from verdigris.testing.simulation.places import DESTINATION as DESTINATION
from verdigris.testing.simulation.places import RESERVED as RESERVED
from verdigris.testing.simulation.places import SHAPE as SHAPE
from verdigris.testing.simulation.places import SOURCE as SOURCE
from verdigris.testing.simulation.places import destination_shape as destination_shape
from verdigris.testing.simulation.process import PATIENCE_S, SKEW_S, Process
from verdigris.testing.simulation.replication import tables_of
from verdigris.testing.simulation.schedule import Op, Schedule, Writer
from verdigris.testing.simulation.scheduler import Actor, Scheduler
from verdigris.testing.simulation.steering import Pauses, say
from verdigris.testing.simulation.switches import Replayed, Switches

#: A schedule takes some 300 to 2,000 steps; one with more than this does not end.
LIMIT = 30_000
#: How old the items are that were there before (seconds): no margin of clocks reaches back to them.
_AGE_S = 5000.0
#: How far a request's signing date may be from AWS's own time (seconds; there it is 300, and here less, to wait less).
SIGNATURE_S = 20.0
#: How long a write may land after it was sent: a clock that is ahead dates the signature later.
LATE_S = SIGNATURE_S + SKEW_S


class World:
    """Everything outside the runners. `faults_found` is empty as long as nothing is wrong."""

    def __init__(self, schedule: Schedule, allowed: Allowed, *, traced: bool = False) -> None:
        shape = schedule.shape
        self.schedule = schedule
        self.allowed = allowed
        self.trace: list[str] | None = [] if traced else None
        self.faults = {(fault.phase, fault.nth): fault for fault in schedule.faults}
        self.skewed = any(fault.what == "jump" for fault in schedule.faults)
        self.reads = dict(schedule.reads)
        self.fired: list[str] = []
        self.wrong: list[str] = []
        self.stream_reads = 0
        self.switches = (
            Switches(Random(schedule.seed ^ 0x5EED), shape.every)
            if schedule.switches is None
            else Replayed(schedule.switches)
        )
        self.scheduler = Scheduler(self.switches, LIMIT)
        self.rows = MemoryRows(DEPLOY, created=True)
        self.tables = tables_of(schedule, lambda: self.scheduler.now_s)
        self.links = MemoryLinks()
        self.indexes = MemoryIndex()
        self.gate = Gate(Color.BLUE)
        self.application = Application(shape.migration, lambda: self.scheduler.now_s)
        self.decided = Decided()
        #: what the destination was due at the switch
        self.due = Due({}, set(), set())
        self.flips = 0
        self.deployments = 0
        #: what the operators are still to type
        self.course = list(shape.course)
        #: what the application had in the color that it left
        self.left: dict[Color, dict[int, Thing]] = {}
        #: what it had in the old color when it came back there
        self.returned: dict[int, Thing] = {}
        self.processes: list[Process] = []
        self.pauses = Pauses(self)
        #: up to when the tail last said that everything is settled
        self._proven_s = 0.0
        self._at_the_gate: list[Actor] = []
        self._waiting: dict[str, list[Actor]] = {}
        self._reached = {"start"}
        #: who sleeps until another runner makes this call of that phase
        self.alarms: dict[tuple[str, int], list[Process]] = {}
        self._begin()

    def _begin(self) -> None:
        """As after a first deployment: blue serves alpha, which has its stream and some items."""
        self.tables.create(SOURCE, SHAPE)
        self.tables.enable_stream(SOURCE)
        self.tables.enable_ttl(SOURCE, "exp")
        self.indexes.create(LIVE, {})
        self.indexes.point_alias(ALIAS, None, LIVE)
        for op in self.schedule.before:
            self._do(op)
        self.application.begin()
        self.scheduler.now_s += _AGE_S
        self.rows.write(
            Put(flag_row(flags.SOURCE_VERSION, "alpha")),
            Put(flag_row(flags.DESTINATION_VERSION, "alpha")),
            Put(flag_row(flags.CURRENT_COLOR, "blue")),
        )
        for number, writer in enumerate(self.schedule.writers, 1):
            self.scheduler.spawn(f"writer-{number}", partial(self._write, writer))
        for split in self.schedule.splits:
            self.scheduler.spawn("service", partial(service.divide, self, split))
        for word in self.schedule.words:
            self.scheduler.spawn("person", partial(say, self, word))
        for halt in self.schedule.halts:
            self.scheduler.spawn("service", partial(service.halt_replication, self, halt))
        for day in self.schedule.days:
            self.scheduler.spawn("service", partial(service.stand_still, self, day))

    def process(self, name: str, host: str) -> Process:
        made = Process(self, f"{name}#{len(self.processes) + 1}", host)
        self.processes.append(made)
        return made

    # ── the application ──────────────────────────────────────────────────────────────────────────────────────────

    def reach(self, phase: str) -> None:
        """A runner works on a phase: who waited for that goes on."""
        self._reached.add(phase)
        for actor in self._waiting.pop(phase, ()):
            self.scheduler.wake(actor)

    def alarm(self, process: Process) -> None:
        """A runner makes a call: others that slept until then wake up."""
        place = (process.phase, process.calls)
        for other in [other for other in self.alarms.get(place, ()) if other is not process]:
            self.alarms[place].remove(other)
            other.sleep(0.0)

    def wait_for(self, phase: str) -> None:
        if phase not in self._reached:
            self._waiting.setdefault(phase, []).append(self.scheduler.current)
            self.scheduler.sleep(PATIENCE_S)

    def _write(self, writer: Writer) -> None:
        self.wait_for(writer.since)
        for op in writer.ops:
            if op.nap_s:
                self.scheduler.sleep(op.nap_s)
            else:
                self.scheduler.switch()
            if self._admitted():
                self.gate.began()
                self.scheduler.switch()
                self._do(op)
                self.gate.ended()
                self.gate_changed()

    def _admitted(self) -> bool:
        """Waits while the gate holds writes. False: it refused this one."""
        while (verdict := self.gate.verdict("PUT", self.scheduler.now_s)) is Verdict.HOLD:
            self.wait_for_the_gate()
        return verdict is Verdict.PASS

    def wait_for_the_gate(self) -> None:
        """Until it changed, or its deadline has come."""
        self._at_the_gate.append(self.scheduler.current)
        self.scheduler.sleep(max(self.gate.deadline - self.scheduler.now_s, 0.0) + 0.001)

    def gate_changed(self) -> None:
        for actor in self._at_the_gate:
            self.scheduler.wake(actor)
        self._at_the_gate.clear()

    def _do(self, op: Op) -> None:
        """One transaction, in the shape of the color that is live."""
        things = self.application.things
        second = self.gate.live is Color.GREEN
        migration = self.schedule.shape.migration
        before = due(migration, things, self.decided).items if second else {}
        crowded = not second and migration.startswith("crowded")
        made = self.application.take(self.application.changes(op), crowded=crowded)
        if self.trace is not None:
            self.trace.append(f"application {made}")
        if second:
            after = due(migration, things, self.decided).items
            self._store(DESTINATION, {key: after.get(key) for key in {**before, **after}}, before)
        else:
            self._store(SOURCE, {(f"i{n}",): raw_of(n, thing) if thing else None for n, thing in made}, {})
            for number, thing in made:
                if thing is not None and thing.expires:
                    self.scheduler.spawn("time-to-live", partial(service.expire, self, number, thing))

    def _store(self, table: str, items: dict[Key, RawItem | None], before: dict[Key, RawItem]) -> None:
        for key, item in items.items():
            if item is None:
                self.tables.remove(table, key)
            elif before.get(key) != item:
                self.tables.put(table, item)

    # ── what runners send ────────────────────────────────────────────────────────────────────────────────────────

    def land(self, parts: Sequence[Callable[[], object]], seconds: float) -> None:
        """A call whose caller does not wait for it any more, and which takes effect all the same."""

        def body() -> None:
            self.scheduler.sleep(seconds)
            for part in parts:
                try:
                    part()
                except StoreError:
                    return

        self.scheduler.spawn("late", body)

    def admit(self, process: Process, table: str, key: Key, item: RawItem | None, signed_s: float) -> None:
        """Whether a runner's write may take effect. What it writes to the source, other than beacons, is wrong."""
        if table == SOURCE and key not in RESERVED:
            self.wrong.append(f"{process.name} wrote {key} into the source")
        if table == DESTINATION and self.schedule.shape.migration == "picky":
            judge_write(self, key, item)
        self.demand_timely(process, table, signed_s)

    def demand_timely(self, process: Process, where: str, signed_s: float) -> None:
        """Whether a request of a runner that changes something may take effect, by its signature's age."""
        if self.allowed.late_writes:
            if abs(self.scheduler.now_s - signed_s) > SIGNATURE_S:
                raise Unreachable("the signature has expired", where=where)
        elif not self.holds_lease(process):
            raise LeaseLost("the simulation holds back what a runner writes without its lease", where=where)

    def holds_lease(self, process: Process) -> bool:
        """Whether nobody has taken over from this process."""
        lease = self.rows.get("verdigris|lease", "verdigris|lease")
        return process.token is None or (lease is not None and lease["token"] == process.token())

    def turn_to(self, deployment: int) -> None:
        """Somebody works on this deployment: what was decided about an earlier one is over."""
        if deployment == self.deployments:
            return
        self.deployments = deployment
        self.decided.given_up.clear()
        self.decided.refusing = True
        self.left.clear()

    def proven(self, settled_s: float) -> None:
        """The tail says, durably, that every change from before then (seconds, by its clock) is settled.

        Where hints may be lost, or the backfill may write over what another producer made of its item, that holds from
        the end of a verify only.
        """
        early = self.schedule.days or self.schedule.shape.migration.startswith("crowded")
        if settled_s != self._proven_s and not self.left and not early:
            self._proven_s = settled_s
            judge_proven(self, "though it was settled", settled_s - (SKEW_S if self.skewed else 0.0))

    def verified(self, since_s: float) -> None:
        """A verify that began then is done: it knows of every change from before."""
        judge_proven(self, "though it was verified", since_s)

    def flipped(self, color: Color) -> None:
        """The live color changed: from here on the application uses that one's table, so it must be right now."""
        self.flips += 1
        application, first = self.application, not self.left
        if self.gate.writes or self.gate.pointer(self.scheduler.now_s).fence is None:
            self.wrong.append("switched while writes were under way")
        self.left[color.other] = application.things
        if color is Color.GREEN:
            judge_replica(self, "at the switch")
        if first:
            application.things = dict(application.things)
            self.due = judge(self, "at the switch", color)
            if self.schedule.shape.indexed:
                judge_documents(self, "at the switch")
            if self.due.undecided:
                self.wrong.append(f"switched while {sorted(self.due.undecided)} wait in quarantine")
            self.decided.refusing = False
            return
        application.things = self.left.pop(color)
        judge(self, f"back in {color}", color)
        if color is Color.BLUE:
            self.returned = dict(application.things)
        else:
            judge_forward(self)
