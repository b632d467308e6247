"""The brake finds the pace that a service takes, whatever it is, and lets go of it again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from verdigris.core.braking import Brake, Meter, braked

paces = st.floats(1, 100_000)


@given(paces, st.floats(0, 60), st.floats(0, 60))
def test_it_only_grows_until_it_is_told_again(pace: float, early_s: float, late_s: float) -> None:
    brake = braked(pace, 100.0, "")
    early, late = sorted((early_s, late_s))
    assert brake.limit(100.0 + early) <= brake.limit(100.0 + late)


@given(paces, st.lists(st.floats(0, 5), max_size=30))
def test_a_throttled_answer_never_raises_it_and_it_never_comes_to_nothing(pace: float, gaps: list[float]) -> None:
    brake, now_s = braked(pace, 0.0, ""), 0.0
    for gap_s in gaps:
        now_s += gap_s
        before = brake.limit(now_s)
        brake = brake.lowered(pace, now_s, "")
        assert brake.limit(now_s) <= max(before, 100)
        assert brake.limit(now_s) >= 70


@given(paces)
def test_many_answers_of_one_moment_count_once(pace: float) -> None:
    brake = braked(pace, 0.0, "")
    for tenth in range(10):
        brake = brake.lowered(pace, tenth / 10, "")
    assert brake.limit(1.0) >= 0.7 * max(pace, 100)


@given(paces)
def test_it_lets_go_when_nothing_is_throttled_for_half_a_minute(pace: float) -> None:
    brake = braked(pace, 0.0, "")
    assert not brake.is_off(20.0)
    assert brake.is_off(30.0)


@given(st.floats(150, 5_000), st.floats(1, 50))
def test_it_settles_at_what_the_service_takes(capacity: float, times: float) -> None:
    """A service that throttles every second in which more than its capacity is asked for."""
    brake: Brake | None = braked(capacity * times, 0.0, "")
    paces, over = list[float](), 0
    for second in range(1, 300):
        pace = capacity * times if brake is None or brake.is_off(second) else brake.limit(second)
        if pace > capacity:
            over += second > 60
            brake = brake.lowered(pace, float(second), "") if brake else braked(pace, float(second), "")
        if second > 60:
            paces.append(pace)
    assert sum(paces) / len(paces) > 0.7 * capacity
    assert sum(paces) / len(paces) < 1.1 * capacity
    assert over < len(paces) / 3


@given(st.floats(1, 10_000), st.integers(5, 100))
def test_the_meter_measures(per_s: float, seconds: int) -> None:
    meter = Meter(0.0, 0.0)
    for tenth in range(seconds * 10):
        meter = meter.add(per_s / 10, tenth / 10)
    assert 0.8 * per_s < meter.per_s(float(seconds)) < 1.2 * per_s
    assert meter.per_s(seconds + 30.0) < 0.01 * per_s
