"""The bench of a runner: one environment's adapters, the user's code, and the settings, put together for the phases."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from verdigris import drivers, watched
from verdigris.core.alarms import OnAlarm
from verdigris.core.model import Item, KeySchema
from verdigris.core.planning import Plan
from verdigris.core.records import OnExpiry
from verdigris.core.reserved import Reserved
from verdigris.core.steps import Views
from verdigris.core.transform import Migration, Transform
from verdigris.engines.scoped import Scoped
from verdigris.engines.threads import Threads
from verdigris.errors import ConfigError, PhaseFailed
from verdigris.journal.control import control_of, read_reason, save_reason
from verdigris.journal.lease import LeaseKeeper
from verdigris.migrations import determinism
from verdigris.migrations.discovery import MigrationFile, discover
from verdigris.migrations.loading import load_function, load_migrations
from verdigris.phases import hooks as asking
from verdigris.phases.base import Bench, IndexPlan, Progress, Settings
from verdigris.phases.late import LateWrites
from verdigris.phases.log import Log
from verdigris.phases.stores import Stores
from verdigris.phases.views import SourceViews
from verdigris.shaping import first_shape
from verdigris.stores.abreast import AbreastTable
from verdigris.stores.base import Table, TableShape
from verdigris.stores.dynamodb_table import Guard
from verdigris.stores.pace import Pace
from verdigris.stores.paced import PacedIndex, PacedReplicas, PacedTable
from verdigris.stores.searching import SearchIndex
from verdigris.wiring import Hooks, Wiring

_PK_SK = KeySchema((("pk", "S"), ("sk", "S")))


def bench(wiring: Wiring, log: Log, lease: LeaseKeeper, hooks: Hooks, *, may_enable_stream: bool = False) -> Bench:
    """What a runner works with on the deployment of `log`."""
    plan = log.snapshot.plan
    settings = Settings(
        segments=wiring.config.table.segments,
        reserved=reserved_keys(wiring, plan.source_table),
        deadline_s=wiring.config.switch.deadline_seconds,
        bake_s=wiring.env.bake_minutes * 60,
        on_alarm=OnAlarm(wiring.env.on_alarm),
        approve=wiring.env.approve,
        finalize=wiring.env.finalize,
        gate_s=wiring.env.gate_hours * 3600,
        on_gate_expiry=OnExpiry(wiring.env.on_gate_expiry),
        keep_old_s=wiring.env.keep_old_s,
        production=wiring.env.production,
        backup=wiring.env.backs_up,
        may_enable_stream=may_enable_stream or wiring.env.enable_stream,
        max_quarantined=wiring.config.table.max_quarantined,
    )
    late = LateWrites(wiring.env.late_write_s, lease.others_until_s, settings.reserved)
    lease.own_until_s = late.quiet_from_s
    wiring.guard = Guard(lease.hold, late.unanswered)
    wiring.output = hooks.output
    pace = _pace(wiring, log, lambda: made.breathe())
    stores = _paced(wiring.stores, pace)
    made = Bench(
        plan=plan,
        settings=settings,
        stores=stores,
        journal=wiring.journal,
        log=log,
        engine=Scoped(Threads(wiring.config.table.segments), pace.bulk),
        transform=cache(lambda: _transform(wiring, stores, plan, settings.reserved)),
        dry_transform=lambda views: _transform(wiring, stores, plan, settings.reserved, views),
        domain_body=wiring.config.domain_body,
        indexes=cache(lambda: _index_plans(wiring, plan)),
        shape=lambda: _shape(wiring, plan),
        place=lambda color: wiring.place(color, plan),
        exercise=lambda place, address: asking.exercise(made, address),
        now=time.time,
        sleep=time.sleep,
        hold=lease.hold,
        prove_determinism=lambda sample: determinism.prove(
            _planned_files(wiring, plan), wiring.roots, wiring.schema(plan.source_table), sample, plan.new_key
        ),
        report=lambda progress: hooks.progress(
            replace(_explained(progress, pace), quarantined=len(made.quarantine.waiting))
        ),
        stop=hooks.stop,
        late=late,
        pace=pace,
        hooks=drivers.hooks(wiring.env, wiring.state_folder, wiring.service, hooks.output),
        consumers=wiring.env.consumers(plan.after),
        notices=drivers.notices(wiring.env, wiring.service),
        watches=watched.watches(wiring.env, plan.after, wiring.services),
    )
    return made


def _pace(wiring: Wiring, log: Log, check: Callable[[], None]) -> Pace:
    """The configured budget, until somebody says something else of this deployment."""
    journal, number = wiring.journal, log.snapshot.deployment
    pace = Pace(
        wiring.env.initial_budget,
        clock=time.monotonic,
        sleep=time.sleep,
        check=check,
        said=lambda: control_of(journal, number),
        tell=lambda reason: save_reason(journal, number, reason),
        told=read_reason(journal, number),
        env=wiring.name,
    )
    wiring.throttled = pace.throttled
    return pace


def _paced(stores: Stores, pace: Pace) -> Stores:
    # One wrapper a table: it remembers what a page costs.
    table = cache(lambda name: _paced_table(stores.table(name), pace))
    return replace(
        stores,
        table=table,
        search=cache(lambda version: _paced_index(stores.search(version), pace)),
        replicas=stores.replicas and PacedReplicas(stores.replicas, pace),
    )


def _paced_index(index: SearchIndex | None, pace: Pace) -> SearchIndex | None:
    return PacedIndex(index, pace) if index else None


def _paced_table(table: Table, pace: Pace) -> Table:
    return PacedTable(table, pace, AbreastTable(table))


def _explained(progress: Progress, pace: Pace) -> Progress:
    """Waiting always shows its reason."""
    pace.poll()
    reason = pace.reason()
    if not reason or reason in progress.reason:
        return progress
    return replace(progress, reason="; ".join(filter(None, (progress.reason, reason))))


def _transform(wiring: Wiring, stores: Stores, plan: Plan, reserved: Reserved, views: Views | None = None) -> Transform:
    """`views` in place of those that keep on record what is read."""
    loaded = load_migrations(_planned_files(wiring, plan), wiring.roots, _checksums(plan))
    if views is None:
        views = SourceViews(stores.table(plan.source_table), stores.links, reserved)
    check = item_check(wiring) if plan.moves_data else None  # else nothing is saved
    return transform_of(wiring, loaded, wiring.schema(plan.source_table), plan.new_key, views, check)


def transform_of(
    wiring: Wiring,
    migrations: Sequence[Migration],
    key: KeySchema,
    new_key: KeySchema | None,
    views: Views,
    check: Callable[[Item], Any] | None,
) -> Transform:
    """The migrations as a deployment runs them. Raises ConfigError, MigrationError."""
    return Transform(migrations, key, check, reserved_in(wiring, key), views, new_key)


def _checksums(plan: Plan) -> dict[str, str]:
    return {migration.name: migration.checksum for migration in plan.migrations}


def _planned_files(wiring: Wiring, plan: Plan) -> list[MigrationFile]:
    planned = _checksums(plan)
    files = [file for file in discover(wiring.config.migrations_folder).files if file.name in planned]
    missing = planned.keys() - {file.name for file in files}
    if missing:
        raise PhaseFailed(
            f"migrations of this deployment are gone: {', '.join(sorted(missing))}",
            where=str(wiring.config.migrations_folder),
            next_command=f"put them back, or: verdigris abort {wiring.name}",
        )
    return files


def item_check(wiring: Wiring) -> Callable[[Item], Any] | None:
    """The function of `[app] verify`, if there is one. Raises ConfigError."""
    reference = wiring.config.app.verify
    return load_function(reference, wiring.config.root, setting="[app] verify") if reference else None


def _index_plans(wiring: Wiring, plan: Plan) -> list[IndexPlan]:
    """The indexes that the plan builds. Raises ConfigError."""
    configured = {place.alias: place.config for place in wiring.env.indexes()}
    built = [planned for planned in plan.indexes if planned.built]
    if gone := [planned.alias for planned in built if planned.alias not in configured]:
        raise ConfigError(
            f"this deployment builds the index {', '.join(gone)}, which verdigris.toml does not hold any more",
            where=str(wiring.config.file),
            next_command=f"put it back, or: verdigris abort {wiring.name}",
        )
    return [
        IndexPlan(
            alias=planned.alias,
            physical=planned.destination,
            mappings=wiring.config.mappings(configured[planned.alias]),
            document=load_function(
                configured[planned.alias].document, wiring.config.root, setting="[[index]] document"
            ),
            by=planned.by,
        )
        for planned in built
    ]


def _shape(wiring: Wiring, plan: Plan) -> TableShape:
    """The new one, the source's own, or in an empty environment that of the configuration. Raises ConfigError."""
    if new := plan.shape:
        return TableShape(new.create, new.ttl_attribute, new.tags)
    facts = wiring.stores.admin.describe(plan.source_table)
    if facts is not None:
        return facts.shape
    shape = first_shape(wiring.config)
    if shape is None:
        raise ConfigError("[table] shape is not set, and there is no table to copy", where=str(wiring.config.file))
    return shape


def reserved_keys(wiring: Wiring, source_table: str) -> Reserved:
    """The keys under which beacons are written: of no item of the application's."""
    facts = wiring.stores.admin.describe(source_table)
    return reserved_in(wiring, facts.key if facts else _PK_SK)


def reserved_in(wiring: Wiring, schema: KeySchema) -> Reserved:
    """The same in a table with this key."""
    return Reserved(schema, str(wiring.config.table.beacon))
