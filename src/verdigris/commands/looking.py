"""status, history, unlock: where things stand, for people and for scripts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from verdigris import survey
from verdigris.commands.sessions import latest, nothing_yet
from verdigris.commands.steering import control_now
from verdigris.config.model import Config
from verdigris.core.acts import Act
from verdigris.core.control import Control, paused_reason
from verdigris.core.damage import Damaged
from verdigris.core.flags import Flags
from verdigris.core.gates import expired
from verdigris.core.horizon import FOR_THE_TAIL_S, left, settled_s, tail_unit, warning
from verdigris.core.machine import State
from verdigris.core.model import Phase
from verdigris.core.records import Record
from verdigris.core.retention import Kept, kept
from verdigris.core.snapshot import Snapshot
from verdigris.core.standing import disagreements, unexplained
from verdigris.core.wording import stands, went_back
from verdigris.errors import Conflict, Interrupted, NotFound, UsageError
from verdigris.journal.acts import acts
from verdigris.journal.control import read_reason
from verdigris.journal.holder import is_dead
from verdigris.journal.journal import Lease
from verdigris.journal.quarantine import QuarantineRows
from verdigris.phases.copying import progress_from
from verdigris.wiring import Wiring


@dataclass(frozen=True)
class Status:
    """Where an environment stands. `done` of `estimated` items belong to the phase under way, if it counts any."""

    env: str
    flags: Flags
    snapshot: Snapshot | None
    lease: Lease | None
    done: int | None
    estimated: int | None
    next_command: str
    #: of the deployment under way; None where there is none
    control: Control | None = None
    #: why the bulk work of the runner waits, "" if it does not
    slow: str = ""
    #: how many items wait in quarantine, and how many of it were discarded
    quarantined: int = 0
    discarded: int = 0
    #: how long the source's stream still keeps what is not settled yet (seconds); None where none is followed
    stream_left_s: float | None = None
    #: how long the old color is kept, where that is said
    kept: Kept | None = None
    #: what is wrong with the row by which people steer, "" if nothing is
    unreadable: str = ""
    #: what is the matter with the replicas of tables in other regions
    regions: tuple[str, ...] = ()


@dataclass(frozen=True)
class History:
    """The records of deployments, and what people did besides (`set`, `adopt`, `clean`); each in order of time."""

    records: list[Record]
    acts: list[Act]


def status(config: Config, env: str) -> Status:
    """Where it stands, why it waits, what to type next. Read-only."""
    return _status(Wiring(config, env))


def watch(config: Config, env: str, deployment: int | None = None) -> Iterator[Status]:
    """`status`, as often as the caller asks for the next one, over the same connections; of one deployment, which may
    not have begun, or else of the last one."""
    wiring = Wiring(config, env)
    while True:
        yield _status(wiring, deployment)


def _status(wiring: Wiring, deployment: int | None = None) -> Status:
    env, journal = wiring.name, wiring.journal
    snapshot, flags = latest(journal, deployment), journal.flags()
    done, estimated = _counted(wiring, snapshot)
    entries = QuarantineRows(journal, snapshot.deployment).entries() if snapshot else []
    waiting = sum(entry.discarded is None for entry in entries)
    old_color = kept(snapshot, wiring.env.keep_old_s, time.time()) if snapshot else None
    then = next_command(env, snapshot, waiting, old_color)
    flags = journal.flags()
    if _unexplained(snapshot, flags):
        then = f"verdigris doctor {env}"
    control, slow, left_s, spoilt = None, "", None, None
    if snapshot and not snapshot.ended:
        control, spoilt = _control(wiring, snapshot)
        slow = read_reason(journal, snapshot.deployment)
        since_s = settled_s(snapshot, journal.checkpoint(snapshot.deployment, tail_unit(snapshot)))
        left_s = None if since_s is None else left(since_s, time.time())
        if (left_s is not None and left_s < FOR_THE_TAIL_S) or expired(snapshot.gate, time.time()):
            then = f"verdigris deploy {env}"  # no answer at a gate counts: all is to be proven again, or undone
    return Status(
        env,
        flags,
        snapshot,
        journal.lease(),
        done,
        estimated,
        spoilt.next_command if spoilt else then,
        control,
        slow,
        quarantined=waiting,
        discarded=len(entries) - waiting,
        stream_left_s=left_s,
        kept=old_color,
        unreadable=spoilt.what if spoilt else "",
        regions=survey.replica_faults(wiring, flags, snapshot),
    )


def _control(wiring: Wiring, snapshot: Snapshot) -> tuple[Control | None, Damaged | None]:
    """By what people steer. It is not where a deployment stands: that is shown also where this row is spoilt."""
    try:
        return control_now(wiring, snapshot), None
    except Damaged as error:
        return None, error


def _unexplained(snapshot: Snapshot | None, flags: Flags) -> str:
    """What is wrong with the flags though nothing is under way, "" if nothing is."""
    if (snapshot and not snapshot.ended) or flags.color is None or flags.source is None:
        return ""
    return unexplained(flags.source, flags.destination)


def why(found: Status) -> str:
    """What goes on, or why nothing does, in a sentence."""
    snapshot = found.snapshot
    reason = f"; {wrong}" if (wrong := _unexplained(snapshot, found.flags)) else ""
    if snapshot is None:
        return f"nothing was ever deployed{reason}"
    holder = found.lease.holder if found.lease else None
    if not snapshot.ended and not snapshot.waiting:
        if holder is not None and is_dead(holder):
            reason = f"; its runner (pid {holder.pid}) died"
        elif holder is None:
            reason = "; its runner was stopped"
            if snapshot.error and snapshot.error.code != Interrupted.code:
                reason = ", and failed"
        elif found.slow:
            reason = f"; {found.slow}"
        if found.control and (paused := paused_reason(found.control, found.env)) not in reason:
            reason += f"; {paused}"
    if found.unreadable:
        reason += f"; {found.unreadable}"
    if not snapshot.ended and (edited := disagreements(snapshot, found.flags)):
        reason += f"; the deploy table was changed by hand: {'; '.join(edited)}"
    if found.stream_left_s is not None and (hurry := warning(found.stream_left_s)):
        reason += f"; {hurry}"
    return f"deployment {snapshot.deployment} {stands(snapshot)}{reason}"


def after(config: Config, env: str, snapshot: Snapshot) -> str:
    """What to type after a command that left the deployment so."""
    return next_command(env, snapshot, old_color=kept(snapshot, config.environment(env).keep_old_s, time.time()))


def next_command(
    env: str, snapshot: Snapshot | None, quarantined: int | None = None, old_color: Kept | None = None
) -> str:
    """What to type next. `quarantined`: how many items wait there now; by default as the last verify counted them.
    `old_color`: how long it is kept, where that is said."""
    if snapshot is None or snapshot.ended:
        return f"verdigris deploy {env}"
    if snapshot.error and snapshot.error.next_command:
        return snapshot.error.next_command.replace(" ENV", f" {env}")
    if quarantined is None and Phase.VERIFY in snapshot.phases:
        quarantined = snapshot.phases[Phase.VERIFY].evidence.get("quarantined")
    if quarantined and snapshot.state in (State.APPROVE, State.REJECTED, State.SWITCH):
        return f"verdigris quarantine list {env}"  # a yes would be of no use: the switch waits for a decision
    if snapshot.state is State.RETURNED and went_back(snapshot):
        return f"verdigris abort {env}"  # going forward again would meet the same alarm
    if snapshot.state is State.BAKED and old_color and not old_color.over:
        return f"verdigris status {env}"  # finalize would refuse
    return {
        State.APPROVE: f"verdigris approve {env}",
        State.REJECTED: f"verdigris abort {env}",
        State.BAKED: f"verdigris finalize {env} --confirm {env}",
        State.ABORTING: f"verdigris abort {env}",
        State.FINALIZE: f"verdigris finalize {env} --confirm {env}",
        State.RETURNING: f"verdigris rollback {env}",
        State.REOPENING: f"verdigris rollback {env}",
    }.get(snapshot.state, f"verdigris deploy {env}")


def history(config: Config, env: str, *, deployment: int | None = None) -> History:
    """The journal: every record of one deployment; or of all, and what people did besides.

    Raises UsageError where nothing was ever deployed, NotFound if there is no such deployment.
    """
    wiring = Wiring(config, env)
    if not wiring.journal.exists():
        raise nothing_yet(wiring)
    records = wiring.journal.records(deployment)
    if deployment and not records:
        raise NotFound(
            f"there is no deployment {deployment}",
            where=wiring.env.deploy_table,
            next_command=f"verdigris history {env}",
        )
    return History(records, acts(wiring.journal.rows) if deployment is None else [])


def unlock(config: Config, env: str, lease_id: str) -> Lease:
    """Frees somebody else's lease; its holder's next write is refused. `lease_id` is the number that `status` shows."""
    wiring = Wiring(config, env)
    lease = wiring.journal.lease()
    if lease is None or lease.holder is None:
        raise UsageError(f"nobody holds the lease of {env}", next_command=f"verdigris status {env}")
    if str(lease.token) != lease_id:
        raise UsageError(
            f"the lease is number {lease.token} by now, held by {lease.holder.who} since {lease.holder.since}",
            state="nothing was changed",
            next_command=f"verdigris unlock {env} {lease.token}",
        )
    try:
        # Its holder may live: it writes nothing after its lease's end, and what it sent until then may land later.
        wiring.journal.break_lease(lease, time.time() + lease.length_s + wiring.env.late_write_s)
    except Conflict as error:
        raise UsageError("the lease changed just now", next_command=f"verdigris status {env}") from error
    return lease


def _counted(wiring: Wiring, snapshot: Snapshot | None) -> tuple[int | None, int | None]:
    """How far the phase under way is, by its checkpoints."""
    if snapshot is None or snapshot.phase not in (Phase.BACKFILL, Phase.REINDEX):
        return None, None
    saved = wiring.journal.checkpoints(snapshot.deployment, f"{snapshot.phase}|")
    table = wiring.env.deploy_table
    done = sum(progress_from(table, unit, value).read for unit, value in saved.items())
    return done, snapshot.plan.items_estimate
