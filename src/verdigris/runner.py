"""The loop: fold, decide, act, append. Clock, randomness and all that is outside come with the bench."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from verdigris.core import records
from verdigris.core.machine import TRANSITIONS, Event, State
from verdigris.core.model import Phase
from verdigris.core.snapshot import Snapshot
from verdigris.core.wording import went_back
from verdigris.errors import HintsLost, LeaseLost, MigrationError, PhaseFailed, VerdigrisError
from verdigris.phases import (
    approve,
    backfill,
    bake,
    exercise,
    finalize,
    hooks,
    notifying,
    preflight,
    provision,
    reindex,
    replay,
    switch,
    verify,
)
from verdigris.phases.base import Bench, PhaseSteps
from verdigris.phases.losing import begin_again_if_lost
from verdigris.phases.pausing import wait_while_paused

STEPS: dict[Phase, PhaseSteps] = {
    steps.phase: steps
    for steps in (preflight, provision, backfill, replay, verify, reindex, exercise, switch, bake, finalize)
}


def run(bench: Bench, *, until: Phase | None = None, yes_by: str | None = None) -> Snapshot:
    """Runs or resumes the bench's deployment until it ends, waits for a person, or `until` is done.

    Raises the VerdigrisError that stopped it, after it was journalled; the same call tries again.
    """
    _check(bench)
    approve.go_back_if_expired(bench)
    begin_again_if_lost(bench)
    notifying.remember(bench)
    while not bench.snapshot.ended:
        _tell(bench)
        if until is not None and bench.snapshot.done(until):
            break
        said = approve.answer(bench, yes_by)
        if said is not None:
            if said.event is Event.FINALIZE:
                with _failures(bench, Phase.FINALIZE):
                    finalize.ready(bench)  # once it is said there is no way back
            bench.log.append(said)
        elif bench.snapshot.waiting:
            approve.wait(bench)
            break
        elif bench.snapshot.state is State.ABORTING:
            _abort(bench)
        else:
            _work(bench)
            _tell_of_way_back(bench)
    return bench.snapshot


def _tell_of_way_back(bench: Bench) -> None:
    """Hooks at a failure hear of an alarm when the old color has the traffic again, not before."""
    if bench.snapshot.state is State.RETURNED and went_back(bench.snapshot) and bench.snapshot.said:
        hooks.failed(bench, Phase.BAKE, PhaseFailed(bench.snapshot.said.comment))


def _work(bench: Bench) -> None:
    phase = bench.snapshot.phase
    assert phase is not None  # the machine has one for every state that neither waits nor ends
    steps = STEPS[phase]
    with _failures(bench, phase):
        wait_while_paused(bench, phase)
        bench.breathe()
        bench.log.append(records.PhaseBegan(phase))
        hooks.before(bench, phase)
        steps.ready(bench)
        evidence = steps.run(bench)
        if evidence is not None:
            hooks.after(bench, phase)
        if phase is Phase.FINALIZE:
            _forget(bench)
        if evidence is not None:
            bench.log.append(records.PhaseDone(phase, evidence))


def _tell(bench: Bench) -> None:
    """Whoever waits for a phase that lies behind, and was not told yet."""
    for one in notifying.due(bench):
        with _failures(bench, one.what.phase):
            notifying.tell(bench, one)


@contextmanager
def _failures(bench: Bench, phase: Phase) -> Iterator[None]:
    """What goes wrong within is completed and journalled."""
    try:
        yield
    except LeaseLost:
        raise  # nothing may be written any more, not even this
    except VerdigrisError as error:
        _complete(bench, error)
        _journal_failure(bench, phase, error)
        hooks.failed(bench, phase, error)
        raise


def _complete(bench: Bench, error: VerdigrisError) -> None:
    """What a lower layer cannot know: what state is left behind, and what to type next."""
    env = bench.plan.env
    if not error.state:
        live = f"{bench.snapshot.live} serves on" if bench.snapshot.live else "nothing is live yet"
        error.state = f"{live}; everything done so far is kept"
    if not error.next_command:
        mend = "mend the migration, then: verdigris abort" if isinstance(error, MigrationError) else "verdigris deploy"
        if isinstance(error, HintsLost) and Event.LOST not in TRANSITIONS[bench.snapshot.state]:
            mend = "verdigris abort"  # going forward again: nothing could prove that nobody wrote
        with suppress(VerdigrisError):
            if isinstance(error, MigrationError) and bench.quarantine.waiting:
                mend = "verdigris quarantine redrive"
        error.next_command = f"{mend} {env}"


def _abort(bench: Bench) -> None:
    """Undoes in reverse order what was begun; each phase's undo is safe to repeat."""
    for phase in reversed(bench.snapshot.plan.phases):
        view = bench.snapshot.phases.get(phase)
        if view is None or view.undone or phase not in STEPS:
            continue
        bench.hold()
        try:
            STEPS[phase].undo(bench)
        except LeaseLost:
            raise
        except VerdigrisError as error:
            _journal_failure(bench, phase, error)
            raise
        bench.log.append(records.Undone(phase))
    _forget(bench)
    bench.quarantine.clear()
    bench.log.append(records.Closed())


def _forget(bench: Bench) -> None:
    """Checkpoints are of no use once a deployment has ended; its records stay."""
    bench.journal.forget(bench.deployment, bench.journal.checkpoints(bench.deployment))


def _check(bench: Bench) -> None:
    """On resume: what the journal says of the phases that are done still holds."""
    snapshot = bench.snapshot
    if snapshot.state in (State.ABORTING, State.FINALIZE):
        return
    for phase, view in snapshot.phases.items():
        if view.done_at and phase in STEPS:
            STEPS[phase].check(bench)


def _journal_failure(bench: Bench, phase: Phase, error: VerdigrisError) -> None:
    failed = records.Failed(phase, error.code, error.what, error.where, error.state, error.next_command)
    with suppress(VerdigrisError):  # the error itself is what counts
        bench.log.append(failed)
