"""How long a backfill and a verify will take."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verdigris.core.forecast import Forecast, Measured, advice, forecast
from verdigris.core.pacing import Budget

FAST = Measured(items=1000, seconds=0.1, write_units=2000)
HOUR = 3600.0


def test_without_a_budget_it_is_the_pace_of_the_sample() -> None:
    assert forecast(FAST, 10_000_000, 8_192_000_000, Budget()) == Forecast(1000.0, 2000.0, "pace")


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        (Budget(write=1000), Forecast(20_000.0, 2000.0, "write")),
        (Budget(read=500), Forecast(4000.0, 8000.0, "read")),
        (Budget(read=500, write=1000), Forecast(20_000.0, 8000.0, "write")),
        (Budget(index=1), Forecast(1000.0, 2000.0, "pace")),
    ],
)
def test_a_budget_holds_it_back(budget: Budget, expected: Forecast) -> None:
    assert forecast(FAST, 10_000_000, 8_192_000_000, budget) == expected


def test_what_does_not_fit_says_what_happens_and_what_would_change_it() -> None:
    slow = forecast(FAST, 10_000_000, 8_192_000_000, Budget(write=100))
    assert slow
    assert not slow.fits
    assert slow.needed == 242  # 20,000,000 units in 23 hours
    assert "later marks are set on the way" in advice(slow)
    assert "with a write budget of 242 units a second it would fit" in advice(slow)
    again = forecast(FAST, 10_000_000, 8_192_000_000, Budget(write=242))
    assert again
    assert again.fits
    assert advice(again) == ""


def test_no_budget_helps_a_machine_that_is_too_slow() -> None:
    slow = forecast(Measured(10, 1.0, 10), 10_000_000, 1, Budget(write=1_000_000))
    assert slow
    assert (slow.limited_by, slow.needed, slow.fits) == ("pace", None, False)
    assert "[table] segments" in advice(slow)


def test_nothing_is_said_of_a_table_of_which_nothing_was_seen() -> None:
    assert forecast(Measured(0, 0.0, 0), 10_000, 10_000, Budget()) is None
    assert forecast(FAST, 0, 0, Budget()) is None


@given(st.integers(1, 10**9), st.integers(1, 10**12), st.floats(1, 10**6), st.floats(1, 10**6), st.floats(0.0001, 1000))
def test_the_budget_that_is_needed_is_enough(items: int, size: int, read: float, write: float, seconds: float) -> None:
    measured = Measured(100, seconds, 250)
    found = forecast(measured, items, size, Budget(read=read, write=write))
    assert found
    if found.needed is None:
        assert found.fits or found.limited_by == "pace"
        return
    larger = Budget(read=read, write=write).changed(**{found.limited_by: float(found.needed)})
    again = forecast(measured, items, size, larger)
    assert again
    assert again.fits or again.limited_by != found.limited_by
