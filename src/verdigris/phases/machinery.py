"""What a deployment makes for itself, in the deploy table and beside it: gone when it has ended, and shown to be.

Its records stay, and so does the one row by which people steer; and what somebody discarded, since of that there is no
other copy when the old table is gone. Beacons go with the switch.
"""

from __future__ import annotations

from verdigris.core.records import Evidence
from verdigris.errors import PhaseFailed
from verdigris.journal.quarantine import QuarantineRows
from verdigris.phases.base import Bench


def remove(bench: Bench) -> Evidence:
    """Checkpoints and claims. Safe to repeat. Raises PhaseFailed if a listing still finds something."""
    journal, number = bench.journal, bench.deployment
    checkpoints = journal.checkpoints(number)
    claims = bench.stores.links.there()
    journal.forget(number, checkpoints)
    bench.stores.links.drop()
    if found := _left(bench):
        raise PhaseFailed(
            f"what this deployment made for itself is still there: {', '.join(found)}",
            where=bench.plan.deploy_table,
            next_command=f"verdigris finalize {bench.plan.env} --confirm {bench.plan.env}",
        )
    return {"checkpoints": len(checkpoints), "claims": claims, "left": 0}


def _left(bench: Bench) -> list[str]:
    """What is there, read anew."""
    journal, number = bench.journal, bench.deployment
    found = [f"checkpoint {unit}" for unit in journal.checkpoints(number)]
    waiting = [entry for entry in QuarantineRows(journal, number).entries() if entry.discarded is None]
    found += [f"quarantine {entry.unit}" for entry in waiting]
    return found + ["claims"] * bench.stores.links.there()
