"""plan, deploy, approve, reject, rollback, finalize, abort."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from verdigris import runner, survey
from verdigris.commands.estimating import estimate
from verdigris.commands.sessions import Session, answer_gate, latest, nothing_yet, out_of_place, say, session
from verdigris.commands.wanted import Wanted, read_plan
from verdigris.config.model import Config
from verdigris.core.figures import NO_OUTLOOK, Outlook
from verdigris.core.machine import TRANSITIONS, Event, State
from verdigris.core.model import Kind, Phase
from verdigris.core.plan_changes import KeptPlan
from verdigris.core.plan_faults import Fault, faults
from verdigris.core.planning import Plan, make_plan
from verdigris.core.retention import kept
from verdigris.core.snapshot import Snapshot
from verdigris.errors import PhaseFailed, UsageError
from verdigris.journal.holder import me
from verdigris.phases import finalize as finalizing
from verdigris.phases import way_back
from verdigris.phases.leaving import left_behind
from verdigris.phases.log import Log
from verdigris.wiring import Hooks, Wiring


@dataclass(frozen=True)
class Planned:
    """What the next deployment would do, and what stands in its way. `under_way`: there is one already."""

    plan: Plan
    faults: Sequence[Fault]
    under_way: Snapshot | None = None
    outlook: Outlook = NO_OUTLOOK


def plan(
    config: Config,
    env: str,
    *,
    enable_stream: bool = False,
    migrate: bool = False,
    sample: int = 0,
    out: Path | None = None,
) -> Planned:
    """Plans the next deployment; read-only, and imports no user code unless `sample` says on how many items to measure.

    `migrate` copies the data though nothing is pending. `out` keeps the plan for `deploy`, and what was asked for.
    """
    wiring = Wiring(config, env)
    snapshot = latest(wiring.journal)
    if snapshot and not snapshot.ended:
        _may_migrate(snapshot, migrate)
        seen = estimate(wiring, snapshot.plan, sample=sample)
        planned, facts = Planned(snapshot.plan, (), snapshot, seen), None
    else:
        facts = survey.facts(wiring, may_enable_stream=enable_stream, migrate=migrate)
        made = make_plan(wiring.names, facts)
        planned = Planned(made, faults(made, facts), None, estimate(wiring, made, sample=sample))
    if out:
        file = KeptPlan(planned.plan, planned.outlook, facts, enable_stream, migrate)
        out.write_bytes(msgspec.json.format(msgspec.json.encode(file)) + b"\n")
    return planned


def deploy(
    config: Config,
    env: str,
    *,
    plan_file: Path | None = None,
    yes: bool = False,
    until: Phase | None = None,
    enable_stream: bool = False,
    migrate: bool = False,
    hooks: Hooks | None = None,
) -> Snapshot:
    """Begins a deployment, or goes on with the one under way, until it waits for a person or ends.

    After a rollback it goes forward again. `migrate` copies the data though nothing is pending. Raises what stopped it,
    and the same call tries again; UsageError where the world is not that of the plan any more.
    """
    wiring = Wiring(config, env)
    yes_by = me("", "").who if yes else None
    wanted = read_plan(plan_file, env) if plan_file else None
    if wanted:
        enable_stream |= wanted.content.enable_stream
        migrate |= wanted.content.migrate
    if wanted or not wiring.journal.exists():  # refuses before anything is made, the lease included
        _plan_of(wiring, latest(wiring.journal), wanted, enable_stream, migrate)
    with session(wiring, f"deploy {env}", hooks or Hooks(), create=True) as held:
        log = held.current()
        made = _plan_of(wiring, log.snapshot if log else None, wanted, enable_stream, migrate)
        if log is None or log.snapshot.ended:
            log = held.begin(made)
        if log.snapshot.state is State.RETURNED:
            say(log, Event.FORWARD, "forward again")
        bench = held.bench(log, may_enable_stream=enable_stream)
        return runner.run(bench, until=until, yes_by=yes_by)


def approve(
    config: Config, env: str, *, gate: str | None = None, comment: str = "", hooks: Hooks | None = None
) -> Snapshot:
    """Says yes at the gate (`gate`: its id, None: the one that waits); `deploy` goes on.

    Raises UsageError if it has expired, is another one by now, or is about another plan and evidence.
    """
    return _answer(config, env, Event.APPROVED, gate, comment, hooks)


def reject(
    config: Config, env: str, *, gate: str | None = None, comment: str = "", hooks: Hooks | None = None
) -> Snapshot:
    """Says no at the gate; `abort` cleans up. Raises as `approve` does."""
    return _answer(config, env, Event.REJECTED, gate, comment, hooks)


def rollback(
    config: Config, env: str, *, lossy: bool = False, stale_replicas: bool = False, hooks: Hooks | None = None
) -> Snapshot:
    """Sends the traffic back to the old color. Before finalize; `deploy` goes forward again.

    Raises UsageError where it would lose writes without `lossy`; PhaseFailed, without `stale_replicas`, where another
    region has no whole table to go back to.
    """
    with session(Wiring(config, env), f"rollback {env}", hooks or Hooks()) as held:
        log = _under_way(held)
        snapshot = log.snapshot
        if snapshot.state not in (State.RETURNING, State.REOPENING):
            if Event.ROLLBACK not in TRANSITIONS[snapshot.state]:
                raise out_of_place(snapshot, Event.ROLLBACK)
            _may_return(held, log, lossy)
            if not stale_replicas:
                way_back.demand(held.bench(log))
            say(log, Event.ROLLBACK, "--lossy" if lossy else "")
        return runner.run(held.bench(log))


def finalize(
    config: Config, env: str, *, confirm: str, early: bool = False, comment: str = "", hooks: Hooks | None = None
) -> Snapshot:
    """Removes the old color's application, index and table. `confirm` must be the environment's name.

    Before `keep_old` is over it wants `early`. Raises UsageError.
    """
    if confirm != env:
        raise UsageError(
            f"finalize cannot be undone: --confirm must be {env!r}, not {confirm!r}",
            state="nothing was removed",
            next_command=f"verdigris finalize {env} --confirm {env}",
        )
    with session(Wiring(config, env), f"finalize {env}", hooks or Hooks()) as held:
        log = _under_way(held)
        bench = held.bench(log)
        if log.snapshot.state is not State.FINALIZE:
            if not early:
                _demand_kept(held.wiring, log.snapshot)
            if log.snapshot.state is State.BAKED:
                finalizing.ready(bench)  # once it is said there is no way back
            answer_gate(log, Event.FINALIZE, None, comment or ("--early" if early else ""))
        return runner.run(bench)


def abort(config: Config, env: str, *, hooks: Hooks | None = None) -> Snapshot:
    """Undoes what the deployment made, in reverse order. Before the switch, or after a rollback."""
    with session(Wiring(config, env), f"abort {env}", hooks or Hooks()) as held:
        log = _under_way(held)
        if log.snapshot.state is not State.ABORTING:
            say(log, Event.ABORT, "")
        return runner.run(held.bench(log))


def _answer(config: Config, env: str, event: Event, gate: str | None, comment: str, hooks: Hooks | None) -> Snapshot:
    with session(Wiring(config, env), f"{event} {env}", hooks or Hooks()) as held:
        log = _under_way(held)
        answer_gate(log, event, gate, comment)
        return log.snapshot


def _demand_kept(wiring: Wiring, snapshot: Snapshot) -> None:
    """The old color was kept for as long as it was to be. Raises UsageError."""
    keeping = kept(snapshot, wiring.env.keep_old_s, time.time())
    if keeping and not keeping.over:
        raise UsageError(
            f"{snapshot.plan.before} is kept until {keeping.until}: keep_old is {wiring.env.keep_old}",
            where=str(wiring.config.file),
            state="nothing was removed",
            next_command=f"verdigris finalize {wiring.name} --confirm {wiring.name} --early",
        )


def _under_way(held: Session) -> Log:
    log = held.current()
    if log is None:
        raise nothing_yet(held.wiring)
    if log.snapshot.ended:
        raise UsageError(
            f"no deployment is under way: deployment {log.snapshot.deployment} is {log.snapshot.state}",
            state="nothing was changed",
            next_command=f"verdigris deploy {held.wiring.name}",
        )
    return log


def _plan_of(
    wiring: Wiring, current: Snapshot | None, wanted: Wanted | None, enable_stream: bool, migrate: bool
) -> Plan:
    """The plan of the deployment under way, or of a new one; no other than the one that is wanted.

    Raises PhaseFailed with everything that stands in the way of a new one.
    """
    if current and not current.ended:
        _may_migrate(current, migrate)
        if wanted:
            wanted.demand(current.plan)
        return current.plan
    facts = survey.facts(wiring, may_enable_stream=enable_stream, migrate=migrate)
    made = make_plan(wiring.names, facts)
    if wanted:
        wanted.demand(made, facts)
    found = faults(made, facts)
    if found:
        raise PhaseFailed(
            "; ".join(fault.what for fault in found),
            where=wiring.name,
            state="nothing was changed",
            next_command=found[0].next_command,
        )
    return made


def _may_migrate(under_way: Snapshot, migrate: bool) -> None:
    if migrate and not under_way.plan.moves_data:
        raise UsageError(
            f"deployment {under_way.deployment} is under way, and migrates nothing; --migrate is for the next one",
            state="nothing was changed",
            next_command=f"verdigris status {under_way.plan.env}",
        )


def count_left_behind(config: Config, env: str, *, hooks: Hooks | None = None) -> str | None:
    """What a rollback would leave behind, in words; None where it would leave nothing, since no data moved."""
    with session(Wiring(config, env), f"rollback {env}", hooks or Hooks()) as held:
        log = _under_way(held)
        if Event.ROLLBACK not in TRANSITIONS[log.snapshot.state] or not log.snapshot.plan.moves_data:
            return None
        return left_behind(held.bench(log)).said(log.snapshot.plan)


def _may_return(held: Session, log: Log, lossy: bool) -> None:
    plan = log.snapshot.plan
    if plan.kind is Kind.BOOTSTRAP:
        raise UsageError(
            "there is no old color to go back to: this was the first deployment",
            state="nothing was changed",
            next_command=f"verdigris status {plan.env}",
        )
    if plan.moves_data and not lossy:
        raise UsageError(
            f"{left_behind(held.bench(log)).said(plan)}: it stays in {plan.destination_table}, and comes back only by "
            "going forward again",
            state="nothing was changed",
            next_command=f"verdigris rollback {plan.env} --lossy",
        )
