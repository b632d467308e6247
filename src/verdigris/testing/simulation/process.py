"""A runner's process: its clock, and its calls, with what may happen to each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from verdigris.core.model import Key
from verdigris.errors import Throttled, Unreachable
from verdigris.testing.simulation.schedule import Fault
from verdigris.testing.simulation.scheduler import Actor, Killed, Life

if TYPE_CHECKING:
    from verdigris.testing.simulation.world import World

Answer = TypeVar("Answer")
#: How long somebody waits for a phase (seconds): it may never come.
PATIENCE_S = 5000.0
#: Clocks of different machines differ by at most so much (seconds): more, and AWS refuses their signatures.
SKEW_S = 15.0


class Process(Life):
    """One process of a runner. `phase` is what it works on, `calls` how many it made there."""

    def __init__(self, world: World, name: str, host: str) -> None:
        super().__init__()
        self.world = world
        self.name = name
        self.host = host
        self.phase = "start"
        #: since when it works on it (seconds, the world's clock)
        self.began_s = world.scheduler.now_s
        self.calls = 0
        #: who renews the lease: counted apart, since that goes by time
        self.renewing: Actor | None = None
        self.renewals = 0
        #: the fencing token under which it writes tables; None: nobody asks for one
        self.token: Callable[[], int] | None = None
        #: asked before each write of a table: raises LeaseLost
        self.may_go: Callable[[], None] = lambda: None
        #: told the keys and the signing date of writes that got no answer
        self.unanswered: Callable[[Sequence[Key], float], None] = lambda keys, signed_s: None
        #: told of each page that is scanned
        self.scans: Callable[[], None] = lambda: None
        self._skew_s = 0.0

    # ── its clock ────────────────────────────────────────────────────────────────────────────────────────────────

    def now_s(self) -> float:
        """Its wall clock, which may jump."""
        return self.world.scheduler.now_s + self._skew_s

    def monotonic_s(self) -> float:
        return self.world.scheduler.now_s

    def iso(self) -> str:
        return datetime.fromtimestamp(self.now_s(), UTC).isoformat(timespec="milliseconds")

    # ── its calls ────────────────────────────────────────────────────────────────────────────────────────────────

    def works_on(self, phase: str) -> None:
        self.phase = phase
        self.began_s = self.world.scheduler.now_s
        self.calls = 0
        self.world.reach(phase)

    def call(self, what: str, effect: Callable[[], Answer]) -> Answer:
        """One call. Whatever happens before its effect happens here."""
        fault = self._arrive(what)
        if fault is not None:
            self._suffer(fault, what, [effect], keeps=what in _READS)
        return effect()

    def change(self, what: str, effect: Callable[[], Answer]) -> Answer:
        """One call that makes or removes something: dated, then allowed by the lease, as a write of a table is."""
        signed_s = self.now_s()
        self.may_go()

        def timely() -> Answer:
            self.world.demand_timely(self, what, signed_s)
            return effect()

        return self.call(what, timely)

    def send(self, what: str, parts: Sequence[Callable[[], object]]) -> None:
        """One call that takes effect part by part, others in between."""
        fault = self._arrive(what)
        if fault is not None:
            self._suffer(fault, what, parts)
        switch = self.world.scheduler.switch
        for place, part in enumerate(parts):
            if place:
                switch()
            part()

    def _arrive(self, what: str) -> Fault | None:
        world = self.world
        if self.dead:
            raise Killed
        world.scheduler.switch()
        if world.trace is not None:
            world.trace.append(f"{world.scheduler.current.name} {what}")
        if world.scheduler.current is self.renewing:
            self.renewals += 1
            return world.faults.pop(("lease", self.renewals), None)
        self.calls += 1
        if world.alarms:
            world.alarm(self)
        return world.faults.pop((self.phase, self.calls), None) if world.faults else None

    def _suffer(self, fault: Fault, what: str, parts: Sequence[Callable[[], object]], *, keeps: bool = False) -> None:
        """Returns if the call takes place after all. `keeps`: it changes nothing."""
        world, kind = self.world, fault.what
        world.fired.append(f"{kind} at {what} of {self.name}, call {fault.nth} of {fault.phase}")
        if kind in _WAITS:
            self._wait(fault)
        elif kind == "jump":
            self._skew_s = max(-SKEW_S, min(SKEW_S, self._skew_s + fault.seconds))
        elif kind in ("late", "crash-late"):
            if not keeps:
                world.land(parts, fault.seconds)
        elif kind != "cut" and kind != "crash":
            some = {"half": (len(parts) + 1) // 2, "throttle": len(parts) // 2}.get(kind, len(parts))
            for part in () if keeps else parts[:some]:
                part()
        if kind.startswith("crash"):
            world.scheduler.kill(self)
            raise Killed
        if kind == "throttle":
            raise Throttled("the simulation asks to slow down", where=what)
        if kind not in (*_WAITS, "jump"):
            raise Unreachable("no answer, says the simulation", where=what)

    def _wait(self, fault: Fault) -> None:
        """The call, or the whole process, stands still for a while before the call takes effect."""
        scheduler = self.world.scheduler
        seconds = fault.seconds
        if fault.what == "asleep":
            self.world.alarms.setdefault((fault.until, fault.until_nth), []).append(self)
            seconds = PATIENCE_S
        if fault.what != "slow":
            self.sleep(seconds)
        scheduler.sleep(seconds)

    def sleep(self, seconds: float) -> None:
        """From now every other actor of the process sleeps for so long."""
        scheduler = self.world.scheduler
        for actor in self.actors:
            if actor is not scheduler.current:
                scheduler.lay(actor, scheduler.now_s + seconds)


_WAITS = ("slow", "pause", "asleep")
_READS = frozenset(
    {"rows.get", "rows.query", "rows.scan", "rows.last", "scan", "read", "stream.read", "stream.shards", "links.of"}
    | {"replicas.states", "index.exists", "index.named", "index.count", "index.documents", "index.read", "index.alias"}
)
