"""Gates, before the switch and before finalize: a person, or the configuration, says yes to this plan and evidence."""

from __future__ import annotations

from verdigris.core.gates import digest_of, expired, gate_for
from verdigris.core.machine import Event, State
from verdigris.core.model import Kind
from verdigris.core.records import OnExpiry, Said
from verdigris.core.retention import kept
from verdigris.phases.base import Bench

_GATED = frozenset({State.APPROVE, State.BAKED})


def answer(bench: Bench, yes_by: str | None) -> Said | None:
    """The answer that needs nobody: from the configuration, or `--yes` (`yes_by` says whose). None: wait."""
    snapshot, settings = bench.snapshot, bench.settings
    digest, gate = digest_of(snapshot), snapshot.gate.id if snapshot.gate else ""
    match snapshot.state:
        case State.APPROVE if yes_by is not None:
            return Said(Event.APPROVED, yes_by, "--yes", digest, gate)
        case State.APPROVE if settings.approve == "auto":
            return Said(Event.APPROVED, "configuration", 'approve = "auto"', digest, gate)
        case State.BAKED if snapshot.plan.kind is Kind.BOOTSTRAP:
            return Said(Event.FINALIZE, "bootstrap", "there is no old color", digest, gate)
        case State.BAKED if settings.finalize == "auto" and _may_go(bench):
            return Said(Event.FINALIZE, "configuration", 'finalize = "auto"', digest, gate)
    return None


def wait(bench: Bench) -> None:
    """Opens the gate that is to be answered, unless it is open."""
    snapshot, settings = bench.snapshot, bench.settings
    if snapshot.state in _GATED and snapshot.gate is None:
        bench.log.append(gate_for(snapshot, bench.now(), settings.gate_s, settings.on_gate_expiry))


def go_back_if_expired(bench: Bench) -> None:
    """Nobody has answered in time: the deployment is undone, or a new gate is opened. What was proven is old."""
    snapshot, gate = bench.snapshot, bench.snapshot.gate
    if gate is None or snapshot.state is not State.APPROVE or not expired(gate, bench.now()):
        return
    if gate.on_expiry is OnExpiry.BACK:
        bench.log.append(Said(Event.ABORT, "gate", f"expired at {gate.expires_at}", gate.digest, gate.id))
    else:
        bench.log.append(gate_for(snapshot, bench.now(), bench.settings.gate_s, bench.settings.on_gate_expiry))


def _may_go(bench: Bench) -> bool:
    """Whether the old color was kept for as long as it was to be."""
    keeping = kept(bench.snapshot, bench.settings.keep_old_s, bench.now())
    return keeping is None or keeping.over
