"""A plan that was kept in a file: read back, and held against what would be done now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from verdigris.core.plan_changes import KeptPlan, changes
from verdigris.core.planning import Facts, Plan
from verdigris.errors import UsageError


@dataclass(frozen=True)
class Wanted:
    """A plan that was read, and is to be carried out as it is or not at all."""

    file: Path
    content: KeptPlan

    def demand(self, now: Plan, facts: Facts | None = None) -> None:
        """Raises UsageError, with everything that has changed since."""
        if found := changes(self.content, now, facts):
            raise UsageError(
                f"this is not the plan any more: {'; '.join(found)}",
                where=str(self.file),
                state="nothing was changed",
                next_command=f"verdigris plan {now.env} --out {self.file}",
            )


def read_plan(file: Path, env: str) -> Wanted:
    """Raises UsageError if it is none, or another environment's."""
    try:
        kept = msgspec.json.decode(file.read_bytes(), type=KeptPlan)
    except (OSError, msgspec.DecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise UsageError(
            f"this is no plan: {why}",
            where=str(file),
            state="nothing was changed",
            next_command=f"verdigris plan {env} --out {file}",
        ) from None
    if kept.plan.env != env:
        raise UsageError(
            f"this is a plan for {kept.plan.env}, not for {env}",
            where=str(file),
            state="nothing was changed",
            next_command=f"verdigris deploy {kept.plan.env} --plan {file}",
        )
    return Wanted(file, kept)
