"""What a plan takes: measured where something was, as the services describe it, or assumed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from verdigris.commands.trying import trial_transform
from verdigris.core.capacity import write_units
from verdigris.core.figures import Outlook, Scale
from verdigris.core.forecast import Measured
from verdigris.core.model import Phase
from verdigris.core.outlook import Around, outlook
from verdigris.core.planning import Plan
from verdigris.core.snapshot import Snapshot
from verdigris.errors import ItemRefused
from verdigris.migrations.discovery import discover
from verdigris.migrations.loading import load_migrations
from verdigris.phases.sampling import spread
from verdigris.stores.base import TableFacts
from verdigris.wiring import Wiring


def estimate(wiring: Wiring, plan: Plan, *, sample: int = 0) -> Outlook:
    """Reads only. `sample`: how many items to run the migrations on, to measure; 0 imports no user code.

    Raises MigrationError where one cannot be used. An item that is refused is left out: preflight tells of those.
    """
    return outlook(plan, _scale(wiring, plan, sample), _around(wiring))


def _scale(wiring: Wiring, plan: Plan, sample: int) -> Scale:
    env = wiring.env
    facts = wiring.admin.describe(plan.source_table) if plan.moves_data else None
    measured, by = _measured(wiring, plan, sample if facts else 0)
    return Scale(
        budget=env.initial_budget,
        prices=wiring.config.prices.prices,
        measured=measured,
        measured_by=by,
        copies=1 + (_indexes(plan, facts) if facts else 0),
        shards=_open_shards(wiring, facts) if facts else 1,
        passes=2 if _exercises(wiring) else 1,
        replicas=len(env.regions) - 1,
        backup=env.backs_up,
    )


def _around(wiring: Wiring) -> Around:
    env = wiring.env
    return Around(
        regions=env.regions,
        production=env.production,
        bake_minutes=env.bake_minutes,
        watched=bool(env.alarms or env.health_checks),
        application=env.application is not None,
        mappings=any(pointer.kind == "api-gateway" for pointer in wiring.config.pointer),
        index=wiring.search_url is not None or wiring.domains is not None,
    )


def _exercises(wiring: Wiring) -> bool:
    """Whether there is a smoke test: another verify follows it."""
    application = wiring.env.application
    return any(hook.at == "exercise" for hook in wiring.env.hooks) or bool(application and application.exercise)


def _indexes(plan: Plan, facts: TableFacts) -> int:
    """Secondary indexes of the destination: each takes every write again, as far as it projects."""
    create = plan.shape.create if plan.shape else facts.shape.create
    return sum(len(create.get(f"{which}SecondaryIndexes") or ()) for which in ("Global", "Local"))


def _open_shards(wiring: Wiring, facts: TableFacts) -> int:
    if facts.stream is None:
        return 1
    return sum(not shard.closed for shard in wiring.stores.stream(facts.stream).shards()) or 1


def _measured(wiring: Wiring, plan: Plan, sample: int) -> tuple[Measured | None, str]:
    if sample:
        found = _try(wiring, plan, sample)
        return (found, f"by a sample of {found.items} items") if found.items else (None, "")
    for number, snapshot in _earlier(wiring):
        view = snapshot.phases.get(Phase.BACKFILL)
        if view and view.done_at and view.evidence.get("read"):
            took = datetime.fromisoformat(view.done_at) - datetime.fromisoformat(view.began_at)
            return Measured(int(view.evidence["read"]), took.total_seconds(), 0), f"as deployment {number} took"
    return None, ""


def _earlier(wiring: Wiring) -> Iterator[tuple[int, Snapshot]]:
    """The deployments that there were, the last one first."""
    if not wiring.journal.exists():
        return
    for number in range(wiring.journal.deployments(), 0, -1):
        yield number, wiring.journal.folded(wiring.journal.records(number))


def _try(wiring: Wiring, plan: Plan, sample: int) -> Measured:
    wanted = {migration.name for migration in plan.migrations}
    files = [file for file in discover(wiring.config.migrations_folder).files if file.name in wanted]
    source = wiring.stores.table(plan.source_table)
    transform = trial_transform(wiring, source, load_migrations(files, wiring.roots), plan.new_key)
    items = units = 0
    began_s = time.perf_counter()
    for raw in islice(spread(source, wiring.config.table.segments, pages=1), sample):
        try:
            made = transform.apply(raw)
        except ItemRefused:
            continue
        items += 1
        units += write_units(output.raw for output in made)
    return Measured(items, time.perf_counter() - began_s, units)
