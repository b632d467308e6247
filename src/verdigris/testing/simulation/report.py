"""One schedule run, and what was found; a failure is made small before it is shown."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from verdigris.core.model import Color
from verdigris.testing.simulation.drawing import Allowed, drawn
from verdigris.testing.simulation.judging import judge, judge_alias, judge_documents
from verdigris.testing.simulation.schedule import Op, Schedule
from verdigris.testing.simulation.world import World

#: Starts whatever carries the data, in a world: the production core, or the model of another protocol.
Program: TypeAlias = Callable[[World], None]
Part = TypeVar("Part")


@dataclass(frozen=True)
class Report:
    """What became of a schedule. `wrong` is empty when nothing was lost, resurrected, stale or extra, and it ended."""

    seed: int
    schedule: Schedule
    wrong: tuple[str, ...]
    steps: int
    #: the faults that took place
    fired: tuple[str, ...]
    #: every call in order, if it was asked for
    trace: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.wrong


def run(schedule: Schedule, allowed: Allowed, program: Program, *, traced: bool = False) -> Report:
    """Runs one schedule. Its `switches`, if they were drawn, are in the report's schedule."""
    world = World(schedule, allowed, traced=traced)
    program(world)
    world.scheduler.run()
    wrong = list(world.wrong)
    wrong += [f"{actor.name}: {_told(error)}" for actor, error in world.scheduler.errors]
    if world.scheduler.endless:
        wrong.append(f"it does not end within {world.scheduler.steps} steps")
    elif not wrong and not world.flips:
        wrong.append("it ended without a switch")
    if not wrong:
        judge(world, "at the end", world.gate.live or Color.BLUE)
        if schedule.shape.indexed:
            judge_documents(world, "at the end")
            judge_alias(world, world.gate.live or Color.BLUE)
        wrong += world.wrong
    taken = replace(schedule, switches=tuple(world.switches.made))
    return Report(
        schedule.seed, taken, tuple(wrong), world.scheduler.steps, tuple(world.fired), tuple(world.trace or ())
    )


def smallest(report: Report, allowed: Allowed, program: Program, tries: int = 3000) -> Report:
    """A failure with as few writes, faults and switches as can be found in so many runs."""
    shrinking = _Shrinking(report, allowed, program, tries)
    before = None
    while before != shrinking.best.schedule:  # until a whole round finds nothing more
        before = shrinking.best.schedule
        for name in ("faults", "words", "halts", "days", "splits", "reads", "before", "switches"):
            shrinking.less(getattr(before, name), lambda now, parts, name=name: replace(now, **{name: parts}))  # type: ignore[misc]
        for place, writer in enumerate(before.writers):
            shrinking.less(writer.ops, lambda now, ops, place=place: _with_writer(now, place, ops))  # type: ignore[misc]
    return shrinking.best


class _Shrinking:
    """The smallest failure so far."""

    def __init__(self, report: Report, allowed: Allowed, program: Program, tries: int) -> None:
        self.best = report
        self._allowed = allowed
        self._program = program
        self._tries = tries

    def less(self, parts: Sequence[Part], put: Callable[[Schedule, tuple[Part, ...]], Schedule]) -> None:
        """Takes parts away, half of them first, as long as what is left still fails."""
        size = len(parts)
        while size:
            start = 0
            while start < len(parts):
                fewer = (*parts[:start], *parts[start + size :])
                if self._fails(put(self.best.schedule, fewer)):
                    parts = fewer
                else:
                    start += size
            size //= 2

    def _fails(self, schedule: Schedule) -> bool:
        self._tries -= 1
        if self._tries < 0:
            return False
        found = run(schedule, self._allowed, self._program)
        if found.wrong:
            self.best = replace(found, schedule=schedule)
        return bool(found.wrong)


def _with_writer(schedule: Schedule, place: int, ops: tuple[Op, ...]) -> Schedule:
    writers = list(schedule.writers)
    writers[place] = writers[place]._replace(ops=ops)
    return replace(schedule, writers=tuple(writers))


def _told(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    places = " ← ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__}: {error} ({places})"


__all__ = ["Allowed", "Report", "drawn", "run", "smallest"]
