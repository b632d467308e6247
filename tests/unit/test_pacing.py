"""One line of those who want units: budgets, corrections, changes, the brake."""

from __future__ import annotations

import pytest

from verdigris.core.braking import Throttling
from verdigris.core.pacing import Budget, Lane, Line


def test_without_a_budget_nobody_waits() -> None:
    line = Line(Lane.READ, None, 5.0)
    assert line.is_free
    assert line.wait_s(line.take(10_000, 5.0), 5.0) == 0


def test_a_budget_begins_empty_and_saves_up_for_a_second() -> None:
    line = Line(Lane.WRITE, 100, 0.0)
    assert line.wait_s(line.take(50, 0.0), 0.0) == 0.5
    assert line.wait_s(line.take(100, 3600.0), 3600.0) == 0
    assert line.wait_s(line.take(10, 3600.0), 3600.0) == pytest.approx(0.1)


def test_more_than_a_second_earns_is_waited_for() -> None:
    line = Line(Lane.WRITE, 100, 0.0)
    ticket = line.take(1000, 0.0)
    assert line.wait_s(ticket, 0.0) == 10
    assert line.wait_s(ticket, 9.0) == pytest.approx(1)
    assert line.wait_s(ticket, 10.0) == 0


def test_whoever_goes_without_waiting_makes_the_others_wait() -> None:
    line = Line(Lane.WRITE, 100, 0.0)
    line.take(200, 0.0)  # and goes
    assert line.wait_s(line.take(100, 0.0), 0.0) == 3


def test_a_clock_that_stands_still_or_goes_back_earns_nothing() -> None:
    line = Line(Lane.WRITE, 100, 10.0)
    ticket = line.take(100, 10.0)
    assert line.wait_s(ticket, 9.0) == 1
    assert line.wait_s(ticket, 10.5) == 0.5


def test_a_limit_that_is_lifted_frees_all_who_wait() -> None:
    line = Line(Lane.WRITE, 1, 0.0)
    ticket = line.take(1000, 0.0)
    line.set(None, 1.0)
    assert line.wait_s(ticket, 1.0) == 0
    line.set(10, 2.0)
    assert line.wait_s(line.take(10, 2.0), 2.0) == 1  # nothing is owed


def test_what_is_said_of_the_wait() -> None:
    assert Line(Lane.WRITE, 500, 0.0).why(0.0) == "waiting: write budget of 500 units a second"
    assert Line(Lane.INDEX, 1_500_000, 0.0).why(0.0) == "waiting: index budget of 1,500,000 documents a second"
    assert Line(Lane.READ, 0.5, 0.0).why(0.0) == "waiting: read budget of 0.5 units a second"


def test_the_tighter_of_budget_and_brake_is_named() -> None:
    line = Line(Lane.WRITE, 500, 0.0)
    for second in range(10):
        line.take(500, float(second))
    line.throttled("DynamoDB throttles court", 10.0)
    assert line.why(10.0) == "slowed: DynamoDB throttles court"
    line.set(5, 10.0)
    assert line.why(10.0) == "waiting: write budget of 5 units a second"


def test_a_brake_limits_what_had_no_limit_and_lets_go_again() -> None:
    line = Line(Lane.WRITE, None, 0.0)
    for tenth in range(100):
        line.take(100, tenth / 10)  # 1,000 a second
    line.throttled("slow down", 10.0)
    assert not line.is_free
    assert line.per_s(10.0) == pytest.approx(700, rel=0.1)
    assert line.per_s(16.0) == pytest.approx(1000, rel=0.1)
    assert line.per_s(40.0) == float("inf")
    assert line.is_free


def test_budgets_change_in_part() -> None:
    budget = Budget(write=5).changed(read=3)
    assert budget == Budget(3, 5, None)
    assert budget.limited
    assert not Budget().limited


def test_causes_name_what_the_service_names() -> None:
    hot = Throttling(
        "write",
        "court",
        (("TableWriteKeyRangeThroughputExceeded", "arn:aws:dynamodb:us-east-1:1:table/court/index/by-date"),),
    )
    assert hot.hot_partition
    assert hot.cause("segment 3 of 8") == "DynamoDB throttles a partition of court/index/by-date (segment 3 of 8)"
    account = Throttling("write", "court", (("TableWriteAccountLimitExceeded", "arn:aws:dynamodb:r:1:table/court"),))
    assert not account.hot_partition
    assert account.cause("segment 3 of 8") == "DynamoDB throttles court: TableWriteAccountLimitExceeded"
    assert Throttling("read", "court").cause() == "DynamoDB throttles court"
    assert Throttling("index", "court-case").cause() == "the search cluster throttles court-case"
