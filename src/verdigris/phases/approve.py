"""approve: a person, or the configuration, says yes to this plan and this evidence."""

from __future__ import annotations

from verdigris.core.machine import Event, State
from verdigris.core.records import Said
from verdigris.core.snapshot import Snapshot


def answer(snapshot: Snapshot, approve: str, yes_by: str | None) -> Said | None:
    """The answer that needs nobody: `approve = "auto"`, or `--yes` (`yes_by` says whose). None: wait."""
    if snapshot.state is not State.APPROVE:
        return None
    if yes_by is not None:
        return Said(Event.APPROVED, yes_by, "--yes", snapshot.plan.digest)
    if approve == "auto":
        return Said(Event.APPROVED, "configuration", 'approve = "auto"', snapshot.plan.digest)
    return None
