"""Gates: what is answered, and whether an answer counts."""

from __future__ import annotations

import pytest
from tests.unit.cli import sample

from verdigris.core import records
from verdigris.core.gates import digest_of, expired, gate_for, refusal
from verdigris.core.machine import Event, State
from verdigris.core.model import Phase
from verdigris.core.records import Gate, OnExpiry, PhaseDone, Said
from verdigris.core.retention import kept
from verdigris.core.snapshot import Snapshot

NOW_S, HOUR = 1_800_000_000.0, 3600.0


def waiting(*more: records.Body, lasts_s: float = HOUR) -> Snapshot:
    at_gate = sample.deployment(*sample.AT_GATE)
    return sample.deployment(*sample.AT_GATE, gate_for(at_gate, NOW_S, lasts_s, OnExpiry.BACK), *more)


def test_a_gate_says_what_it_is_about_and_until_when() -> None:
    gate = waiting().gate
    assert gate
    assert (gate.before, gate.on_expiry, gate.digest) == (Phase.SWITCH, OnExpiry.BACK, digest_of(waiting()))
    assert gate.id.startswith("switch-")
    assert (expired(gate, NOW_S + HOUR - 1), expired(gate, NOW_S + HOUR)) == (False, True)


def test_the_one_before_finalize_never_expires() -> None:
    gate = gate_for(sample.deployment(*sample.BAKED), NOW_S, HOUR, OnExpiry.BACK)
    assert (gate.before, gate.expires_at, gate.on_expiry) == (Phase.FINALIZE, "", OnExpiry.STAY)
    assert not expired(gate, NOW_S + 10**9)


def test_other_evidence_is_another_question() -> None:
    first = sample.deployment(*sample.AT_GATE)
    other = [
        PhaseDone(body.phase, {"differences": 7})
        if isinstance(body, PhaseDone) and body.phase is Phase.VERIFY
        else body
        for body in sample.AT_GATE
    ]
    assert digest_of(sample.deployment(*other)) != digest_of(first)
    assert digest_of(sample.deployment(*sample.AT_GATE)) == digest_of(first)


def test_an_answer_counts_while_the_gate_is_as_it_was_opened() -> None:
    snapshot = waiting()
    assert snapshot.gate
    assert refusal(snapshot, None, NOW_S) == ""
    assert refusal(snapshot, snapshot.gate.id, NOW_S) == ""
    assert refusal(sample.deployment(*sample.AT_GATE), None, NOW_S) == "", "its runner died before it was opened"


@pytest.mark.parametrize(
    ("gate_id", "at_s", "why"),
    [
        ("switch-00000000", NOW_S, "is no more: the one that waits is switch-"),
        (None, NOW_S + HOUR, "has expired at 20"),
    ],
)
def test_an_answer_does_not_count(gate_id: str | None, at_s: float, why: str) -> None:
    assert why in refusal(waiting(), gate_id, at_s)


def test_an_answer_to_what_has_changed_does_not_count() -> None:
    snapshot = waiting(Gate("switch-1", Phase.SWITCH, "0123456789abcdef"))
    assert "is about 0123456789abcdef, and plan and evidence are" in refusal(snapshot, "switch-1", NOW_S)


def test_a_gate_that_nobody_opened() -> None:
    assert refusal(sample.deployment(*sample.AT_GATE), "switch-1", NOW_S) == "the gate switch-1 is no more: none waits"


def test_a_no_can_be_changed_to_a_yes_at_the_same_gate() -> None:
    rejected = waiting(Said(Event.REJECTED, "ada"))
    assert (rejected.state, rejected.gate) == (State.REJECTED, waiting().gate)
    approved = waiting(Said(Event.REJECTED, "ada"), Said(Event.APPROVED, "bob"))
    assert (approved.state, approved.gate) == (State.SWITCH, None)


def test_proofs_that_are_given_anew_void_the_gate() -> None:
    assert waiting(records.Lost(0.0)).gate is None


def test_how_long_the_old_color_is_kept() -> None:
    baked = sample.deployment(*sample.BAKED)
    assert kept(baked, 0.0, NOW_S) is None
    assert kept(sample.deployment(*sample.AT_GATE), HOUR, NOW_S) is None
    found = kept(baked, 10 * HOUR, 0.0)
    assert found
    assert not found.over
    later = kept(baked, 10 * HOUR, found.until_s)
    assert later
    assert later.over
