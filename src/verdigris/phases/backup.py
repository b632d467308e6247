"""The old table's backup: asked for, and waited for until it is whole."""

from __future__ import annotations

from verdigris.core.model import Phase
from verdigris.core.records import Evidence
from verdigris.errors import Conflict, NotFound, PhaseFailed
from verdigris.phases.base import Bench, Progress

#: Backups are whole within seconds whatever the table's size (DynamoDB developer guide, "Backing up a table").
_LIMIT_S = 3600.0
_LOOK_S = 2.0


def back_up(bench: Bench) -> Evidence:
    """Returns when the backup is there. Its name says whose it is, so that a resume finds it again.

    Raises PhaseFailed if it takes too long, or if there is nothing to make one with.
    """
    table, backups = bench.plan.source_table, bench.stores.backups
    if backups is None:
        raise PhaseFailed("nothing here makes backups", next_command="set backup = false in [environments]")
    until_s = bench.now() + _LIMIT_S
    while True:
        reason = "it is being made"
        try:
            made = backups.make(table, f"verdigris-{bench.plan.env}-{bench.deployment}")
            if backups.available(made):
                return {"backup": made}
        except Conflict as error:
            reason = error.what
        except NotFound:
            if bench.stores.admin.describe(table) is None:
                return {"not_there": table}
            raise
        if bench.now() >= until_s:
            raise PhaseFailed(
                f"waited {_LIMIT_S / 60:g} minutes for the backup of {table}: {reason}",
                where=table,
                state=f"nothing of {bench.plan.before} was removed",
            )
        bench.report(Progress(Phase.FINALIZE, reason=f"waiting for the backup of {table}: {reason}"))
        bench.breathe()
        bench.sleep(_LOOK_S)
