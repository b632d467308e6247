"""fold(records) → Snapshot: the one picture of a deployment that the runner decides on and everyone is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

import msgspec

from verdigris.core import records
from verdigris.core.machine import ENDED, PHASE_OF, WAITING, Event, State, advance
from verdigris.core.model import Color, Phase
from verdigris.core.planning import Plan
from verdigris.core.records import Evidence, Record

#: What a change of the migrations makes void.
_PROOFS = frozenset({Phase.REPLAY, Phase.VERIFY, Phase.REINDEX, Phase.EXERCISE, Phase.APPROVE})


@dataclass(frozen=True)
class PhaseView:
    """One phase as the journal tells it. Times are ISO 8601, UTC."""

    began_at: str = ""
    done_at: str = ""
    evidence: Evidence = field(default_factory=dict)
    undone: bool = False


@dataclass(frozen=True)
class Snapshot:
    """A deployment, as its records say. `state` is where it stands; `live` the color that serves by the journal."""

    deployment: int
    plan: Plan
    state: State
    started_at: str
    live: Color | None
    seq: int = 0
    phases: Mapping[Phase, PhaseView] = field(default_factory=dict)
    #: step → evidence, None while only intended
    steps: Mapping[str, Evidence | None] = field(default_factory=dict)
    error: records.Failed | None = None
    said: records.Said | None = None
    flips: int = 0
    updated_at: str = ""

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def waiting(self) -> bool:
        return self.state in WAITING

    @property
    def phase(self) -> Phase | None:
        """The phase that does this state's work; None while waiting for a person or at the end."""
        return PHASE_OF.get(self.state)

    @property
    def flipped(self) -> bool:
        """Whether the live color is the plan's new one."""
        return self.flips % 2 == 1

    def done(self, phase: Phase) -> bool:
        return bool(self.phases.get(phase, PhaseView()).done_at)

    def began(self, phase: Phase) -> bool:
        return bool(self.phases.get(phase, PhaseView()).began_at)

    def evidence(self, step: str) -> Evidence | None:
        """What a step left behind, or None if it is not known to have taken place."""
        return self.steps.get(step)


def fold(history: Iterable[Record]) -> Snapshot:
    """The snapshot after the records of one deployment, in order. Raises ValueError if they are not one."""
    snapshot: Snapshot | None = None
    for record in history:
        snapshot = after(snapshot, record)
    if snapshot is None:
        raise ValueError("no records, no snapshot")
    return snapshot


def after(snapshot: Snapshot | None, record: Record) -> Snapshot:
    """The snapshot one record later (None: before the first). Raises ValueError if the record is not the next one."""
    if isinstance(record.body, records.Started):
        plan = record.body.plan
        snapshot = Snapshot(record.deployment, plan, State.PREFLIGHT, record.at, plan.before)
    if snapshot is None or record.seq != snapshot.seq + 1:
        raise ValueError(f"the journal of deployment {record.deployment} has a hole before record {record.seq}")
    return replace(_apply(snapshot, record), seq=record.seq, updated_at=record.at)


def _apply(now: Snapshot, record: Record) -> Snapshot:
    match record.body:
        case records.Started():
            return now
        case records.PhaseBegan(phase):
            view = now.phases.get(phase, PhaseView())
            began = replace(view, began_at=view.began_at or record.at)
            return replace(now, phases={**now.phases, phase: began}, error=None)
        case records.Intent(_, step):
            return replace(now, steps={**now.steps, step: now.steps.get(step)})
        case records.Outcome(_, step, evidence):
            return replace(now, steps={**now.steps, step: evidence})
        case records.PhaseDone(phase, evidence):
            view = replace(now.phases.get(phase, PhaseView()), done_at=record.at, evidence=evidence)
            return replace(_move(now, Event.DONE), phases={**now.phases, phase: view}, error=None)
        case records.Failed() as failure:
            return replace(now, error=failure)
        case records.Said(event) as said:
            answered = replace(_move(now, event), said=said, error=None)
            if event is not Event.APPROVED:
                return answered
            view = PhaseView(record.at, record.at, {"by": said.who, "comment": said.comment})
            return replace(answered, phases={**now.phases, Phase.APPROVE: view})
        case records.Flipped(_, after):
            return replace(_move(now, Event.FLIPPED), live=after, flips=now.flips + 1)
        case records.Mended(_, migrations):
            plan = msgspec.structs.replace(now.plan, migrations=migrations)
            again = {
                phase: replace(view, done_at="", evidence={}) for phase, view in now.phases.items() if phase in _PROOFS
            }
            return replace(_move(now, Event.MENDED), plan=plan, phases={**now.phases, **again}, said=None, error=None)
        case records.Undone(phase):
            view = replace(now.phases.get(phase, PhaseView()), undone=True)
            return replace(now, phases={**now.phases, phase: view})
        case records.Closed():
            return _move(now, Event.DONE)
        case _ as never:
            assert_never(never)


def _move(now: Snapshot, event: Event) -> Snapshot:
    return replace(now, state=advance(now.state, event, now.plan.phases))
