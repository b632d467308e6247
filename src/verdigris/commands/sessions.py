"""A runner's session: the lease, the deployment under way, and the bench to work on it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from verdigris import workbench
from verdigris.core.damage import damaged
from verdigris.core.gates import digest_of, expired, refusal
from verdigris.core.machine import TRANSITIONS, Event, IllegalEvent, State
from verdigris.core.planning import Plan
from verdigris.core.records import Record, Said, Started
from verdigris.core.snapshot import Snapshot
from verdigris.core.standing import disagreements
from verdigris.errors import NotFound, StoreError, UsageError, VerdigrisError
from verdigris.journal.following import Follower
from verdigris.journal.holder import me
from verdigris.journal.journal import Journal
from verdigris.journal.lease import LeaseKeeper
from verdigris.phases.base import Bench
from verdigris.phases.log import Log
from verdigris.stores.dynamodb_table import Guard
from verdigris.wiring import Hooks, Wiring

#: What to do about a flag that was edited.
PUT_BACK = "put it back (pk = sk = its name, the value under current)"


@dataclass(frozen=True)
class Session:
    """One environment, with its lease held."""

    wiring: Wiring
    lease: LeaseKeeper
    hooks: Hooks

    def current(self) -> Log | None:
        """The last deployment, ended or not; None before the first. Raises StoreError if somebody edited the table."""
        journal = self.wiring.journal
        number = journal.deployments()
        if not number:
            return None
        history = journal.records(number)
        if history[-1].token > journal.token:
            why = f"its token is {journal.token}, and the journal's last record has {history[-1].token}"
            raise damaged(
                journal.rows.name, "verdigris|lease", why, "remove that row if no runner works here, then run it again"
            )
        log = self._log(history)
        _refuse_edited_flags(self.wiring, log.snapshot)
        return log

    def begin(self, plan: Plan) -> Log:
        """A new deployment with this plan."""
        journal = self.wiring.journal
        record = journal.append(journal.deployments() + 1, 1, Started(plan))
        self.hooks.record(record)
        return self._log([record])

    def _log(self, history: list[Record]) -> Log:
        """Each record is told of when the flags that others read say so too."""
        follower = Follower(self.wiring.journal)

        def heard(record: Record) -> None:
            follower.follow(log.snapshot)
            self.hooks.record(record)

        log: Log = Log(self.wiring.journal, history, heard)
        return log

    def bench(self, log: Log, *, may_enable_stream: bool = False) -> Bench:
        Follower(self.wiring.journal).follow(log.snapshot)  # an earlier runner may have died before it did
        self.hooks.resumed(log.snapshot)
        return workbench.bench(self.wiring, log, self.lease, self.hooks, may_enable_stream=may_enable_stream)


@contextmanager
def session(wiring: Wiring, doing: str, hooks: Hooks, *, create: bool = False) -> Iterator[Session]:
    """Holds the environment's lease. Raises LeaseHeld; UsageError if nothing was ever deployed (unless `create`)."""
    wiring.waiting = hooks.waiting
    try:
        if not wiring.journal.exists():
            if not create:
                raise nothing_yet(wiring)
            wiring.journal.create()
        with wiring.lease(doing, hooks) as lease:
            wiring.guard = Guard(lease.hold)
            yield Session(wiring, lease, hooks)
    except VerdigrisError as error:
        error.next_command = error.next_command.replace(" ENV", f" {wiring.name}")
        raise


def say(log: Log, event: Event, comment: str) -> None:
    """Appends what a person said. Raises UsageError if it has no place now."""
    who = me("", "").who
    try:
        log.append(Said(event, who, comment, log.snapshot.plan.digest))
    except IllegalEvent:
        raise out_of_place(log.snapshot, event) from None


def answer_gate(log: Log, event: Event, gate: str | None, comment: str) -> None:
    """Appends the answer to a gate: who, why, and what it is about. Raises UsageError if it does not count."""
    snapshot, env = log.snapshot, log.snapshot.plan.env
    if snapshot.state is State.BAKED and event is not Event.FINALIZE:
        raise UsageError(
            "the gate before finalize is answered with the environment's name, since that cannot be undone",
            state="nothing was changed",
            next_command=f"verdigris finalize {env} --confirm {env}",
        )
    if event not in TRANSITIONS[snapshot.state]:
        raise out_of_place(snapshot, event)
    now_s = time.time()
    if wrong := refusal(snapshot, gate, now_s):
        late = expired(snapshot.gate, now_s)
        raise UsageError(
            wrong,
            state="nothing was changed",
            next_command=f"verdigris deploy {env}" if late else f"verdigris status {env}",
        )
    opened = snapshot.gate.id if snapshot.gate else ""
    log.append(Said(event, me("", "").who, comment, digest_of(snapshot), opened))


def _refuse_edited_flags(wiring: Wiring, snapshot: Snapshot) -> None:
    if not snapshot.ended and (found := disagreements(snapshot, wiring.journal.flags())):
        raise StoreError(
            f"the deploy table was changed by hand: {'; '.join(found)}",
            where=wiring.env.deploy_table,
            state="nothing was changed",
            next_command=f"{PUT_BACK}, then: verdigris status {wiring.name}",
        )


def out_of_place(snapshot: Snapshot, event: Event) -> UsageError:
    return UsageError(
        f"{event} has no place now: deployment {snapshot.deployment} is {snapshot.state}",
        state="nothing was changed",
        next_command=f"verdigris status {snapshot.plan.env}",
    )


def nothing_yet(wiring: Wiring) -> UsageError:
    return UsageError(
        f"nothing was ever deployed to {wiring.name}",
        where=wiring.env.deploy_table,
        next_command=f"verdigris deploy {wiring.name}",
    )


def latest(journal: Journal, deployment: int | None = None) -> Snapshot | None:
    """The snapshot of a deployment, by default the last, without a lease; None before it has begun."""
    try:
        number = deployment or journal.deployments()
        records = journal.records(number) if number else []
        return journal.folded(records) if records else None
    except NotFound:
        return None
