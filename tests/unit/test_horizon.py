"""How long the stream still keeps what is not settled yet."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace
from tests.unit.cli import sample

from verdigris.core.horizon import STREAM_KEEPS_S, left, marks, settled_s, tail_unit, warning
from verdigris.core.lineage import Positions
from verdigris.core.machine import State
from verdigris.core.model import Phase
from verdigris.core.records import Intent, Lost, Outcome, PhaseBegan

BACKFILL = (
    *sample.PREFLIGHT,
    *sample.phase(Phase.PROVISION),
    PhaseBegan(Phase.BACKFILL),
    Intent(Phase.BACKFILL, "mark"),
    Outcome(Phase.BACKFILL, "mark", {"at_s": 100.0, "stream": "arn"}),
    Intent(Phase.BACKFILL, "mark-2"),
)
SECOND = (*BACKFILL, Outcome(Phase.BACKFILL, "mark-2", {"at_s": 900.0, "stream": "arn"}))
SAVED = msgspec.json.encode(Positions({}, settled_s=5000.0))


def test_until_the_tail_begins_it_is_the_mark_that_holds() -> None:
    assert settled_s(sample.deployment(*sample.PREFLIGHT), None) is None
    assert settled_s(sample.deployment(*BACKFILL), None) == 100.0
    assert settled_s(sample.deployment(*SECOND), None) == 900.0
    assert len(marks(sample.deployment(*SECOND))) == 2


def test_from_then_on_it_is_what_the_tail_has_proven() -> None:
    gate = sample.deployment(*sample.AT_GATE)
    assert settled_s(gate, SAVED) == 5000.0
    assert tail_unit(gate) == "tail"


@pytest.mark.parametrize("state", [State.PROVISION, State.OPENING, State.BAKED, State.RETURNED, State.ABORTING])
def test_before_the_mark_and_after_the_flip_no_stream_is_followed(state: State) -> None:
    assert settled_s(replace(sample.deployment(*SECOND), state=state), SAVED) is None


def test_after_a_loss_the_tail_begins_anew_and_the_proofs_are_to_be_given_again() -> None:
    lost = sample.deployment(*sample.APPROVED, Lost(5000.0))
    assert tail_unit(lost) == "tail-1"
    assert lost.state is State.REPLAY
    assert not any(lost.done(phase) for phase in (Phase.REPLAY, Phase.VERIFY, Phase.REINDEX, Phase.APPROVE))
    assert lost.done(Phase.BACKFILL)


def test_people_are_told_when_it_gets_short() -> None:
    assert left(1000.0, 1000.0 + STREAM_KEEPS_S) == 0
    assert warning(12 * 3600) == ""
    assert warning(11.5 * 3600) == "the stream keeps what is not settled yet for 11.5 h more"
    assert "takes a later mark" in warning(800)
    assert "takes a later mark" in warning(-1)
