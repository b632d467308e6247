"""fold(records) → Snapshot: the one picture of a deployment that the runner decides on and everyone is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, assert_never

import msgspec
from msgspec.structs import replace

from verdigris.core import records
from verdigris.core.machine import ENDED, PHASE_OF, WAITING, Event, State, advance
from verdigris.core.model import Color, Phase
from verdigris.core.planned_indexes import PlannedIndex
from verdigris.core.planning import Plan
from verdigris.core.records import Body, Evidence, Record

#: What a change of the migrations, or a loss of hints, makes void.
_PROOFS = frozenset({Phase.REPLAY, Phase.VERIFY, Phase.REINDEX, Phase.EXERCISE, Phase.APPROVE})


class PhaseView(msgspec.Struct, frozen=True):
    """One phase as the journal tells it. Times are ISO 8601, UTC."""

    began_at: str = ""
    done_at: str = ""
    evidence: Evidence = msgspec.field(default_factory=dict)
    undone: bool = False


class Snapshot(msgspec.Struct, frozen=True):
    """A deployment, as its records say. `state` is where it stands; `live` the color that serves by the journal."""

    deployment: int
    plan: Plan
    state: State
    started_at: str
    live: Color | None
    seq: int = 0
    phases: Mapping[Phase, PhaseView] = msgspec.field(default_factory=dict)
    #: step → evidence, None while only intended
    steps: Mapping[str, Evidence | None] = msgspec.field(default_factory=dict)
    error: records.Failed | None = None
    said: records.Said | None = None
    #: what is waited for; kept while its answer may still be changed
    gate: records.Gate | None = None
    flips: int = 0
    #: when the color was flipped for the first and for the last time (ISO 8601, UTC); "" before
    switched_at: str = ""
    flipped_at: str = ""
    #: how often the stream dropped changes that nobody had read
    losses: int = 0
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
    """The snapshot one record later (None: before the first).

    Raises ValueError if the record is not the next one, IllegalEvent if it has no place in this state.
    """
    if isinstance(record.body, records.Started):
        plan = record.body.plan
        snapshot = Snapshot(record.deployment, plan, State.PREFLIGHT, record.at, plan.before)
    if snapshot is None or record.seq != snapshot.seq + 1:
        raise ValueError(f"the journal of deployment {record.deployment} has a hole before record {record.seq}")
    state = moved(snapshot, record.body)
    changed = {"seq": record.seq, "updated_at": record.at, **_changes(snapshot, record)}
    if state not in (snapshot.state, State.REJECTED):
        changed["gate"] = None
    return replace(snapshot, state=state, **changed)


def moved(now: Snapshot, body: Body) -> State:
    """The state after a record that says this. Raises IllegalEvent."""
    match body:
        case records.PhaseDone() | records.Closed():
            event = Event.DONE
        case records.Said(event):
            pass
        case records.Flipped():
            event = Event.FLIPPED
        case records.Mended():
            event = Event.MENDED
        case records.Lost():
            event = Event.LOST
        case _:
            return now.state
    return advance(now.state, event, now.plan.phases)


def _changes(now: Snapshot, record: Record) -> dict[str, Any]:
    """What a record changes of the snapshot besides the state."""
    match record.body:
        case records.Started() | records.Closed():
            return {}
        case records.PhaseBegan(phase):
            view = now.phases.get(phase, PhaseView())
            began = replace(view, began_at=view.began_at or record.at)
            return {"phases": {**now.phases, phase: began}, "error": None}
        case records.Intent(_, step):
            return {"steps": {**now.steps, step: now.steps.get(step)}}
        case records.Outcome(_, step, evidence):
            return {"steps": {**now.steps, step: evidence}}
        case records.PhaseDone(phase, evidence):
            view = replace(now.phases.get(phase, PhaseView()), done_at=record.at, evidence=evidence)
            return {"phases": {**now.phases, phase: view}, "error": None}
        case records.Failed() as failure:
            return {"error": failure}
        case records.Gate() as gate:
            return {"gate": gate}
        case records.Said(event) as said:
            if event is not Event.APPROVED:
                return {"said": said, "error": None}
            answer = {"by": said.who, "comment": said.comment, "digest": said.digest, "gate": said.gate}
            view = PhaseView(record.at, record.at, {name: value for name, value in answer.items() if value})
            return {"said": said, "error": None, "phases": {**now.phases, Phase.APPROVE: view}}
        case records.Flipped(_, after):
            switched_at = now.switched_at or record.at
            return {"live": after, "flips": now.flips + 1, "switched_at": switched_at, "flipped_at": record.at}
        case records.Mended(_, migrations, documents):
            indexes = tuple(_made_by(index, documents) for index in now.plan.indexes)
            return {"plan": replace(now.plan, migrations=migrations, indexes=indexes), **_unproven(now)}
        case records.Lost():
            return {"losses": now.losses + 1, **_unproven(now)}
        case records.Undone(phase):
            view = replace(now.phases.get(phase, PhaseView()), undone=True)
            return {"phases": {**now.phases, phase: view}}
        case _ as never:
            assert_never(never)


def _made_by(index: PlannedIndex, documents: Mapping[str, str]) -> PlannedIndex:
    """The index, made by the code as it is now."""
    if index.recipe is None or index.alias not in documents:
        return index
    return replace(index, recipe=replace(index.recipe, document=documents[index.alias]))


def _unproven(now: Snapshot) -> dict[str, Any]:
    """The proofs are to be given again, and approved."""
    again = {phase: replace(view, done_at="", evidence={}) for phase, view in now.phases.items() if phase in _PROOFS}
    return {"phases": {**now.phases, **again}, "said": None, "error": None}
