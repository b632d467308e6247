"""Actors, one greenlet each, on a virtual clock. At every switch point the schedule says who goes on.

Nothing runs beside anything else and nothing waits for real time, so a schedule repeats exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush

from greenlet import greenlet

from verdigris.testing.simulation.switches import Switches

#: What a call to a store takes (seconds).
TICK_S = 0.01


class Killed(BaseException):
    """The actor's process is dead: nothing that would run on the way out may have an effect."""


class Life:
    """What several actors live and die with: a process."""

    def __init__(self) -> None:
        self.dead = False
        self.actors: list[Actor] = []


class Actor:
    """One thread of something that happens."""

    __slots__ = ("awake", "body", "life", "name", "thread", "wake_s")

    def __init__(self, name: str, body: Callable[[], None], life: Life | None) -> None:
        self.name = name
        self.body = body
        self.life = life
        self.wake_s = 0.0
        self.awake = True
        self.thread: greenlet


class Scheduler:
    """Runs the actors until all have ended; after `limit` steps the rest are killed, and `endless` says so."""

    def __init__(self, switches: Switches, limit: int, start_s: float = 1_700_000_000.0) -> None:
        self.now_s = start_s
        self.steps = 0
        self.endless = False
        self.current: Actor
        self.errors: list[tuple[Actor, BaseException]] = []
        self._limit = limit
        self._switches = switches
        self._ready: list[Actor] = []
        self._asleep: list[tuple[float, int, Actor]] = []
        self._pushed = 0
        self._alive = 0
        self._hub: greenlet

    def spawn(self, name: str, body: Callable[[], None], life: Life | None = None) -> Actor:
        actor = Actor(name, body, life)
        self._ready.append(actor)
        self._alive += 1
        if life is not None:
            life.actors.append(actor)
        return actor

    def run(self) -> None:
        """Returns when no actor is left. What an actor raised, other than Killed, is among `errors`."""
        self._hub = greenlet.getcurrent()
        while self._alive:
            self.current = self._another()
            if not hasattr(self.current, "thread"):
                self.current.thread = greenlet(self._live, self._hub)
            self.current.thread.switch()

    def switch(self) -> None:
        """A switch point: others may go on first. Raises Killed if the actor's process died meanwhile."""
        self.now_s += TICK_S
        self.steps += 1
        me = self.current
        if self._asleep and self._asleep[0][0] <= self.now_s:
            self._rouse()
        if self.steps == self._switches.next_step:
            other = self._ready[self._switches.take(len(self._ready))]
            if other is not me:
                self._go(other)
        if self.steps >= self._limit:
            self.endless = True
        if self.endless or (me.life is not None and me.life.dead):
            raise Killed

    def sleep(self, seconds: float) -> None:
        """Lets the others go on for so long (virtual seconds). Raises Killed as `switch` does."""
        me = self.current
        self.lay(me, self.now_s + seconds)
        self.steps += 1
        other = self._another()
        if other is not me:
            self._go(other)
        if self.endless or (me.life is not None and me.life.dead):
            raise Killed

    def wake(self, actor: Actor) -> None:
        """Ends an actor's sleep."""
        if not actor.awake:
            actor.awake = True
            self._ready.append(actor)

    def lay(self, actor: Actor, until_s: float) -> None:
        """Puts an actor to sleep until then, whatever it did."""
        if actor.awake:
            self._ready.remove(actor)
        actor.awake = False
        actor.wake_s = until_s
        self._pushed += 1
        heappush(self._asleep, (until_s, self._pushed, actor))

    def kill(self, life: Life) -> None:
        """Ends a process: each of its actors gets Killed where it stands."""
        life.dead = True
        for actor in life.actors:
            self.wake(actor)

    def _live(self) -> None:
        me = self.current
        try:
            if not (self.endless or (me.life is not None and me.life.dead)):
                me.body()
        except Killed:
            pass
        except BaseException as error:
            self.errors.append((me, error))
        self._ready.remove(me)
        self._alive -= 1
        if me.life is not None:
            me.life.actors.remove(me)

    def _go(self, other: Actor) -> None:
        self.current = other
        if not hasattr(other, "thread"):
            other.thread = greenlet(self._live, self._hub)
        me = greenlet.getcurrent()
        other.thread.switch()
        assert greenlet.getcurrent() is me

    def _another(self) -> Actor:
        """Who goes on when the current actor cannot. Time goes on to the next sleeper's if nobody can."""
        if self.steps >= self._limit:
            self.endless = True
        if not self._ready:
            while self._asleep[0][2].awake or self._asleep[0][0] != self._asleep[0][2].wake_s:
                heappop(self._asleep)
            self.now_s = max(self.now_s, self._asleep[0][0])
        if self._asleep and self._asleep[0][0] <= self.now_s:
            self._rouse()
        return self._ready[self._switches.forced(self.steps, len(self._ready))]

    def _rouse(self) -> None:
        while self._asleep and self._asleep[0][0] <= self.now_s:
            wake_s, _, actor = heappop(self._asleep)
            if not actor.awake and actor.wake_s == wake_s:
                actor.awake = True
                self._ready.append(actor)


class ActorLock:
    """Holds actors apart as a re-entrant lock does threads: all of them are one thread."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._owner: Actor | None = None
        self._depth = 0
        self._waiting: list[Actor] = []

    def __enter__(self) -> None:
        me = self._scheduler.current
        while self._owner not in (None, me):
            self._waiting.append(me)
            self._scheduler.sleep(1000.0)
        self._owner = me
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if not self._depth:
            self._owner = None
            for actor in self._waiting:
                self._scheduler.wake(actor)
            self._waiting.clear()
