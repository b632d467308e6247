"""The rules of the live pointer and its fence, with time as a number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verdigris.core.model import Color
from verdigris.errors import Conflict, StoreError, Unreachable
from verdigris.stores.gate import Gate, Verdict

BLUE, GREEN = Color.BLUE, Color.GREEN


def fenced(*, sealed: bool = False) -> Gate:
    """Blue is live; `t` fences from 100 to 110."""
    gate = Gate(BLUE)
    gate.fence("t", 100, 10)
    if sealed:
        gate.seal("t", 101)
    return gate


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize("now", [100, 109, 110, 500])
def test_reads_always_pass(method: str, sealed: bool, now: float) -> None:
    assert fenced(sealed=sealed).verdict(method, now) is Verdict.PASS


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PURGE"])
def test_everything_else_is_a_write(method: str) -> None:
    assert fenced().verdict(method, 100) is Verdict.HOLD


@pytest.mark.parametrize(
    ("sealed", "now", "verdict"),
    [
        (False, 109.9, Verdict.HOLD),
        (False, 110, Verdict.PASS),
        (True, 109.9, Verdict.HOLD),
        (True, 110, Verdict.REFUSE),
        (True, 1e9, Verdict.REFUSE),
    ],
)
def test_what_the_deadline_does(sealed: bool, now: float, verdict: Verdict) -> None:
    assert fenced(sealed=sealed).verdict("POST", now) is verdict


def test_seal_at_the_deadline_is_too_late() -> None:
    gate = fenced()
    with pytest.raises(Conflict):
        gate.seal("t", 110)
    assert gate.pointer(110).fence is None


def test_a_lapsed_fence_may_be_taken_by_another() -> None:
    gate = fenced()
    gate.fence("u", 110, 5)
    assert gate.pointer(114).fence == "u"


def test_quiet_counts_writes_that_began() -> None:
    gate = Gate(BLUE)
    gate.began()
    gate.fence("t", 100, 10)
    assert not gate.quiet("t", 101)
    gate.ended()
    assert gate.quiet("t", 102)


def test_quiet_after_the_deadline_says_that_the_fence_is_gone() -> None:
    gate = Gate(BLUE)
    gate.began()
    gate.fence("t", 100, 10)
    with pytest.raises(Unreachable):
        gate.quiet("t", 110)
    assert gate.pointer(110).fence is None


def test_quiet_after_a_release_is_a_conflict() -> None:
    gate = fenced()
    gate.release("t")
    with pytest.raises(Conflict):
        gate.quiet("t", 101)


def test_set_moves_and_opens_in_one() -> None:
    gate = fenced(sealed=True)
    gate.set(BLUE, GREEN, "t", 500)
    assert gate.live is GREEN
    assert gate.verdict("POST", 500) is Verdict.PASS


def test_set_that_finds_the_new_color_live_leaves_a_foreign_fence() -> None:
    gate = fenced()
    gate.set(GREEN, BLUE, "u", 101)
    assert gate.pointer(101).fence == "t"


def test_a_sealed_fence_found_after_a_restart_refuses() -> None:
    gate = Gate(BLUE, {}, sealed_by="t")
    assert gate.verdict("POST", 0) is Verdict.REFUSE
    gate.set(BLUE, GREEN, "t", 0)
    assert gate.verdict("POST", 0) is Verdict.PASS


ACTS = ("fence", "seal", "set", "release", "ended")


@given(st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from(["t", "u"]), st.integers(0, 6)), max_size=30))
def test_once_sealed_only_its_holder_opens(acts: list[tuple[str, str, int]]) -> None:
    """Whatever others do and however long it takes: no write passes a sealed fence."""
    gate, now = fenced(sealed=True), 101.0
    for act, token, later in acts:
        now += later
        try:
            if act == "fence":
                gate.fence(token, now, 5)
            elif act == "seal":
                gate.seal(token, now)
            elif act == "set":
                gate.set(BLUE, GREEN, token, now)
            elif act == "release":
                gate.release(token)
        except StoreError:
            pass
        if token == "t" and act in ("set", "release"):
            return
        assert gate.verdict("POST", now) is not Verdict.PASS
        assert gate.live is BLUE
