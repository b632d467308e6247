"""What others are told when a phase lies behind: CI that waits for it, a webhook. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import msgspec

from verdigris.core.model import Phase
from verdigris.core.snapshot import PhaseView, Snapshot


@dataclass(frozen=True, slots=True)
class Announcement:
    """One phase that is passed. `id` stays the same when it is told again, and is another one for other evidence."""

    id: str
    phase: Phase
    deployment: int
    #: ISO 8601, UTC: when the phase was done (or the deployment began, where the plan leaves the phase out)
    at: str
    #: what is told of the deployment and the phase; counts, names and times, no item and no secret
    body: dict[str, Any]


def announcement(snapshot: Snapshot, phase: Phase) -> Announcement:
    """What there is to tell of a phase that is passed."""
    plan, view = snapshot.plan, snapshot.phases.get(phase, PhaseView())
    at = view.done_at or snapshot.started_at
    proof = msgspec.json.encode([at, view.evidence], order="deterministic")
    told = f"{plan.env}-{snapshot.deployment}-{phase}-{hashlib.sha256(proof).hexdigest()[:12]}"
    body = {
        "format": "verdigris",
        "version": 1,
        "event": "phase-passed",
        "id": told,
        "env": plan.env,
        "deployment": snapshot.deployment,
        "phase": phase.value,
        "at": at,
        "kind": plan.kind.value,
        "before": plan.before,
        "after": plan.after,
        "live": snapshot.live,
        "plan_digest": plan.digest,
        "left_out": phase not in plan.phases,
        "evidence": view.evidence,
    }
    return Announcement(told, phase, snapshot.deployment, at, body)
