"""What programs are shown: the shapes of docs/reference/json.md, made from the nouns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from verdigris.core.snapshot import PhaseView, Snapshot

if TYPE_CHECKING:
    from verdigris.commands.adopting import Adoptable
    from verdigris.commands.cleaning import Cleaning
    from verdigris.commands.deploying import Planned
    from verdigris.commands.examining import Finding
    from verdigris.commands.looking import History, Status
    from verdigris.commands.steering import Steered
    from verdigris.commands.waiting import Waited
    from verdigris.core.pacing import Budget
    from verdigris.core.planning import Plan
    from verdigris.core.records import Record
    from verdigris.errors import VerdigrisError
    from verdigris.journal.journal import Lease
    from verdigris.local.stack import StackInfo
    from verdigris.migrations.state import Comparison

Shape = dict[str, Any]


def plan(of: Plan) -> Shape:
    return {**msgspec.to_builtins(of), "digest": of.digest}


def planned(of: Planned, next_command: str) -> Shape:
    return {
        "plan": plan(of.plan),
        "outlook": msgspec.to_builtins(of.outlook),
        "faults": msgspec.to_builtins(of.faults),
        "under_way": deployment(of.under_way) if of.under_way else None,
        "next_command": next_command,
    }


def deployment(of: Snapshot) -> Shape:
    """A deployment as its journal tells it."""
    return {
        "deployment": of.deployment,
        "env": of.plan.env,
        "kind": of.plan.kind,
        "state": of.state,
        "waiting": of.waiting,
        "ended": of.ended,
        "live": of.live,
        "before": of.plan.before,
        "after": of.plan.after,
        "source": of.plan.source,
        "destination": of.plan.destination,
        "migrations": [migration.name for migration in of.plan.migrations],
        "plan_digest": of.plan.digest,
        "started_at": of.started_at,
        "updated_at": of.updated_at,
        "phases": [{"phase": phase, **_phase(of.phases.get(phase, PhaseView()))} for phase in of.plan.phases],
        "gate": _untagged(of.gate),
        "said": _untagged(of.said),
        "failed": _untagged(of.error),
    }


def _phase(view: PhaseView) -> Shape:
    return {
        "began_at": view.began_at or None,
        "done_at": view.done_at or None,
        "undone": view.undone,
        "evidence": dict(view.evidence),
    }


def _untagged(of: msgspec.Struct | None) -> Shape | None:
    if of is None:
        return None
    shape: Shape = msgspec.to_builtins(of)
    shape.pop("type")
    return shape


def status(of: Status, reason: str) -> Shape:
    return {
        "env": of.env,
        "flags": {
            "current_color": of.flags.color,
            "source_version": of.flags.source,
            "destination_version": of.flags.destination,
            "migrate": of.flags.migrate,
        },
        "deployment": deployment(of.snapshot) if of.snapshot else None,
        "progress": None if of.done is None else {"done": of.done, "estimated": of.estimated},
        "lease": lease(of.lease) if of.lease and of.lease.holder else None,
        "budget": budget(of.control.budget) if of.control else None,
        "paused": paused(of.control.paused_by, of.control.paused_at) if of.control else None,
        "stream_left_s": None if of.stream_left_s is None else round(of.stream_left_s),
        "old_color": {"kept_until": of.kept.until, "due": of.kept.over} if of.kept else None,
        "quarantine": {"waiting": of.quarantined, "discarded": of.discarded},
        "regions": list(of.regions),
        "reason": reason,
        "next_command": of.next_command,
    }


def waited(of: Waited, exit_code: int) -> Shape:
    return {
        "env": of.status.env,
        "for": of.goal,
        "verdict": of.verdict,
        "reason": of.reason,
        "deployment": deployment(of.status.snapshot) if of.status.snapshot else None,
        "next_command": of.status.next_command,
        "exit_code": exit_code,
    }


def budget(of: Budget) -> Shape:
    """`null` is no limit."""
    return {"read_units_per_s": of.read, "write_units_per_s": of.write, "index_documents_per_s": of.index}


def paused(by: str, at: str) -> Shape | None:
    return {"by": by, "at": at} if at else None


def steered(of: Steered, next_command: str) -> Shape:
    return {
        "env": of.env,
        "deployment": of.deployment,
        "budget": budget(of.budget),
        "paused": paused(of.paused_by, of.paused_at),
        "running": of.running,
        "changed": of.changed,
        "next_command": next_command,
    }


def lease(of: Lease) -> Shape:
    """A lease that somebody holds."""
    assert of.holder is not None
    return {
        "id": of.token,
        "who": of.holder.who,
        "pid": of.holder.pid,
        "doing": of.holder.doing,
        "since": of.holder.since,
        "renewed_at": of.renewed_at,
        "length_s": of.length_s,
    }


def record(of: Record) -> Shape:
    shape: Shape = msgspec.to_builtins(of)
    return shape


def history(of: History, next_command: str) -> Shape:
    return {
        "records": [record(one) for one in of.records],
        "acts": msgspec.to_builtins(of.acts),
        "next_command": next_command,
    }


def adoptable(of: Adoptable, next_command: str) -> Shape:
    return {
        "env": of.env,
        "deploy_table": of.deploy_table,
        "flags": msgspec.to_builtins(of.flags),
        "tables": [{"name": table.name, "items_estimate": table.items_estimate} for table in of.tables],
        "live_table": of.live,
        "recorded": list(of.recorded),
        "baseline": list(of.baseline),
        "others": of.others,
        "notes": list(of.notes),
        "faults": msgspec.to_builtins(of.faults),
        "written": of.written,
        "next_command": next_command,
    }


def cleaning(of: Cleaning, next_command: str) -> Shape:
    return {
        "env": of.env,
        "table": of.table,
        "items": of.items,
        "tables": msgspec.to_builtins(of.tables),
        "indexes": [{"index": name, "documents": documents} for name, documents in of.indexes],
        "domain": of.domain,
        "removed": of.removed,
        "next_command": next_command,
    }


def findings(of: list[Finding], next_command: str) -> Shape:
    return {
        "ok": all(one.ok for one in of),
        "findings": [
            {"name": one.name, "ok": one.ok, "said": one.said, "next_command": one.next_command} for one in of
        ],
        "next_command": next_command,
    }


def migrations(of: Comparison) -> Shape:
    return {
        "pending": list(of.pending),
        "applied": list(of.applied),
        "changed": list(of.changed),
        "missing": list(of.missing),
        "faults": list(of.faults),
        "notes": list(of.notes),
    }


def stack(of: StackInfo) -> Shape:
    return {
        "folder": of.folder,
        "running": of.running,
        "engines": [
            {"name": one.name, "state": one.state, "url": one.url, "pid": one.pid, "log": one.log} for one in of.engines
        ],
        "others": [{"name": one.name, "url": one.url, "pid": one.pid} for one in of.others],
    }


def error(of: VerdigrisError, next_command: str, exit_code: int) -> Shape:
    return {
        "code": of.code,
        "what": of.what,
        "where": of.where,
        "state": of.state,
        "faults": list(getattr(of, "faults", ())),
        "next_command": next_command,
        "exit_code": exit_code,
    }
