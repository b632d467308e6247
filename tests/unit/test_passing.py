"""Whether a phase that somebody waits for is done, still ahead, or not coming."""

from __future__ import annotations

import msgspec
import pytest
from tests.unit.cli import sample

from verdigris.core import records
from verdigris.core.model import Phase
from verdigris.core.passing import Verdict, passed, verdict
from verdigris.core.records import Body, Record
from verdigris.core.snapshot import fold

REACHED, AHEAD, LOST = Verdict.REACHED, Verdict.AHEAD, Verdict.LOST
STOPPED = (*sample.PREFLIGHT, records.PhaseBegan(Phase.PROVISION), records.Failed(Phase.PROVISION, "interrupted", "x"))


@pytest.mark.parametrize(
    ("bodies", "phase", "wanted"),
    [
        ((), Phase.PREFLIGHT, AHEAD),
        (sample.PREFLIGHT, Phase.PREFLIGHT, REACHED),
        (sample.PREFLIGHT, Phase.REINDEX, AHEAD),
        (sample.AT_GATE, Phase.REINDEX, REACHED),
        (sample.AT_GATE, Phase.APPROVE, AHEAD),
        (sample.APPROVED, Phase.APPROVE, REACHED),
        (sample.REJECTED, Phase.APPROVE, LOST),
        (sample.REJECTED, Phase.REINDEX, REACHED),
        (sample.FLIPPED, Phase.SWITCH, AHEAD),
        (sample.BAKED, Phase.SWITCH, REACHED),
        (sample.BAKED, Phase.FINALIZE, AHEAD),
        (sample.FINISHED, Phase.FINALIZE, REACHED),
        (sample.RETURNED, Phase.SWITCH, LOST),
        (sample.RETURNED, Phase.REINDEX, REACHED),
        (sample.ABORTED, Phase.PREFLIGHT, LOST),
        (sample.FAILED, Phase.REINDEX, LOST),
        (sample.FAILED, Phase.PREFLIGHT, REACHED),
        (STOPPED, Phase.REINDEX, AHEAD),
    ],
)
def test_verdicts(bodies: tuple[Body, ...], phase: Phase, wanted: Verdict) -> None:
    assert verdict(sample.deployment(*bodies), phase) is wanted


def test_before_the_first_deployment_everything_is_ahead() -> None:
    assert verdict(None, Phase.REINDEX) is AHEAD


def test_a_phase_that_the_plan_leaves_out_is_passed_with_those_before_it() -> None:
    phases = (Phase.PREFLIGHT, Phase.PROVISION, Phase.EXERCISE, Phase.APPROVE, Phase.SWITCH, Phase.BAKE, Phase.FINALIZE)
    plan = msgspec.structs.replace(sample.COLOR_PLAN, phases=phases)
    began = Record(1, 1, "2026-11-23T18:15:00.000+00:00", 1, records.Started(plan))
    bodies = (*sample.PREFLIGHT, *sample.phase(Phase.PROVISION))
    done = [Record(1, number, "2026-11-23T18:15:01.000+00:00", 1, body) for number, body in enumerate(bodies, 2)]
    assert not passed(fold([began, *done[:2]]), Phase.REINDEX)
    assert passed(fold([began, *done]), Phase.REINDEX)
    assert not passed(fold([began, *done]), Phase.BAKE)
