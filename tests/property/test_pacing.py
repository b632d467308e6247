"""Tickets under a budget: never more than it, in no window; in the order of asking; never later for more budget."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from verdigris.core.pacing import BURST_S, Lane, Line

#: (seconds since the one before, units)
wishes = st.lists(st.tuples(st.floats(0, 3), st.integers(1, 400)), min_size=1, max_size=40)
budgets = st.floats(0.5, 2000)


@dataclass(frozen=True)
class Gone:
    at_s: float
    units: float


def served(asked: list[tuple[float, int]], per_s: float, *, from_s: float = 100.0) -> list[Gone]:
    """Who asks, waits as long as is said, then goes; nobody asks before the one before has gone."""
    line, now_s, gone = Line(Lane.WRITE, per_s, from_s), from_s, list[Gone]()
    for gap_s, units in asked:
        now_s += gap_s
        ticket = line.take(units, now_s)
        now_s += line.wait_s(ticket, now_s)
        assert line.wait_s(ticket, now_s) < 1e-6
        gone.append(Gone(now_s, units))
    return gone


def at_once(asked: list[tuple[float, int]], per_s: float) -> list[Gone]:
    """All ask when they want, whoever still waits; each goes the moment it may."""
    line, now_s, waiting, gone = Line(Lane.WRITE, per_s, 0.0), 0.0, list[tuple[float, int]](), list[Gone]()

    def go(until_s: float) -> float:
        at_s = now_s
        while waiting:
            left = [line.wait_s(ticket, at_s) for ticket, _ in waiting]
            assert left == sorted(left), "the order of asking"
            if at_s + left[0] > until_s:
                return until_s
            at_s += left[0]
            gone.append(Gone(at_s, waiting.pop(0)[1]))
        return max(at_s, min(until_s, 1e9))

    for gap_s, units in asked:
        now_s = go(now_s + gap_s)
        waiting.append((line.take(units, now_s), units))
    go(float("inf"))
    return gone


def assert_within(gone: list[Gone], per_s: float) -> None:
    """In every window: what the budget earns in it, a burst, and the request that ends it."""
    for first in range(len(gone)):
        spent = 0.0
        for last in gone[first:]:
            spent += last.units
            length_s = last.at_s - gone[first].at_s
            allowed = per_s * (length_s + BURST_S) + gone[first].units
            assert spent <= allowed * (1 + 1e-9) + 1e-6, (spent, allowed)


@given(wishes, budgets)
def test_no_window_holds_more_than_budget_and_burst(asked: list[tuple[float, int]], per_s: float) -> None:
    assert_within(served(asked, per_s), per_s)
    assert_within(at_once(asked, per_s), per_s)


@given(wishes, budgets)
def test_from_the_beginning_on_nothing_is_lent(asked: list[tuple[float, int]], per_s: float) -> None:
    spent = 0.0
    for one in served(asked, per_s):
        spent += one.units
        assert spent <= per_s * (one.at_s - 100.0) * (1 + 1e-9) + 1e-6


@given(wishes, budgets)
def test_what_is_asked_for_without_a_pause_takes_what_the_budget_says(
    asked: list[tuple[float, int]], per_s: float
) -> None:
    hurried = [(0.0, units) for _, units in asked]
    took_s = served(hurried, per_s)[-1].at_s - 100.0
    assert abs(took_s - sum(units for _, units in asked) / per_s) < 1e-3


@given(wishes, budgets, st.floats(1, 10))
def test_more_budget_is_never_later(asked: list[tuple[float, int]], per_s: float, times: float) -> None:
    slow, fast = served(asked, per_s), served(asked, per_s * times)
    assert all(quick.at_s <= late.at_s + 1e-6 for quick, late in zip(fast, slow, strict=True))


@given(wishes, budgets, budgets)
def test_a_change_holds_from_its_moment(asked: list[tuple[float, int]], before: float, after: float) -> None:
    """One big request waits; half way the budget changes: the rest takes what the new one says."""
    units = sum(units for _, units in asked)
    line = Line(Lane.WRITE, before, 0.0)
    ticket = line.take(units, 0.0)
    half_s = line.wait_s(ticket, 0.0) / 2
    line.set(after, half_s)
    assert abs(line.wait_s(ticket, half_s) - units / 2 / after) < 1e-3


@given(wishes, budgets)
def test_what_is_given_back_is_as_if_it_had_not_been_taken(asked: list[tuple[float, int]], per_s: float) -> None:
    given, never = Line(Lane.READ, per_s, 0.0), Line(Lane.READ, per_s, 0.0)
    mine = given.take(1000, 0.0)
    tickets = [(given.take(units, 0.0), never.take(units, 0.0)) for _, units in asked]
    given.give(1000, 0.0)
    assert given.wait_s(mine, 0.0) == 0
    for one, other in tickets:
        assert abs(given.wait_s(one, 0.0) - never.wait_s(other, 0.0)) < 1e-3
