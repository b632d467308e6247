"""Bake: what is watched decides, and an alarm takes the traffic back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.lifecycle.scenario import MIGRATIONS, Scenario, each_call

from verdigris import runner
from verdigris.core.alarms import Alarm, AlarmState, OnAlarm
from verdigris.core.hooking import Point
from verdigris.core.machine import Event, State
from verdigris.core.model import Color, Phase
from verdigris.core.records import PhaseBegan, Record
from verdigris.core.transform import Migration
from verdigris.errors import Interrupted, PhaseFailed
from verdigris.phases.base import Hooked
from verdigris.phases.watches import AlarmWatch, HealthWatch, Watches
from verdigris.stores.memory_hook import MemoryHook
from verdigris.stores.memory_watches import MemoryAlarms, MemoryHealth

OK, ALARM, NO_DATA = (Alarm(state, "since it is so") for state in AlarmState)
BAKE_S = 60.0


class Watched:
    """A deployment whose new color is watched for a minute."""

    def __init__(
        self, on_alarm: OnAlarm = OnAlarm.BACK, migrations: tuple[Migration, ...] = (), no_data_s: float = 20.0
    ) -> None:
        self.scenario = Scenario(1, writes=0, migrations=migrations)
        world = self.scenario.world
        world.settings = replace(world.settings, bake_s=BAKE_S, on_alarm=on_alarm)
        self.alarms = MemoryAlarms()
        self.alarms.known["errors"] = OK
        self.health = MemoryHealth(name="http://court/health")
        world.watches = Watches(
            [AlarmWatch(self.alarms, "errors", "us-east-1", no_data_s)], [HealthWatch(self.health, 4.0, 3)]
        )
        self.world = world

    def at(self, seconds: float, alarm: Alarm | None) -> None:
        """From so many seconds after bake began the alarm says this (None: it is gone)."""
        began: list[float] = []

        def heard(record: Record) -> None:
            if record.body == PhaseBegan(Phase.BAKE) and not began:
                began.append(self.world.clock())

        def look(_: object) -> None:
            if began and self.world.clock() - began[0] >= seconds:
                self.alarms.known.pop("errors", None)
                if alarm:
                    self.alarms.known["errors"] = alarm

        self.world.heard, self.world.progress = heard, look

    def run(self) -> State:
        return runner.run(self.world.bench()).state


def test_what_is_well_for_the_whole_time_passes() -> None:
    watched = Watched()
    began_s = watched.world.clock()
    assert watched.run() is State.BAKED
    assert watched.world.clock() - began_s >= BAKE_S
    assert watched.health.looks >= BAKE_S / 4
    bench = watched.world.bench()
    assert bench.snapshot.phases[Phase.BAKE].evidence["alarms"] == 1


@pytest.mark.parametrize("seconds", [0, 30, BAKE_S - 2])
def test_an_alarm_takes_the_traffic_back(seconds: float) -> None:
    watched = Watched()
    hook = MemoryHook()
    watched.world.hooks = [Hooked(Point.ON_FAILURE, hook, 60.0, 5.0)]
    watched.at(seconds, ALARM)
    assert watched.run() is State.RETURNED
    assert watched.scenario.pointer.read().live is Color.BLUE
    said = watched.world.bench().snapshot.said
    assert said
    assert (said.event, said.who) == (Event.ROLLBACK, "bake")
    assert said.comment == "the alarm errors in us-east-1 fired: since it is so"
    assert [asked.error[1] for asked in hook.asked] == [said.comment]


def test_killed_at_every_call_on_the_way_back() -> None:
    """Whoever dies, the next run goes on going back: an alarm that is well again then changes nothing."""
    killed = 0

    def firing(seed: int) -> Scenario:
        watched = Watched()
        watched.scenario.until(Phase.SWITCH)
        watched.alarms.known["errors"] = ALARM
        return watched.scenario

    for scenario in each_call(firing):
        scenario.command(State.RETURNED)
        assert scenario.pointer.read().live is Color.BLUE
        assert scenario.journal.flags().color is Color.BLUE
        killed += len(scenario.kills.killed)
    assert killed > 15


def test_it_stays_where_it_is_told_to() -> None:
    watched = Watched(OnAlarm.STAY)
    watched.at(10, ALARM)
    with pytest.raises(PhaseFailed, match="alarm errors in us-east-1 fired") as caught:
        watched.run()
    assert caught.value.next_command == "verdigris rollback dev"
    assert watched.scenario.pointer.read().live is Color.GREEN


@pytest.mark.parametrize("seconds", [10, BAKE_S - 5])
def test_no_data_is_no_pass(seconds: float) -> None:
    watched = Watched()
    watched.at(seconds, NO_DATA)
    with pytest.raises(PhaseFailed, match="has no data, which proves nothing"):
        watched.run()
    assert watched.scenario.pointer.read().live is Color.GREEN, "nobody knows that it is ill"


def test_data_may_come_late() -> None:
    watched = Watched(no_data_s=30)
    watched.scenario.until(Phase.SWITCH)
    watched.alarms.known["errors"] = NO_DATA
    watched.at(20, OK)
    assert watched.run() is State.BAKED


def test_an_alarm_that_vanishes_is_no_pass() -> None:
    watched = Watched()
    watched.at(20, None)
    with pytest.raises(PhaseFailed, match="the alarm errors in us-east-1 does not exist"):
        watched.run()


def test_an_alarm_that_does_not_exist_is_found_before_anything_is_made() -> None:
    watched = Watched()
    watched.alarms.known.clear()
    with pytest.raises(PhaseFailed, match="does not exist"):
        watched.run()
    assert not watched.world.bench().snapshot.began(Phase.PROVISION)


def test_an_alarm_of_the_new_color_is_looked_for_before_the_switch() -> None:
    watched = Watched()
    watched.world.watches = Watches([replace(watched.world.watches.alarms[0], alarm="green-errors", early=False)])
    with pytest.raises(PhaseFailed, match="the alarm green-errors in us-east-1 does not exist"):
        watched.run()
    snapshot = watched.world.bench().snapshot
    assert (snapshot.state, snapshot.flips) == (State.SWITCH, 0)


def test_failures_in_a_row_take_the_traffic_back() -> None:
    watched = Watched()
    watched.health.answers = ["", "HTTP 500", "HTTP 500", "", *["HTTP 503"] * 3]
    assert watched.run() is State.RETURNED
    said = watched.world.bench().snapshot.said
    assert said
    assert said.comment == "http://court/health is not well 3 times in a row: HTTP 503"
    assert watched.health.looks == 7


def test_a_bake_does_not_end_while_a_check_may_still_fail() -> None:
    watched = Watched()
    watched.health.answers = [*[""] * 15, "HTTP 500", "HTTP 500", "HTTP 500"]
    assert watched.run() is State.RETURNED


def test_a_bake_that_was_interrupted_begins_again() -> None:
    watched = Watched()
    watched.world.progress = lambda progress: bench.stop.set() if progress.done >= 30 else None
    bench = watched.world.bench()
    with pytest.raises(Interrupted):
        runner.run(bench)
    watched.world.progress = lambda progress: None
    watched.world.clock.sleep(3600)
    began_s = watched.world.clock()
    assert watched.run() is State.BAKED
    assert watched.world.clock() - began_s >= BAKE_S


def test_forward_again_is_watched_again() -> None:
    watched = Watched()
    watched.at(10, ALARM)
    assert watched.run() is State.RETURNED
    watched.world.heard, watched.world.progress = lambda record: None, lambda progress: None
    watched.alarms.known["errors"] = OK
    began_s = watched.world.clock()
    watched.scenario.command(State.BAKED, Event.FORWARD)
    assert watched.world.clock() - began_s >= BAKE_S


def test_what_was_written_since_is_not_hidden_unasked() -> None:
    watched = Watched(migrations=MIGRATIONS)
    watched.scenario.until(Phase.SWITCH)
    watched.scenario.write(3, "Case")
    watched.at(10, ALARM)
    with pytest.raises(PhaseFailed, match=r"fired.*does not go back by itself: 1 item that was written") as caught:
        watched.run()
    assert caught.value.next_command == "verdigris rollback dev --lossy"
    assert watched.scenario.pointer.read().live is Color.GREEN


def test_what_nobody_has_written_to_is_left_by_itself() -> None:
    watched = Watched(migrations=MIGRATIONS)
    watched.at(10, ALARM)
    assert watched.run() is State.RETURNED
    assert watched.scenario.verdict() == []


def test_what_cannot_be_counted_is_not_left_unasked() -> None:
    watched = Watched(migrations=MIGRATIONS)
    watched.scenario.until(Phase.SWITCH)
    watched.world.clock.sleep(25 * 3600)
    watched.at(10, ALARM)
    with pytest.raises(PhaseFailed, match=r"is not known \(the stream does not go back to the switch"):
        watched.run()


def test_unless_the_configuration_asks_for_it() -> None:
    watched = Watched(OnAlarm.BACK_LOSSY, MIGRATIONS)
    watched.scenario.until(Phase.SWITCH)
    watched.scenario.write(3, "Case")
    watched.at(10, ALARM)
    assert watched.run() is State.RETURNED
    said = watched.world.bench().snapshot.phases[Phase.SWITCH].evidence["left_behind"]
    assert said == "1 item that was written to green since the switch would not be seen in blue"
    assert watched.scenario.pointer.read().live is Color.BLUE
