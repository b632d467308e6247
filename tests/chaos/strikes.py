"""What happens to runners, and when: killed, paused past their lease, both, with or without a write on its way.

Where an application is served, its processes and the front door are killed too, and the runner goes on.
"""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tests.chaos.runners import Runner
from tests.chaos.tally import KILL, Tally

from verdigris.testing.fault_proxy import FaultProxy, Hold

#: How long a runner may need until it writes, or ends.
_PATIENCE_S = 5.0
_POLL_S = 0.02


class Way(StrEnum):
    """What is done to a runner."""

    KILLED = KILL
    #: while a write to the new table is on its way: it lands later, or never
    KILLED_WRITING = "kill -9, writing"
    #: SIGSTOP until another runner has taken over and works
    PAUSED = "paused"
    PAUSED_WRITING = "paused, writing"
    #: paused; both it and the one that took over are killed
    BOTH = "kill -9, both"
    #: not the runner, but what serves the users
    DOOR = "front door killed"
    APPLICATION = "application killed"


#: What happens at random, the likely ones more often.
_CARRYING = (*[Way.KILLED] * 12, *[Way.KILLED_WRITING] * 3, Way.PAUSED, Way.PAUSED_WRITING, Way.BOTH)
_SWITCHING = (*[Way.KILLED] * 6, Way.PAUSED, Way.BOTH, *[Way.DOOR] * 2, *[Way.APPLICATION] * 2)
#: place → how long after it was reached a strike may come (seconds), the likely ones more often
_TO_THE_GATE = (("start", 2.0), *[("backfill", 0.8)] * 3, *[("replay", 4.0)] * 3, *[("verify", 4.0)] * 3)
_TO_THE_END = (("start", 2.0), *[("switch", 0.5)] * 3, *[("fence", 0.05)] * 4, *[("flipped", 0.2)] * 2)


@dataclass(frozen=True)
class Strike:
    """`after_s` after the runner came to `place`, or past it."""

    way: Way
    place: str
    after_s: float


def while_carrying(dice: random.Random, count: int) -> list[Strike]:
    """Random strikes up to the gate, in the order of their places."""
    return _strikes(dice, count, _CARRYING, _TO_THE_GATE)


def while_switching(dice: random.Random, count: int) -> list[Strike]:
    """Random strikes from the gate to the end."""
    return _strikes(dice, count, _SWITCHING, _TO_THE_END)


def _strikes(dice: random.Random, count: int, ways: Sequence[Way], places: Sequence[tuple[str, float]]) -> list[Strike]:
    chosen = sorted((dice.choice(places) for _ in range(count)), key=places.index)
    return [Strike(dice.choice(ways), place, dice.uniform(0, span_s)) for place, span_s in chosen]


class Striker:
    """Strikes runners, and starts those that take over with `start`.

    A write is caught on its way by `proxy`; it may land until `bound_s` after it was signed, and the proxy holds to
    that as AWS does. `serving` kills what serves.
    """

    def __init__(
        self,
        start: Callable[[], Runner],
        dice: random.Random,
        tally: Tally,
        proxy: FaultProxy | None = None,
        bound_s: float = 0.0,
        serving: Mapping[Way, Callable[[], None]] | None = None,
    ) -> None:
        self._start = start
        self._proxy = proxy
        self._dice = dice
        self._tally = tally
        self._bound_s = bound_s
        self._serving = serving or {}
        self._on_their_way: list[threading.Timer] = []

    def strike(self, runner: Runner, way: Way) -> Runner | None:
        """Does it now; returns the runner that works on, if there is one."""
        match way:
            case Way.KILLED:
                self.kill(runner, way)
            case Way.KILLED_WRITING:
                with_write = self._hold(runner)
                self.kill(runner, way if with_write else Way.KILLED)
                self._land_later(with_write)
            case Way.PAUSED:
                return self._replace(runner, way, None)
            case Way.PAUSED_WRITING:
                with_write = self._hold(runner)
                return self._replace(runner, way if with_write else Way.PAUSED, with_write)
            case Way.BOTH:
                second = self._pause(runner)
                self.kill(second, way)
                self.kill(runner, way)
            case Way.DOOR | Way.APPLICATION:
                self._tally.struck[way, runner.where] += 1
                self._serving[way]()
                return runner
        return None

    def kill(self, runner: Runner, way: Way) -> None:
        where = runner.where
        if runner.kill():
            self._tally.struck[way, where] += 1

    def wait(self) -> None:
        """Returns when nothing is on its way any more."""
        for timer in self._on_their_way:
            timer.join()

    def _replace(self, runner: Runner, way: Way, held: Hold | None) -> Runner:
        where = runner.where
        second = self._pause(runner)
        self._land_later(held)
        time.sleep(self._dice.uniform(0, 1.5))
        runner.signal(signal.SIGCONT)
        self._tally.struck[way, where] += 1
        runner.finish()
        return second

    def _pause(self, runner: Runner) -> Runner:
        """Returns the runner that has taken over and works."""
        runner.signal(signal.SIGSTOP)
        second = self._start()
        while not second.reaches("preflight") and second.finish().code == 4:  # the lease still runs
            second = self._start()
        return second

    def _hold(self, runner: Runner) -> Hold | None:
        """Its next write to the new table; None if none came in time."""
        assert self._proxy
        hold = self._proxy.hold("BatchWriteItem *-beta")
        until_s = time.monotonic() + _PATIENCE_S
        while runner.alive and time.monotonic() < until_s:
            try:
                hold.wait(_POLL_S)
            except TimeoutError:
                continue
            return hold
        hold.let_go()
        return None

    def _land_later(self, held: Hold | None) -> None:
        """Within the bound, shortly after it (then it is refused), or never."""
        if held is None:
            return
        tell = held.drop if self._dice.random() < 0.5 else held.let_go
        timer = threading.Timer(self._dice.uniform(0, self._bound_s * 1.2), tell)
        timer.start()
        self._on_their_way.append(timer)
