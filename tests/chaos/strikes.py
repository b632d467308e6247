"""What happens to runners, and when: killed, paused past their lease, both, with or without a write on its way."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from tests.chaos.runners import Runner
from tests.chaos.tally import KILL, Tally

from verdigris.core.model import Phase
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


#: What happens to a runner at random, the likely ones more often.
_WAYS = (*[Way.KILLED] * 12, *[Way.KILLED_WRITING] * 3, Way.PAUSED, Way.PAUSED_WRITING, Way.BOTH)
#: phase → how long after it began a strike may come (seconds); None: after the start of the process.
_SPANS_S: dict[Phase | None, float] = {None: 2.0, Phase.BACKFILL: 0.8, Phase.REPLAY: 4.0, Phase.VERIFY: 4.0}
_OFTEN = (None, *[Phase.BACKFILL] * 3, *[Phase.REPLAY] * 3, *[Phase.VERIFY] * 3)


@dataclass(frozen=True)
class Strike:
    """`after_s` after the runner began `phase` or a later one (None: after it was started)."""

    way: Way
    phase: Phase | None
    after_s: float


def strikes(dice: random.Random, count: int) -> list[Strike]:
    """Random ones up to the gate, in the order of the phases."""
    phases = sorted((dice.choice(_OFTEN) for _ in range(count)), key=_OFTEN.index)
    return [Strike(dice.choice(_WAYS), phase, dice.uniform(0, _SPANS_S[phase])) for phase in phases]


class Striker:
    """Strikes runners, and starts those that take over with `start`. `bound_s`: how long a write may land after it
    was signed; the proxy holds to that as AWS does."""

    def __init__(
        self, start: Callable[[], Runner], proxy: FaultProxy, dice: random.Random, tally: Tally, bound_s: float
    ) -> None:
        self._start = start
        self._proxy = proxy
        self._dice = dice
        self._tally = tally
        self._bound_s = bound_s
        self._on_their_way: list[threading.Timer] = []

    def strike(self, runner: Runner, way: Way) -> Runner | None:
        """Does it now; returns the runner that has taken over, if one has."""
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
        while not second.reaches(Phase.PREFLIGHT) and second.finish().code == 4:  # the lease still runs
            second = self._start()
        return second

    def _hold(self, runner: Runner) -> Hold | None:
        """Its next write to the new table; None if none came in time."""
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
        tell = held.drop if self._dice.random() < 0.2 else held.let_go
        timer = threading.Timer(self._dice.uniform(0, self._bound_s * 1.2), tell)
        timer.start()
        self._on_their_way.append(timer)
