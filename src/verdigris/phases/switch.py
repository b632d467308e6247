"""switch: fence, drain, flip, open; and the same backwards. Within one deadline, or back to where it was.

The order that makes it safe to die anywhere:

1. the fence holds writes at the pointer, and everything under way has ended;
2. the drain's beacons came back through every shard of the stream: each change before them is settled;
3. the seal: from here the pointer never lets held writes go to the old color by itself;
4. the flip: one transaction compares and sets `current-color` together with its record;
5. the pointer follows, and what was held goes to the new color.

Died before 4: a resumed run finds no record of the flip, lifts the fence, and begins again. Died after it: the record
says so, and the run goes on at 5. The fencing token in the flip's transaction keeps a run that was only paused from
flipping later.
"""

from __future__ import annotations

from contextlib import suppress

from verdigris.core.machine import State
from verdigris.core.model import Color, Kind, Phase
from verdigris.core.quarantine import how_many, names
from verdigris.core.records import Evidence, Intent
from verdigris.errors import Conflict, PhaseFailed, VerdigrisError
from verdigris.phases import beacons, consumers, effects, hooks, replicas
from verdigris.phases.base import Bench, Progress
from verdigris.phases.index_proof import prove, settle_the_last
from verdigris.phases.leaving import follow_destination, left_behind
from verdigris.phases.preflight import demand_pointer
from verdigris.phases.provision import ensure_application
from verdigris.phases.tail import Tail, tail
from verdigris.phases.watches import demand_alarms

phase = Phase.SWITCH

_RUN = " run-"
#: The share of the deadline after which a drain is given up, so that the flip still fits in.
_DRAIN_SHARE = 0.7


def ready(bench: Bench) -> None:
    """Before anything is held: the new color runs, the tail has caught up, and beacons come back from every shard."""
    if bench.snapshot.state is State.RETURNING:
        _demand_a_color(bench)
        _demand_target(bench, bench.plan.before)
    if bench.snapshot.state not in (State.SWITCH, State.ADVANCING):
        return
    _lift(bench)  # what follows takes time, and writes wait
    ensure_application(bench)
    demand_pointer(bench)  # after the flip it would be late to learn that one of them cannot be read, or moved
    _demand_target(bench, bench.plan.after)
    demand_alarms(bench.watches, bench.plan.env)
    consumers.attend(bench)
    effects.wait_until_read(bench)
    replicas.demand(bench)
    _demand_aliases(bench)
    if not bench.plan.follows_changes:
        return
    if bench.plan.moves_data:
        follow_destination(bench)
    following = tail(bench)
    _report(bench, "catching up before the fence")
    # What the new color was given since the flip is newer than the old table: nothing may overwrite it.
    following.frozen = bench.plan.moves_data and bench.snapshot.state is State.ADVANCING
    if not following.frozen:
        following.settler.again(bench.quarantine.discarded)  # one may have died between its record and its settle
    following.wait_for_late_writes()
    following.catch_up()
    replicas.catch_up(bench)
    if _doubtful(bench):
        _prove_again(bench)
    _nothing_waits(bench)


def _demand_a_color(bench: Bench) -> None:
    """Before the way back: it can be read where traffic goes, and that is one of our colors. Raises PhaseFailed."""
    plan, pointer = bench.plan, bench.stores.pointer
    with suppress(Conflict):  # half way to the new color several of them lead to different ones
        live = pointer.read().live if pointer else plan.after
        if live not in (plan.before, plan.after):
            raise PhaseFailed(
                f"traffic goes to {live or 'neither color'}, not to {plan.after}",
                where="the live pointer",
                state=f"nothing was held; {bench.snapshot.live} is live by the deploy table",
                next_command=f"verdigris doctor {plan.env}",
            )


def _demand_target(bench: Bench, color: Color | None) -> None:
    """Each pointer has something to send the traffic of `color` to. Raises NotFound."""
    if bench.stores.pointer and color:
        bench.stores.pointer.demand(color)


def _doubtful(bench: Bench) -> bool:
    """Whether an index that was proven may hold a document too many. Going forward again, both colors wrote to the
    table, and each to an index of its own. And what a runner that died had made of items which it read through a view
    is in no image: no settle names its documents."""
    if bench.snapshot.state is State.ADVANCING:
        return not bench.plan.moves_data
    return bench.transform().reads


def _prove_again(bench: Bench) -> None:
    """Raises Unverified."""
    documents = tail(bench).settler.documents
    if bench.index and documents:
        for plan in documents.plans:
            prove(bench, documents, bench.index, plan)


def run(bench: Bench) -> Evidence | None:
    """Moves the deployment one state on; the evidence once the pointer has followed, None after a flip."""
    plan = bench.plan
    match bench.snapshot.state:
        case State.SWITCH | State.ADVANCING:
            _flip(bench, plan.before, plan.after, drain=plan.follows_changes)
        case State.RETURNING:
            _flip(bench, plan.after, plan.before, drain=False)
        case State.OPENING:
            return _open(bench, plan.before, plan.after)
        case State.REOPENING:
            return _open(bench, plan.after, plan.before)
    return None


def check(bench: Bench) -> None:
    pass


def undo(bench: Bench) -> None:
    """Before the flip: lifts a fence that a dead run left."""
    _lift(bench)


def _flip(bench: Bench, before: Color | None, after: Color | None, *, drain: bool) -> None:
    if after is None:
        raise PhaseFailed("there is no other color to switch to", next_command=f"verdigris status {bench.plan.env}")
    # The way back to an index needs no fence: both colors write one table.
    holds = before is not None and (drain or bench.plan.moves_data)
    fence = bench.stores.fence if holds else None
    token = _token(bench)
    _lift(bench)
    try:
        if holds:
            hooks.maintenance_on(bench)
        began_s = bench.now()
        if fence:
            _report(bench, "holding writes")
            bench.log.append(Intent(phase, f"fence-{bench.snapshot.flips + 1}"))
            fence.fence(token, bench.settings.deadline_s)
        if drain:
            _drain(bench, tail(bench), began_s + bench.settings.deadline_s * _DRAIN_SHARE)
        if fence:
            fence.seal(token)
        bench.hold()
    except VerdigrisError as error:
        if fence:
            fence.release(token)
        hooks.maintenance_off(bench)
        if isinstance(error, PhaseFailed | Conflict):
            raise _back(bench, error) from error
        raise
    try:
        bench.log.flip(before, after)
    except Conflict as error:  # certain: nothing was flipped. Of any other error only the deploy table knows
        if fence:
            fence.release(token)
        hooks.maintenance_off(bench)
        raise _back(bench, error) from error
    bench.held_since_s = began_s if fence else None


def _nothing_waits(bench: Bench) -> None:
    """Somebody must have decided about everything that could not be carried along. Raises PhaseFailed."""
    if waiting := bench.quarantine.waiting:
        raise PhaseFailed(
            f"{how_many(waiting)}: {names(waiting)}",
            where=bench.plan.deploy_table,
            state=f"nothing was held; {bench.snapshot.live} serves on, and all else is in place",
            next_command=f"verdigris quarantine list {bench.plan.env}",
        )


def _drain(bench: Bench, following: Tail, until_s: float) -> None:
    """The proof that every change up to the fence is settled, for good."""
    following.catch_up(until_s=until_s)
    replicas.wait_for_the_last(bench, until_s)
    if bench.late.any():
        raise PhaseFailed("a write to the new table was not answered, and it may still land after the switch")
    _nothing_waits(bench)


def _open(bench: Bench, before: Color | None, after: Color | None) -> Evidence:
    """The pointer and the aliases follow the flip, and are read back."""
    if after is None:
        raise PhaseFailed("there is no color to open", next_command=f"verdigris status {bench.plan.env}")
    evidence: Evidence = {"live": after.value}
    pointer = bench.stores.pointer
    if pointer:
        standing = _standing(bench)
        bench.hold()  # the pointer knows no leases: who was replaced must not move it any more
        pointer.set(before, after, standing or _token(bench), back=after is bench.plan.before)
        live = pointer.read().live
        if live is not after:
            raise PhaseFailed(f"the pointer was set to {after}, and says {live}", next_command="run the command again")
    if discarded := bench.quarantine.discarded:
        evidence["discarded"] = [
            {"key": "/".join(entry.key), "error": entry.error, "who": gone.who, "comment": gone.comment}
            for entry in discarded
            if (gone := entry.discarded)
        ]
    if bench.held_since_s is not None:
        evidence["held_ms"] = round((bench.now() - bench.held_since_s) * 1000)
        bench.held_since_s = None
    forward = after is bench.plan.after
    _point_aliases(bench, forward=forward)
    if forward and bench.plan.kind is Kind.INDEX and bench.stores.fence is None:
        evidence["settled_after"] = _settle_the_last(bench)
    if bench.plan.follows_changes:
        beacons.remove(bench)
    if bench.plan.moves_data and forward:
        _enable_ttl(bench)
    hooks.maintenance_off(bench)
    if bench.plan.moves_data and after is bench.plan.before:
        evidence["left_behind"] = left_behind(bench).said(bench.plan)
    return evidence


def _demand_aliases(bench: Bench) -> None:
    """What is to be pointed elsewhere after the flip can be. Raises Invalid if somebody made an index of that name."""
    if index := bench.index:
        for planned in bench.plan.indexes:
            index.alias(planned.alias)


def _settle_the_last(bench: Bench) -> int:
    _report(bench, "indexing what changed while the traffic moved")
    documents = tail(bench).settler.documents
    return settle_the_last(bench, documents, bench.index) if bench.index and documents else 0


def _enable_ttl(bench: Bench) -> None:
    """Last of all: items that expire in the new table are from now on deleted there as they were in the old one."""
    if attribute := bench.shape().ttl_attribute:
        bench.stores.admin.enable_ttl(bench.plan.destination_table, attribute)


def _point_aliases(bench: Bench, *, forward: bool) -> None:
    index = bench.stores.search(bench.plan.destination if forward else bench.plan.source)
    if index is None:
        return
    for planned in bench.plan.indexes:
        if physical := planned.destination if forward else planned.source:
            index.point_alias(planned.alias, index.alias(planned.alias), physical)


def _back(bench: Bench, error: VerdigrisError) -> PhaseFailed:
    return PhaseFailed(
        f"the switch was given up: {error.what}",
        where=error.where,
        state=f"writes are released again; {bench.snapshot.live} serves on, and nothing was switched",
        next_command=error.next_command or f"verdigris deploy {bench.plan.env}",
    )


def _report(bench: Bench, reason: str) -> None:
    bench.report(Progress(phase, unit="changes", reason=reason))


def _lift(bench: Bench) -> None:
    """Lifts the fence of a run that died; its flip can no longer take place."""
    token = _standing(bench)
    if bench.stores.fence and token:
        bench.stores.fence.release(token)
    hooks.maintenance_off(bench)


def _standing(bench: Bench) -> str | None:
    """The token of the fence that stands, if this runner or one before it in this deployment set it.

    A later one's is none of ours: a run that was paused and replaced must not lift the fence of its successor.
    """
    fence = bench.stores.fence.read().fence if bench.stores.fence else None
    deployment, _, run = (fence or "").partition(_RUN)
    if deployment != _deployment(bench) or not run.isdigit() or int(run) > bench.journal.token:
        return None
    return fence


def _token(bench: Bench) -> str:
    """Names this runner: the deployment, and the fencing token of its lease."""
    return f"{_deployment(bench)}{_RUN}{bench.journal.token}"


def _deployment(bench: Bench) -> str:
    return f"deployment-{bench.deployment}"
