"""What is to be known of a plan before somebody says yes: what it takes, what may go wrong, what it destroys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verdigris.core.figures import Outlook, Removal, Scale, figures, predicted
from verdigris.core.forecast import Forecast, advice
from verdigris.core.planning import Plan


@dataclass(frozen=True)
class Around:
    """What stands around the data in an environment. `mappings`: the old color has API mappings of its own."""

    regions: tuple[str, ...]
    production: bool = False
    bake_minutes: float = 0
    watched: bool = False
    application: bool = False
    mappings: bool = False
    index: bool = False


def outlook(plan: Plan, scale: Scale, around: Around) -> Outlook:
    return Outlook(
        figures(plan, scale),
        tuple(_risks(plan, scale, around, predicted(plan, scale))),
        tuple(_removals(plan, scale, around)),
    )


def _risks(plan: Plan, scale: Scale, around: Around, time: Forecast | None) -> Iterator[str]:
    if time and not time.fits:
        yield f"the backfill takes {advice(time)}"
    if plan.before is None:
        return
    if not around.bake_minutes:
        yield "bake_minutes is 0: nothing is watched between the switch and finalize"
    elif not around.watched:
        yield "nothing is watched while it bakes: there is no [[alarm]] and no [[health]]"
    if not plan.moves_data:
        return
    yield f"a rollback leaves behind what was written to {plan.after} since the switch"
    if not scale.backup:
        yield f"finalize deletes {plan.source_table} without a backup"
    if len(around.regions) > 1:
        yield f"a write in {', '.join(around.regions[1:])} reaches {around.regions[0]} late: writers there are not held"


def _removals(plan: Plan, scale: Scale, around: Around) -> Iterator[Removal]:
    old, new = plan.before, plan.after
    if plan.moves_data and scale.backup:
        yield Removal("finalize", f"nothing, before a backup of {plan.source_table} is there")
    if old is not None:
        if around.mappings:
            yield Removal("finalize", f"the API mappings of {old}")
        if around.application:
            yield Removal("finalize", f"the application of {old}")
    for index in plan.indexes if around.index else ():
        if index.built and index.source:
            yield Removal("finalize", f"the index {index.source}")
    if plan.moves_data and plan.source_domain and around.index:
        yield Removal("finalize", f"the search domain {plan.source_domain}, with all that is in it")
    if plan.moves_data:
        yield Removal("finalize", f"the table {plan.source_table} in {', '.join(reversed(around.regions))}")
    if around.application:
        yield Removal("abort", f"the application of {new}")
    for index in plan.indexes if around.index else ():
        if index.built:
            yield Removal("abort", f"the index {index.destination}")
    if plan.moves_data and plan.destination_domain and around.index:
        yield Removal("abort", f"the search domain {plan.destination_domain}, if this deployment made it")
    if plan.moves_data:
        yield Removal("abort", f"the table {plan.destination_table}")
