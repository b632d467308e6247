"""Hooks at their points: asked in order, once, again if unsure; maintenance that ends whatever dies."""

from __future__ import annotations

import pytest
from tests.lifecycle.scenario import Scenario, each_call
from tests.lifecycle.world import World

from verdigris import runner
from verdigris.core.hooking import Asked, Point, Reply, Status
from verdigris.core.machine import Event, State
from verdigris.core.model import Phase
from verdigris.core.records import PhaseBegan
from verdigris.errors import PhaseFailed
from verdigris.phases import hooks as asking
from verdigris.phases.base import Hooked
from verdigris.stores.memory_hook import MemoryHook

BUSY, NO = Reply(Status.IN_PROGRESS, "warming up"), Reply(Status.FAILED, "too cold")
MAINTENANCE = (Point.MAINTENANCE_ON, Point.MAINTENANCE_OFF)
FORWARD = [
    Point.BEFORE_PROVISION,
    Point.AFTER_PROVISION,
    Point.BEFORE_SWITCH,
    *MAINTENANCE,
    Point.AFTER_SWITCH,
    Point.BEFORE_FINALIZE,
    Point.AFTER_FINALIZE,
]


class Page:
    """A maintenance page: up or down. What is asked of it twice is harmless."""

    def __init__(self) -> None:
        self.up = False
        self.was_up = 0

    def heard(self, what: Asked) -> None:
        self.up = what.point is Point.MAINTENANCE_ON
        self.was_up += self.up


def hooked(scenario: Scenario, hook: MemoryHook, *points: Point, timeout_s: float = 60.0) -> MemoryHook:
    scenario.world.hooks += [Hooked(point, hook, timeout_s, 5.0) for point in points]
    return hook


def asked(hook: MemoryHook) -> list[Point]:
    return [what.point for what in hook.asked]


def test_each_is_asked_once_at_its_point() -> None:
    scenario = Scenario(1, writes=0)
    hook = hooked(scenario, MemoryHook(), *Point)
    scenario.to_end()
    assert asked(hook) == FORWARD
    assert len({what.id for what in hook.asked}) == len(FORWARD)


def test_at_its_point_the_deployment_is_where_it_should_be() -> None:
    scenario = Scenario(1, writes=0)
    seen: dict[Point, tuple[object, ...]] = {}

    def look(what: Asked) -> None:
        pointer, tables = scenario.pointer.read(), scenario.world.tables
        there = tuple(version for version in ("alpha", "beta") if tables.describe(f"court-dev-{version}"))
        seen[what.point] = (pointer.live, pointer.fence is not None, there)

    hooked(scenario, MemoryHook("look", heard=look), *Point)
    scenario.to_end()
    both = ("alpha", "beta")
    assert seen == {
        Point.BEFORE_PROVISION: ("blue", False, ("alpha",)),
        Point.AFTER_PROVISION: ("blue", False, both),
        Point.BEFORE_SWITCH: ("blue", False, both),
        Point.MAINTENANCE_ON: ("blue", False, both),
        Point.MAINTENANCE_OFF: ("green", False, both),
        Point.AFTER_SWITCH: ("green", False, both),
        Point.BEFORE_FINALIZE: ("green", False, both),
        Point.AFTER_FINALIZE: ("green", False, ("beta",)),
    }


def test_one_in_progress_is_asked_again_until_it_has_an_answer() -> None:
    scenario = Scenario(1, writes=0)
    reasons: list[str] = []
    scenario.world.progress = lambda progress: reasons.append(progress.reason)
    hook = hooked(scenario, MemoryHook("warm", BUSY, BUSY), Point.BEFORE_SWITCH)
    began_s = scenario.world.clock()
    scenario.until(Phase.SWITCH)
    assert len(hook.asked) == 3
    assert len({what.id for what in hook.asked}) == 1
    assert scenario.world.clock() - began_s >= 10
    assert "before-switch: warm: warming up" in reasons


@pytest.mark.parametrize(
    ("answers", "said"),
    [((NO,), "too cold"), ((BUSY,) * 99, "still in progress after 60 s: warming up")],
)
def test_one_that_fails_stops_the_deployment_and_is_asked_again_by_the_next_run(
    answers: tuple[Reply, ...], said: str
) -> None:
    scenario = Scenario(1, writes=0)
    hook = hooked(scenario, MemoryHook("warm", *answers), Point.BEFORE_SWITCH)
    with pytest.raises(PhaseFailed, match=said) as failure:
        runner.run(scenario.world.bench())
    assert failure.value.next_command == "verdigris deploy dev"
    assert scenario.pointer.read().live == "blue"
    hook.answers = []
    scenario.to_end()
    assert scenario.verdict() == []


def test_killed_at_every_call_no_hook_is_left_out_and_none_is_asked_out_of_order() -> None:
    made: list[MemoryHook] = []

    def with_hooks(seed: int) -> Scenario:
        scenario = Scenario(1, writes=0)
        made.append(hooked(scenario, MemoryHook(), Point.AFTER_PROVISION, Point.BEFORE_SWITCH, Point.AFTER_SWITCH))
        return scenario

    for scenario in each_call(with_hooks):
        scenario.command(State.BAKED)
        once = list(dict.fromkeys(asked(made[-1])))
        assert once == [Point.AFTER_PROVISION, Point.BEFORE_SWITCH, Point.AFTER_SWITCH], scenario.kills.killed
        assert len(made[-1].asked) <= 4


def test_killed_at_every_call_the_page_comes_down_and_was_up_over_the_flip() -> None:
    """Up before the fence, down when the way is open; a switch that dies is begun again, with a page of its own."""
    pages: list[Page] = []

    def with_page(seed: int) -> Scenario:
        scenario = Scenario(1, writes=0)
        page = Page()
        hooked(scenario, MemoryHook("page", heard=page.heard), *MAINTENANCE)
        pages.append(page)

        def look(port: str, name: str) -> None:
            moves = (port, name) == ("pointer", "set") and scenario.pointer.read().live == "blue"
            if moves or (port, name) in (("fence", "fence"), ("fence", "seal")):
                assert page.up, f"{port}.{name} without the page"

        inner = scenario._between

        def between(port: str, name: str) -> None:
            look(port, name)
            inner(port, name)

        scenario._between = between  # type: ignore[method-assign]
        return scenario

    for scenario in each_call(with_page):
        scenario.command(State.BAKED)
        assert not pages[-1].up, f"killed at {scenario.kills.killed}"
        assert pages[-1].was_up


@pytest.mark.parametrize("then", [Event.ABORT, Event.DONE])
def test_a_page_that_a_dead_run_left_comes_down_by_an_abort_or_the_next_run(then: Event) -> None:
    scenario = Scenario(1, writes=0)
    page = Page()
    hooked(scenario, MemoryHook("page", heard=page.heard), *MAINTENANCE)
    scenario.until(Phase.APPROVE)
    bench = scenario.world.bench()
    bench.log.append(PhaseBegan(Phase.SWITCH))
    asking.maintenance_on(bench)
    assert page.up
    scenario.command(State.ABORTED if then is Event.ABORT else State.BAKED, then)
    assert not page.up


def test_a_switch_that_is_given_up_takes_the_page_down() -> None:
    scenario = Scenario(1, writes=0)
    page = Page()
    hooked(scenario, MemoryHook("page", heard=page.heard), *MAINTENANCE)
    hooked(scenario, MemoryHook("second", NO), Point.MAINTENANCE_ON)
    with pytest.raises(PhaseFailed, match="the switch was given up"):
        runner.run(scenario.world.bench())
    assert (page.was_up, page.up) == (1, False)
    scenario.command(State.BAKED)
    assert (page.was_up, page.up) == (2, False)


def test_the_way_back_has_a_page_and_no_hook_before_it() -> None:
    scenario = Scenario(1, writes=0)
    page = Page()
    hooked(scenario, MemoryHook("page", heard=page.heard), *MAINTENANCE)
    hook = hooked(scenario, MemoryHook(), Point.BEFORE_SWITCH, Point.AFTER_SWITCH)
    scenario.command(State.BAKED)
    scenario.command(State.RETURNED, Event.ROLLBACK)
    assert (page.was_up, page.up) == (2, False)
    assert asked(hook) == [Point.BEFORE_SWITCH, Point.AFTER_SWITCH, Point.AFTER_SWITCH]
    assert [what.live for what in hook.asked] == ["blue", "green", "blue"]
    scenario.command(State.BAKED, Event.FORWARD)
    assert asked(hook)[3:] == [Point.BEFORE_SWITCH, Point.AFTER_SWITCH]


def test_a_deployment_of_the_color_only_needs_no_page() -> None:
    scenario = Scenario(1, writes=0, migrations=())
    page = Page()
    hooked(scenario, MemoryHook("page", heard=page.heard), *MAINTENANCE)
    scenario.to_end()
    assert page.was_up == 0


def test_a_failure_is_told_of_and_a_hook_that_fails_with_it_hides_nothing() -> None:
    scenario = Scenario(1, writes=0)
    hooked(scenario, MemoryHook("warm", NO, NO), Point.AFTER_PROVISION)
    alarm = hooked(scenario, MemoryHook("alarm", Reply(Status.SUCCEEDED), NO), Point.ON_FAILURE)
    for said in ("", "the hook alarm failed too"):
        with pytest.raises(PhaseFailed, match="too cold") as failure:
            runner.run(scenario.world.bench())
        assert said in failure.value.state
    assert [what.error[0] for what in alarm.asked] == ["phase-failed", "phase-failed"]
    assert "too cold" in alarm.asked[0].error[1]
    assert len({what.id for what in alarm.asked}) == 2


def test_a_smoke_test_is_a_hook_that_is_asked_whenever_the_phase_is_run() -> None:
    scenario = Scenario(1, writes=0)
    hook = hooked(scenario, MemoryHook("smoke", NO), Point.EXERCISE)
    bench = scenario.world.bench()
    with pytest.raises(PhaseFailed, match="the hook at exercise failed: too cold"):
        asking.exercise(bench, "http://green")
    assert asking.exercise(bench, "http://green") == {"ran": True}
    assert [what.address for what in hook.asked] == ["http://green"] * 2
    assert asking.exercise(World().bench(), "") == {"ran": False}
