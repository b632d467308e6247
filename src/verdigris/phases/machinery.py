"""What a deployment makes for itself, in the deploy table and beside it: gone when it has ended, and shown to be.

Its records stay, and so does the one row by which people steer. Beacons go with the switch.
"""

from __future__ import annotations

from verdigris.core.records import Evidence
from verdigris.errors import PhaseFailed
from verdigris.journal.quarantine import QuarantineRows
from verdigris.phases.base import Bench


def remove(bench: Bench) -> Evidence:
    """Checkpoints, quarantine and claims. Safe to repeat. Raises PhaseFailed if a listing still finds something."""
    journal, number = bench.journal, bench.deployment
    checkpoints = journal.checkpoints(number)
    quarantined = len(bench.quarantine.waiting) + len(bench.quarantine.discarded)
    claims = bench.stores.links.there()
    journal.forget(number, checkpoints)
    bench.quarantine.clear()
    bench.stores.links.drop()
    if found := _left(bench):
        raise PhaseFailed(
            f"what this deployment made for itself is still there: {', '.join(found)}",
            where=bench.plan.deploy_table,
            next_command=f"verdigris finalize {bench.plan.env} --confirm {bench.plan.env}",
        )
    return {"checkpoints": len(checkpoints), "quarantined": quarantined, "claims": claims, "left": 0}


def _left(bench: Bench) -> list[str]:
    """What is there, read anew."""
    journal, number = bench.journal, bench.deployment
    found = [f"checkpoint {unit}" for unit in journal.checkpoints(number)]
    found += [f"quarantine {entry.unit}" for entry in QuarantineRows(journal, number).entries()]
    return found + ["claims"] * bench.stores.links.there()
