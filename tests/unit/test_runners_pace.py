"""A runner's pace on a virtual clock: who waits, who does not, and what is said of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from verdigris.core.braking import Throttling
from verdigris.core.control import Control
from verdigris.core.model import Segment
from verdigris.core.pacing import Budget, Lane
from verdigris.errors import Interrupted, Unreachable
from verdigris.stores.pace import EVERY_S, Pace
from verdigris.testing import VirtualClock

HOT = Throttling("write", "court", (("TableWriteKeyRangeThroughputExceeded", "arn:aws:dynamodb:r:1:table/court"),))
ALL = Throttling("write", "court", (("TableWriteMaxOnDemandThroughputExceeded", "arn:aws:dynamodb:r:1:table/court"),))
WAITING = "waiting: write budget of 100 units a second"


class World:
    """A pace, and what people say of it."""

    def __init__(self, budget: Budget | None = None) -> None:
        self.clock = VirtualClock(start_s=1000.0, tick_s=0.0)
        self.control: Control | None = None
        self.told: list[str] = []
        self.check: Callable[[], None] = lambda: None
        self.pace = Pace(
            budget or Budget(),
            clock=self.clock,
            sleep=self.clock.sleep,
            check=lambda: self.check(),
            said=lambda: self.control,
            tell=self.told.append,
            env="dev",
        )

    def took_s(self, *units: float, lane: Lane = Lane.WRITE, part: object = 0) -> float:
        began_s = self.clock.now_s
        with self.pace.bulk(part):
            for some in units:
                self.pace.take(lane, some)
        return self.clock.now_s - began_s


def test_bulk_work_waits_and_says_why() -> None:
    world = World(Budget(write=100))
    assert world.took_s(50, 150) == pytest.approx(2)
    assert world.pace.reason() == WAITING
    world.clock.sleep(2.1)
    assert world.pace.reason() == ""


def test_each_lane_has_a_budget_of_its_own() -> None:
    world = World(Budget(write=100))
    assert world.took_s(10_000, lane=Lane.READ) == 0
    assert world.took_s(10_000, lane=Lane.INDEX) == 0


def test_all_else_goes_at_once_and_bulk_work_makes_room() -> None:
    world = World(Budget(write=100))
    world.pace.take(Lane.WRITE, 300)
    assert world.clock.slept_s == 0
    assert world.took_s(100) == pytest.approx(4)


def test_it_can_be_waited_for() -> None:
    world = World(Budget(write=100))
    world.pace.take(Lane.WRITE, 300)
    shown: list[str] = []
    world.pace.level(lambda: shown.append(world.pace.reason()))
    assert world.clock.slept_s == pytest.approx(3)
    assert set(shown) == {WAITING}
    world.pace.level()
    assert world.clock.slept_s == pytest.approx(3)


def test_a_correction_counts_for_the_next() -> None:
    world = World(Budget(read=100))
    with world.pace.bulk(0):
        world.pace.take(Lane.READ, 1)
        world.pace.give(Lane.READ, 1 - 256)
        began_s = world.clock.now_s
        world.pace.take(Lane.READ, 45)
    assert world.clock.now_s - began_s == pytest.approx(3)


def test_a_new_budget_holds_while_somebody_waits() -> None:
    world = World(Budget(write=1))
    control = Control(3, Budget(write=1000))
    world.check = lambda: setattr(world, "control", control) if world.clock.slept_s > 10 else None
    assert 11 < world.took_s(1000) < 11.5 + EVERY_S


def test_a_lifted_limit_frees_whoever_waits() -> None:
    world = World(Budget(write=1))
    world.check = lambda: setattr(world, "control", Control(3, Budget())) if world.clock.slept_s > 10 else None
    assert 10 < world.took_s(1_000_000) < 10.5 + EVERY_S


def test_whoever_is_stopped_while_waiting_has_taken_nothing() -> None:
    world = World(Budget(write=100))

    def stop() -> None:
        raise Interrupted("stopped")

    world.check = stop
    with pytest.raises(Interrupted):
        world.took_s(1_000_000)
    world.check = lambda: None
    assert world.took_s(100) <= 1


def paused(by: str = "ada@here") -> Control:
    return Control(3, Budget(), by, "2026-11-23T18:00:00.000+00:00")


def test_a_pause_holds_bulk_work_at_its_page_and_nothing_else() -> None:
    world = World()
    world.control = paused()
    world.pace.page()
    assert world.pace.paused() == "paused by ada@here at 2026-11-23 18:00:00 UTC: verdigris resume dev"
    assert world.clock.slept_s == 0
    assert world.took_s(1000) == 0  # within a page
    world.check = lambda: setattr(world, "control", Control(3, Budget())) if world.clock.slept_s > 30 else None
    with world.pace.bulk(0):
        world.pace.page()
    assert 30 < world.clock.slept_s < 31 + EVERY_S
    assert world.pace.paused() == ""
    assert world.told == [
        "paused by ada@here at 2026-11-23 18:00:00 UTC: verdigris resume dev",
        "",
    ]


def test_what_others_wait_for_is_not_paused() -> None:
    world = World()
    world.control = paused()
    with world.pace.still(), world.pace.bulk(0):
        world.pace.page()
    assert world.clock.slept_s == 0


def test_a_deploy_table_that_does_not_answer_changes_nothing() -> None:
    world = World(Budget(write=100))

    def said() -> Control | None:
        raise Unreachable("no answer")

    world.pace._said = said
    world.clock.sleep(10)
    assert world.took_s(200, 200) == pytest.approx(4 - 1, abs=1.01)
    assert world.pace.reason() == WAITING


def test_reasons_are_told_when_they_change() -> None:
    world = World(Budget(write=100))
    world.took_s(*[100] * 20)
    assert world.told == [WAITING]
    world.clock.sleep(10)
    world.pace.poll()
    assert world.told == [WAITING, ""]


def test_where_no_bulk_work_is_under_way_none_is_said_to_wait() -> None:
    world = World(Budget(write=100))
    world.took_s(*[100] * 20)
    assert world.told == [WAITING]
    assert world.pace.paused() == ""
    assert world.told == [WAITING, ""]


def test_a_hot_partition_slows_its_slice_only() -> None:
    world = World()
    slow, other = Segment(2, 8), Segment(3, 8)
    with world.pace.bulk(slow):
        for _ in range(10):
            world.pace.take(Lane.WRITE, 1000)
            world.clock.sleep(1)
        world.pace.throttled(HOT)
        assert not world.pace.exact(Lane.READ)
        assert world.pace.exact(Lane.WRITE)
        began_s = world.clock.now_s
        for _ in range(5):
            world.pace.take(Lane.WRITE, 1000)
        assert 4 < world.clock.now_s - began_s < 8
        assert world.pace.reason() == "slowed: DynamoDB throttles a partition of court (segment 3 of 8)"
    assert world.took_s(*[1000] * 5, part=other) == 0


def test_any_other_throttling_slows_all() -> None:
    world = World()
    with world.pace.bulk(Segment(2, 8)):
        for _ in range(10):
            world.pace.take(Lane.WRITE, 1000)
            world.clock.sleep(1)
        world.pace.throttled(ALL)
    assert 3 < world.took_s(*[1000] * 5, part=Segment(3, 8)) < 8
    assert world.pace.reason() == "slowed: DynamoDB throttles court: TableWriteMaxOnDemandThroughputExceeded"
    assert world.took_s(10_000, lane=Lane.READ) == 0


def test_live_changes_that_meet_a_hot_partition_slow_all_bulk_work_but_not_themselves() -> None:
    world = World()
    world.pace.throttled(HOT)
    world.pace.take(Lane.WRITE, 100)
    assert world.clock.slept_s == 0
    assert world.took_s(1000) > 8
    assert world.pace.reason() == "slowed: DynamoDB throttles a partition of court"


@pytest.mark.parametrize("workers", [4])
def test_many_threads_share_one_budget(workers: int) -> None:
    """On the real clock: so a bound from below only, and one from above that is generous."""
    import time

    pace = Pace(Budget(write=2000), clock=time.monotonic, sleep=time.sleep)
    began_s = time.monotonic()

    def work(part: int) -> None:
        with pace.bulk(part):
            for _ in range(10):
                pace.take(Lane.WRITE, 25)

    def threads() -> Iterator[threading.Thread]:
        for part in range(workers):
            yield threading.Thread(target=work, args=(part,))

    running = list(threads())
    for one in running:
        one.start()
    for one in running:
        one.join()
    assert 0.49 < time.monotonic() - began_s < 10


def test_what_else_holds_the_work_up_is_told_to_others() -> None:
    """A late write that is waited for: `status` gives the reason, and takes it back."""
    world = World()
    world.pace.held_up("a write may still land")
    assert world.told == ["a write may still land"]
    world.clock.sleep(2 * EVERY_S + 1)
    world.pace.poll()
    assert world.told == ["a write may still land", ""]
