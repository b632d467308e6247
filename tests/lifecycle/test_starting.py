"""The new color's application: what this deployment did not start to the end is started again."""

from __future__ import annotations

import pytest
from tests.lifecycle.programs import Programs
from tests.lifecycle.scenario import Scenario
from tests.lifecycle.world import Color

from verdigris import runner
from verdigris.core.machine import Event, State
from verdigris.core.model import Phase, Place
from verdigris.errors import Invalid


class HalfMade(Programs):
    """Fails when it has an address already: infrastructure of which a part is made."""

    def __init__(self, *running: Color) -> None:
        super().__init__(*running)
        self.fails = True
        self.starts = 0

    def start(self, place: Place) -> str:
        self.starts += 1
        address = super().start(place)
        if self.fails:
            raise Invalid("half of it")
        return address


def scenario_of(application: Programs) -> Scenario:
    scenario = Scenario(seed=1, writes=0)
    scenario.world.application = application
    return scenario


def test_one_that_failed_half_way_is_started_again() -> None:
    application = HalfMade(Color.BLUE)
    scenario = scenario_of(application)
    with pytest.raises(Invalid):
        scenario.until(Phase.PROVISION)
    application.fails = False
    scenario.until(Phase.PROVISION)
    assert application.starts == 2
    scenario.to_end()
    assert application.starts == 2
    assert application.running == {Color.GREEN}


def test_what_is_left_from_elsewhere_is_not_taken_for_the_new_one() -> None:
    application = HalfMade(Color.BLUE, Color.GREEN)
    application.fails = False
    scenario_of(application).until(Phase.PROVISION)
    assert application.starts == 1


def test_an_abort_stops_what_was_begun_and_nothing_else() -> None:
    application = HalfMade(Color.BLUE, Color.GREEN)
    scenario = scenario_of(application)
    scenario.until(Phase.PREFLIGHT)
    scenario.command(State.ABORTED, Event.ABORT)
    assert application.running == {Color.BLUE, Color.GREEN}
    with pytest.raises(Invalid):
        runner.run(scenario.world.bench())
    scenario.command(State.ABORTED, Event.ABORT)
    assert application.running == {Color.BLUE}
