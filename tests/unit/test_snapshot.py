from __future__ import annotations

import pytest
from tests.unit.test_records import PLAN

from verdigris.core.machine import Event, IllegalEvent, State
from verdigris.core.model import Color, Phase
from verdigris.core.planning import PendingMigration
from verdigris.core.records import (
    Body,
    Closed,
    Failed,
    Flipped,
    Intent,
    Mended,
    Outcome,
    PhaseBegan,
    PhaseDone,
    Record,
    Said,
    Started,
    Undone,
)
from verdigris.core.snapshot import Snapshot, fold

TO_THE_GATE: tuple[Body, ...] = tuple(PhaseDone(phase, {}) for phase in tuple(Phase)[:7])
APPROVED = Said(Event.APPROVED, "me", "good")
FORTH, BACK = Flipped(Color.BLUE, Color.GREEN), Flipped(Color.GREEN, Color.BLUE)
OPENED = PhaseDone(Phase.SWITCH, {"live": "green"})


def folded(*bodies: Body) -> Snapshot:
    return fold(Record(2, seq, f"at {seq}", 1, body) for seq, body in enumerate((Started(PLAN), *bodies), 1))


def test_a_deployment_that_has_just_begun() -> None:
    now = folded()
    assert (now.deployment, now.state, now.live, now.seq) == (2, State.PREFLIGHT, Color.BLUE, 1)
    assert (now.started_at, now.updated_at) == ("at 1", "at 1")
    assert now.phase is Phase.PREFLIGHT
    assert not now.waiting
    assert not now.ended


def test_a_phase_keeps_when_it_first_began() -> None:
    now = folded(PhaseBegan(Phase.PREFLIGHT), PhaseBegan(Phase.PREFLIGHT), PhaseDone(Phase.PREFLIGHT, {"n": 1}))
    view = now.phases[Phase.PREFLIGHT]
    assert (view.began_at, view.done_at, view.evidence) == ("at 2", "at 4", {"n": 1})
    assert now.done(Phase.PREFLIGHT)
    assert now.began(Phase.PREFLIGHT)
    assert not now.began(Phase.PROVISION)
    assert now.state is State.PROVISION


def test_steps_are_known_to_have_taken_place_by_their_outcome_only() -> None:
    intent, outcome = Intent(Phase.BACKFILL, "mark"), Outcome(Phase.BACKFILL, "mark", {"at_s": 1})
    assert folded(intent).steps == {"mark": None}
    assert folded(intent).evidence("mark") is None
    assert folded(intent, outcome).evidence("mark") == {"at_s": 1}
    assert folded(intent, outcome, intent).evidence("mark") == {"at_s": 1}
    assert folded().evidence("mark") is None


def test_an_error_stands_until_something_goes_on() -> None:
    failed = Failed(Phase.PREFLIGHT, "phase-failed", "what")
    assert folded(failed).error == failed
    assert folded(failed).state is State.PREFLIGHT
    assert folded(failed, PhaseBegan(Phase.PREFLIGHT)).error is None
    assert folded(failed, Said(Event.ABORT, "me")).error is None


def test_the_gate() -> None:
    waiting = folded(*TO_THE_GATE)
    assert (waiting.state, waiting.phase, waiting.waiting) == (State.APPROVE, Phase.APPROVE, True)
    approved = folded(*TO_THE_GATE, APPROVED)
    assert (approved.state, approved.said) == (State.SWITCH, APPROVED)
    assert folded(*TO_THE_GATE, Said(Event.REJECTED, "me")).state is State.REJECTED


MENDED = Mended("me", (PendingMigration("0001_a.py", "another sum"),))


def test_mended_migrations_are_proven_and_approved_again() -> None:
    before = folded(*TO_THE_GATE, APPROVED)
    now = folded(*TO_THE_GATE, APPROVED, MENDED)
    assert (now.state, now.said) == (State.REPLAY, None)
    assert now.plan.migrations == MENDED.migrations
    assert now.plan.digest != before.plan.digest
    assert [phase for phase in Phase if now.done(phase)] == [Phase.PREFLIGHT, Phase.PROVISION, Phase.BACKFILL]
    assert folded(*TO_THE_GATE[:2], MENDED).state is State.BACKFILL


@pytest.mark.parametrize("bodies", [(), TO_THE_GATE[:1], (*TO_THE_GATE, APPROVED, FORTH)])
def test_before_and_after_there_is_nothing_to_mend(bodies: tuple[Body, ...]) -> None:
    with pytest.raises(IllegalEvent):
        folded(*bodies, MENDED)


def test_the_live_color_follows_the_flips_there_and_back() -> None:
    flipped = folded(*TO_THE_GATE, APPROVED, FORTH)
    assert (flipped.state, flipped.live, flipped.flipped) == (State.OPENING, Color.GREEN, True)
    baked: tuple[Body, ...] = (*TO_THE_GATE, APPROVED, FORTH, OPENED, PhaseDone(Phase.BAKE, {}))
    assert folded(*baked).state is State.BAKED
    returned: tuple[Body, ...] = (*baked, Said(Event.ROLLBACK, "me"), BACK, PhaseDone(Phase.SWITCH, {}))
    now = folded(*returned)
    assert (now.state, now.live, now.flipped, now.flips) == (State.RETURNED, Color.BLUE, False, 2)
    forward = folded(*returned, Said(Event.FORWARD, "me"), FORTH)
    assert (forward.state, forward.live, forward.flips) == (State.OPENING, Color.GREEN, 3)


def test_the_end() -> None:
    baked: tuple[Body, ...] = (
        *TO_THE_GATE,
        APPROVED,
        FORTH,
        OPENED,
        PhaseDone(Phase.BAKE, {}),
        Said(Event.FINALIZE, "me"),
    )
    now = folded(*baked, PhaseDone(Phase.FINALIZE, {}))
    assert (now.state, now.ended, now.phase) == (State.FINISHED, True, None)


def test_an_abort() -> None:
    now = folded(PhaseDone(Phase.PREFLIGHT, {}), Said(Event.ABORT, "me"), Undone(Phase.PREFLIGHT))
    assert now.state is State.ABORTING
    assert now.phases[Phase.PREFLIGHT].undone
    assert folded(Said(Event.ABORT, "me"), Closed()).state is State.ABORTED


@pytest.mark.parametrize("body", [FORTH, APPROVED, Said(Event.ROLLBACK, "me")], ids=str)
def test_a_record_that_has_no_place(body: Body) -> None:
    with pytest.raises(IllegalEvent):
        folded(body)


def test_what_is_no_deployment() -> None:
    with pytest.raises(ValueError, match="no records"):
        fold([])
    with pytest.raises(ValueError, match="hole"):
        fold([Record(1, 1, "", 1, PhaseBegan(Phase.PREFLIGHT))])
    with pytest.raises(ValueError, match="hole"):
        fold([Record(1, 1, "", 1, Started(PLAN)), Record(1, 3, "", 1, PhaseBegan(Phase.PREFLIGHT))])
