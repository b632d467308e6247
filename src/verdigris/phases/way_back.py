"""Before the traffic of several regions goes back: the old table is in each, and what is written to it arrives there.

Nobody has written to it since the flip, so nothing tells of a replica that stopped but a write: an item under a key
that is reserved for Verdigris, which all else passes over. What was written before the flip had minutes to arrive.
"""

from __future__ import annotations

import orjson

from verdigris.core.fingerprint import same
from verdigris.core.model import Phase
from verdigris.errors import PhaseFailed
from verdigris.phases import replicas
from verdigris.phases.base import Bench, Progress

#: How long what is written at home may take to another region. AWS replicates within a second or so (DDG
#: V2globaltables_HowItWorks).
_LIMIT_S = 30.0
_LOOK_S = 0.2


def fault(bench: Bench) -> str:
    """What is the matter with the old table's replicas; "" if nothing is. Where no data moved both colors use one
    table."""
    if not bench.plan.moves_data or not bench.plan.replicas:
        return ""
    return replicas.wrong(bench, bench.plan.source_table) or _behind(bench)


def demand(bench: Bench) -> None:
    """Raises PhaseFailed if a region has nothing to go back to."""
    if wrong := fault(bench):
        raise PhaseFailed(
            f"{wrong}: the traffic there would go back to a table that is not whole",
            where=bench.plan.source_table,
            state=f"nothing was held; {bench.snapshot.live} serves on in every region",
            next_command=way_on(bench),
        )


def way_on(bench: Bench) -> str:
    """To mend it, or to go back all the same."""
    again = f"verdigris rollback {bench.plan.env} --lossy"
    mend = replicas.make_again(bench, bench.plan.source_table)
    return f"{f'{mend}, then: ' if mend else ''}{again}; or, for the other regions' sake: {again} --stale-replicas"


def _behind(bench: Bench) -> str:
    """The same key as the first beacon's, which the reverse switch removes, should this runner die."""
    source, key = bench.source, bench.settings.reserved.key(0)
    item = orjson.dumps({**source.key.to_json(key), "value": {"S": f"back-{bench.deployment}-{bench.journal.token}"}})
    source.write([item])
    try:
        return next((wrong for region in bench.plan.replicas if (wrong := _waited(bench, region))), "")
    finally:
        source.write([], [key])


def _waited(bench: Bench, region: str) -> str:
    key, name = bench.settings.reserved.key(0), bench.plan.source_table
    there, until_s = replicas.table(bench, name, region), bench.now() + _LIMIT_S
    while not same(there.read([key]).get(key), bench.source.read([key]).get(key)):
        if bench.now() >= until_s:
            return f"what is written to {name} has not arrived in {region} for {_LIMIT_S:.0f} s"
        bench.report(Progress(Phase.SWITCH, reason=f"waiting for a write to {name} to arrive in {region}"))
        bench.breathe()
        bench.sleep(_LOOK_S)
    return ""
