"""Gates: what a deployment waits for, what exactly is answered, and whether an answer still counts. Pure."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import msgspec

from verdigris.core.machine import State
from verdigris.core.model import Phase
from verdigris.core.records import Gate, OnExpiry
from verdigris.core.snapshot import Snapshot

#: The phase before which each waiting state has its gate.
_BEFORE = {State.APPROVE: Phase.SWITCH, State.REJECTED: Phase.SWITCH, State.BAKED: Phase.FINALIZE}


def digest_of(snapshot: Snapshot) -> str:
    """SHA-256 (hex, 16 characters) over the plan and the evidence of every phase that is done: what a yes is about."""
    proofs = {phase: view.evidence for phase, view in snapshot.phases.items() if view.done_at}
    told = msgspec.json.encode([snapshot.plan.digest, proofs], order="deterministic")
    return hashlib.sha256(told).hexdigest()[:16]


def gate_for(snapshot: Snapshot, now_s: float, lasts_s: float, on_expiry: OnExpiry) -> Gate:
    """The gate of the state that the deployment waits in. Only the one before the switch expires: behind it the old
    color is kept, and nothing is lost by waiting."""
    before, digest = _BEFORE[snapshot.state], digest_of(snapshot)
    told = f"{snapshot.deployment}|{snapshot.seq}|{digest}"
    id_ = f"{before}-{hashlib.sha256(told.encode()).hexdigest()[:8]}"
    if before is not Phase.SWITCH:
        return Gate(id_, before, digest)
    expires = datetime.fromtimestamp(now_s, UTC) + timedelta(seconds=lasts_s)
    return Gate(id_, before, digest, expires.isoformat(timespec="milliseconds"), on_expiry)


def expired(gate: Gate | None, now_s: float) -> bool:
    return gate is not None and bool(gate.expires_at) and now_s >= datetime.fromisoformat(gate.expires_at).timestamp()


def refusal(snapshot: Snapshot, gate_id: str | None, now_s: float) -> str:
    """Why an answer to the gate does not count, "" if it does. `gate_id`: the one that is answered, None: whichever
    waits."""
    gate = snapshot.gate
    if gate_id is not None and (gate is None or gate.id != gate_id):
        waiting = f"the one that waits is {gate.id}" if gate else "none waits"
        return f"the gate {gate_id} is no more: {waiting}"
    if gate is None:
        return ""
    if expired(gate, now_s):
        return f"the gate {gate.id} has expired at {gate.expires_at}"
    if gate.digest != digest_of(snapshot):
        return f"the gate {gate.id} is about {gate.digest}, and plan and evidence are {digest_of(snapshot)} by now"
    return ""
