"""The production pace in virtual time, and the person who changes budgets and pauses while runners work."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from verdigris.core.control import Control
from verdigris.core.pacing import Budget
from verdigris.engines.scoped import Scoped
from verdigris.journal.control import control_of, read_control, read_reason, save_reason, write_control
from verdigris.phases.base import Bench
from verdigris.stores.pace import EVERY_S, Pace
from verdigris.stores.paced import PacedIndex, PacedTable
from verdigris.testing.simulation.ports import SimTable
from verdigris.testing.simulation.process import Process
from verdigris.testing.simulation.schedule import Word
from verdigris.testing.simulation.scheduler import Scheduler

if TYPE_CHECKING:
    from verdigris.testing.simulation.world import World

#: How long it may take until a page that was begun before a pause is scanned (seconds).
_SLACK_S = 1.0


class _ByActor:
    """What a `threading.local` is to threads: all actors are one thread."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._parts: dict[object, object] = {}

    @property
    def part(self) -> object:
        return self._parts.get(self._scheduler.current)

    @part.setter
    def part(self, part: object) -> None:
        self._parts[self._scheduler.current] = part


def _pace(process: Process, made: Bench) -> Pace:
    scheduler, journal, deployment = process.world.scheduler, made.journal, made.deployment
    pace = Pace(
        Budget(),
        clock=process.monotonic_s,
        sleep=scheduler.sleep,
        check=made.breathe,
        said=lambda: control_of(journal, deployment),
        tell=lambda reason: save_reason(journal, deployment, reason),
        told=read_reason(journal, deployment),
        env="dev",
    )
    pace._here = _ByActor(scheduler)  # type: ignore[assignment]
    process.scans = lambda: process.world.pauses.scanned(bulk=pace.waits and not pace._held)
    return pace


def steered(made: Bench, process: Process) -> Bench:
    """The bench, at a pace that people may change."""
    pace, index = _pace(process, made), made.index
    made.pace = pace
    made.engine = Scoped(made.engine, pace.bulk)
    made.stores = replace(
        made.stores,
        table=cache(lambda name: PacedTable(SimTable(process, name), pace)),  # it remembers what a page costs
        search=lambda version: PacedIndex(index, pace) if index else None,
    )
    return made


def say(world: World, word: Word) -> None:
    """What one person types, once, to the deployment under way."""
    world.wait_for(word.since)
    world.scheduler.sleep(word.nap_s)
    number = world.deployments
    if not number:
        return
    if word.what == "pause":
        _change(world, number, paused_by="person", paused_at="2026-01-01T00:00:00")
        world.pauses.begin()
        world.scheduler.sleep(word.amount)
        world.pauses.end()
        _change(world, number, paused_by="", paused_at="")
    else:
        budget = _of(number, read_control(world.rows)).budget.changed(**{word.what: word.amount})
        _change(world, number, budget=budget)


def _change(world: World, number: int, **fields: object) -> None:
    write_control(world.rows, lambda control: msgspec.structs.replace(_of(number, control), **fields))


def _of(number: int, control: Control | None) -> Control:
    """What holds for a deployment."""
    return control if control and control.deployment == number else Control(number, Budget())


class Pauses:
    """Whether a pause stops bulk work: each worker may end the page that it waits with, and begins no other."""

    def __init__(self, world: World) -> None:
        self._world = world
        #: which deployment is paused, and since when
        self._now: tuple[int, float] | None = None
        self._pages = 0

    def begin(self) -> None:
        self._now = (self._world.deployments, self._world.scheduler.now_s)
        self._pages = 0

    def end(self) -> None:
        self._now = None

    def scanned(self, *, bulk: bool) -> None:
        """A page is scanned. Where calls fail or stand still a runner may hear of a pause late."""
        world = self._world
        if not bulk or self._now is None or world.schedule.faults:
            return
        deployment, since_s = self._now
        if deployment == world.deployments and world.scheduler.now_s - since_s > EVERY_S + _SLACK_S:
            self._pages += 1
            if self._pages > world.schedule.shape.workers:
                world.wrong.append(f"page {self._pages} was scanned while the deployment was paused")
