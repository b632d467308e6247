"""One runner's pace: where the decisions of `core.pacing` meet threads, a clock, and what people say meanwhile.

Bulk work (each unit that an engine runs: a segment, a part) waits for its turn, and while a deployment is paused. All
else goes at once: the tail, since the stream keeps 24 hours and no longer, and the switch, whose writes are held. What
it takes is taken from the same budget, so bulk work makes room for it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

from verdigris.core.braking import Throttling
from verdigris.core.control import Control, paused_reason
from verdigris.core.model import Segment
from verdigris.core.pacing import Budget, Lane, Line
from verdigris.errors import StoreError

log = logging.getLogger(__name__)

#: What is said while a deployment runs is looked for this often.
EVERY_S = 2.0
#: The longest sleep: then Ctrl-C, the lease and what was said meanwhile are looked at.
_SLICE_S = 0.25
#: The shortest one: a clock need not be finer.
_LEAST_S = 0.001
#: A reason is shown for so long after it last held somebody.
_SHOWN_S = 2.0


class Pace:
    """Safe to share between threads. Wraps nothing itself: see `stores.paced`.

    `clock` is monotonic seconds. `check` is asked at least every quarter of a second while something waits, and raises
    to end it. `said` reads what people say of this deployment (None: nothing); `tell` is told the reason for waiting
    whenever it changed (it was `told` before), also from worker threads. `env` is named in what to type.
    """

    def __init__(
        self,
        budget: Budget,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        check: Callable[[], None] = lambda: None,
        said: Callable[[], Control | None] = lambda: None,
        told: str = "",
        env: str = "ENV",
        tell: Callable[[str], None] = lambda reason: None,
    ) -> None:
        self.budget = budget
        self._clock = clock
        self._sleep = sleep
        self._check = check
        self._said = said
        self._env = env
        self._tell = tell
        self._told = told
        self._paused = ""
        self._held = 0
        self._lock = threading.Lock()
        self._polling = threading.Lock()
        self._here = threading.local()
        now_s = clock()
        self._next_poll_s = now_s
        self._lanes = {lane: Line(lane, budget.of(lane), now_s) for lane in Lane}
        self._parts: dict[tuple[Lane, Hashable], Line] = {}
        #: reason → when it last held somebody
        self._reasons: dict[str, float] = {}

    # ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def bulk(self, part: Hashable) -> Iterator[None]:
        """What this thread does within is bulk work on `part`, which has a brake of its own."""
        now_s = self._clock()
        with self._lock:
            for lane in Lane:
                self._parts[lane, part] = Line(lane, None, now_s)
        self._here.part = part
        try:
            yield
        finally:
            self._here.part = None
            with self._lock:
                for lane in Lane:
                    self._parts.pop((lane, part), None)

    @property
    def waits(self) -> bool:
        """Whether this thread waits for its turn: it does bulk work."""
        return getattr(self._here, "part", None) is not None

    def exact(self, lane: Lane) -> bool:
        """Whether units must be counted exactly, batch by batch; else roughly is enough, at most."""
        return not all(line.is_free for line in self._lines(lane))

    def per_s(self, lane: Lane) -> float:
        """Units a second that this thread may take now; infinite where nothing limits it."""
        with self._lock:
            now_s = self._clock()
            return min(line.per_s(now_s) for line in self._lines(lane))

    def take(self, lane: Lane, units: float) -> None:
        """Takes units; bulk work waits for its turn first. Raises what `check` raises; then nothing was taken."""
        with self._lock:
            now_s = self._clock()
            tickets = [(line, line.take(units, now_s)) for line in self._lines(lane)]
        if self.waits:
            try:
                self._wait(tickets)
            except BaseException:
                self.give(lane, units)
                raise

    def give(self, lane: Lane, units: float) -> None:
        """Corrects what was taken: so much of it was not spent (fewer than none: so much more was)."""
        with self._lock:
            now_s = self._clock()
            for line in self._lines(lane):
                line.give(units, now_s)

    def page(self) -> None:
        """A page boundary: bulk work stands still here while the deployment is paused. Raises what `check` raises."""
        self.poll()
        while self._paused and self.waits and not self._held:
            self._check()
            self._sleep(_SLICE_S)
            self.poll()

    def level(self, show: Callable[[], None] = lambda: None) -> None:
        """Waits, whoever asks, until everything taken so far is earned; `show` is called meanwhile."""
        with self._lock:
            tickets = [(line, line.last) for line in self._lanes.values()]
        self._wait(tickets, show)

    def _lines(self, lane: Lane) -> list[Line]:
        part = self._parts.get((lane, getattr(self._here, "part", None)))
        return [self._lanes[lane], part] if part else [self._lanes[lane]]

    def _wait(self, tickets: list[tuple[Line, float]], show: Callable[[], None] = lambda: None) -> None:
        while (left_s := self._left_s(tickets)) > 0:
            self._check()
            self._sleep(min(max(left_s, _LEAST_S), _SLICE_S))
            self.poll()
            show()

    def _left_s(self, tickets: list[tuple[Line, float]]) -> float:
        with self._lock:
            now_s = self._clock()
            left_s, line = max(((line.wait_s(ticket, now_s), line) for line, ticket in tickets), key=lambda w: w[0])
            if left_s > 0:
                self._reasons[line.why(now_s)] = now_s
        return left_s

    # ── being told ───────────────────────────────────────────────────────────────────────────────────────────────

    def throttled(self, told: Throttling) -> None:
        """A service throttled this thread's request. A hot partition slows the part of the work that met it only; all
        of it where it was no part's, since live changes come first."""
        part = getattr(self._here, "part", None)
        with self._lock:
            now_s = self._clock()
            lines = self._lines(Lane(told.lane))
            line = lines[-1] if told.hot_partition else lines[0]
            line.throttled(told.cause(_named(part)), now_s)

    def poll(self) -> None:
        """Takes up what people said, if it is time to look. Raises LeaseLost, if `tell` does."""
        if self._clock() < self._next_poll_s or not self._polling.acquire(blocking=False):
            return
        try:
            self._next_poll_s = self._clock() + EVERY_S
            self._take_up(self._said())
            reason = self.reason()
            if reason != self._told:
                self._tell(reason)
                self._told = reason
        except StoreError as error:
            log.warning("the deploy table does not answer about the pace: %s", error)  # the next time it may
        finally:
            self._polling.release()

    def _take_up(self, control: Control | None) -> None:
        if control is None:
            return
        with self._lock:
            self.budget = control.budget
            now_s = self._clock()
            for lane, line in self._lanes.items():
                line.set(control.budget.of(lane), now_s)
        self._paused = paused_reason(control, self._env)

    # ── showing ──────────────────────────────────────────────────────────────────────────────────────────────────

    def paused(self) -> str:
        """Why no bulk work may begin, "" if it may. Asked while none is under way: so none waits."""
        with self._lock:
            self._reasons.clear()
        self._next_poll_s = self._clock()
        self.poll()
        return self._paused

    def held_up(self, reason: str) -> None:
        """Something else than the pace holds the work up."""
        with self._lock:
            self._reasons[reason] = self._clock()
        self.poll()

    def reason(self) -> str:
        """Why bulk work waits, or did a moment ago; "" if it does not."""
        if self._paused:
            return self._paused
        with self._lock:
            now_s = self._clock()
            self._reasons = {why: at_s for why, at_s in self._reasons.items() if now_s - at_s < _SHOWN_S}
            return "; ".join(sorted(self._reasons))

    @contextmanager
    def still(self) -> Iterator[None]:
        """Within, a pause stops nothing: others wait for this to end."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1


def _named(part: Hashable) -> str:
    """A part in messages, counted from 1."""
    match part:
        case Segment(index, total):
            return f"segment {index + 1} of {total}"
        case int():
            return f"segment {part + 1}"
        case (_, int(number)):
            return f"part {number + 1}"
    return ""
