"""A paused deployment begins no phase, says why, and follows live changes; after the flip nothing stops it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.lifecycle.world import World, some_items

from verdigris import runner
from verdigris.core.machine import State
from verdigris.core.model import Phase
from verdigris.core.pacing import Budget
from verdigris.core.records import PhaseBegan, PhaseDone, Record
from verdigris.core.transform import Migration
from verdigris.errors import Interrupted
from verdigris.phases.base import Bench, Progress, Unpaced

MIGRATION = Migration("0001_n.py", up=lambda item: item | {"n": item["n"] + 1000})
LOOKS = 5


class Pause(Unpaced):
    """Paused whenever `when` says so, for `LOOKS` looks; calls `meanwhile` at each."""

    budget = Budget()

    def __init__(self, when: Callable[[], bool], meanwhile: Callable[[int], None] = lambda look: None) -> None:
        self._when = when
        self._meanwhile = meanwhile
        self.looks = 0

    def paused(self) -> str:
        if self.looks == LOOKS or not self._when():
            return ""
        self.looks += 1
        self._meanwhile(self.looks)
        return "paused by ada"


class Story:
    """One deployment, and what it said."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.shown: list[Progress] = []
        self.world = World([MIGRATION], heard=self.records.append, progress=self.shown.append)
        self.world.live(some_items(20))
        self.bench: Bench = self.world.bench()

    def pause_before(self, phase: Phase, meanwhile: Callable[[int], None] = lambda look: None) -> Pause:
        pause = Pause(lambda: self.bench.snapshot.phase is phase and not self.began(phase), meanwhile)
        self.bench.pace = pause
        return pause

    def began(self, phase: Phase) -> bool:
        return any(isinstance(record.body, PhaseBegan) and record.body.phase is phase for record in self.records)

    def done(self) -> list[Phase]:
        return [record.body.phase for record in self.records if isinstance(record.body, PhaseDone)]


@pytest.mark.parametrize("phase", [Phase.PROVISION, Phase.BACKFILL, Phase.VERIFY, Phase.SWITCH])
def test_a_phase_waits_and_says_why(phase: Phase) -> None:
    story = Story()
    began: list[bool] = []
    pause = story.pause_before(phase, lambda look: began.append(story.began(phase)))
    snapshot = runner.run(story.bench)
    assert snapshot.state is State.BAKED
    assert pause.looks == LOOKS
    assert began == [False] * LOOKS
    assert [shown.phase for shown in story.shown if shown.reason == "paused by ada"] == [phase] * LOOKS


def test_the_tail_goes_on_meanwhile() -> None:
    story = Story()
    found: list[object] = []

    def meanwhile(look: int) -> None:
        if look == 1:
            story.world.put("alpha", {"pk": "late", "sk": "late", "n": 7})
        found.append(story.world.items("beta").get(("late", "late")))

    story.pause_before(Phase.SWITCH, meanwhile)
    runner.run(story.bench)
    assert found[0] is None
    assert found[-1] == {"pk": {"S": "late"}, "sk": {"S": "late"}, "n": {"N": "1007"}}


def test_it_can_be_stopped_while_it_is_paused() -> None:
    story = Story()
    story.pause_before(Phase.BACKFILL, lambda look: story.bench.stop.set())
    with pytest.raises(Interrupted, match="stopped at a page boundary"):
        runner.run(story.bench)
    assert story.done() == [Phase.PREFLIGHT, Phase.PROVISION]


def test_after_the_flip_nothing_is_paused() -> None:
    story = Story()
    pause = Pause(lambda: story.bench.snapshot.flips > 0)
    story.bench.pace = pause
    assert runner.run(story.bench).state is State.BAKED
    assert pause.looks == 0
