"""The new table's copies in other regions: made while it is empty, looked at, and compared with it.

How far a replica lags is not asked of CloudWatch, whose figure is minutes old: what counts is measured, namely how long
it takes until the replica holds what the table holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from math import inf

from verdigris.core import regions
from verdigris.core.batching import runs
from verdigris.core.fingerprint import fingerprint, same
from verdigris.core.model import Key, Phase, RawItem, Segment
from verdigris.core.raw_key import key_reader
from verdigris.core.records import Evidence
from verdigris.errors import PhaseFailed, Unverified
from verdigris.phases import replica_mark
from verdigris.phases.base import Bench, Progress
from verdigris.phases.comparing import Entry, Side, durable, summed, suspects
from verdigris.phases.scanning import pages
from verdigris.phases.tail import tail
from verdigris.phases.waiting import answered
from verdigris.stores.base import Replicas, Table

#: How long differences are waited for that do not change any more. AWS replicates within a second or so; what is not
#: there after minutes is held up (DDG V2globaltables_HowItWorks).
_LIMIT_S = 300.0
_LOOK_S = 0.5
_CHUNK = 500
_NAMED = 20
_PROOF = f"{replica_mark.PREFIX}proof|"


def steps(bench: Bench) -> list[str]:
    """The names of the steps that make them."""
    return [f"{regions.REPLICA_STEP}{region}" for region in bench.plan.replicas]


def make(bench: Bench) -> None:
    """One after the other: AWS takes one at a time. Each a step."""
    for region in bench.plan.replicas:
        bench.log.step(Phase.PROVISION, f"{regions.REPLICA_STEP}{region}", partial(_make, bench, region))


def _make(bench: Bench, region: str) -> Evidence:
    name, replicas = bench.plan.destination_table, _port(bench)
    if any(one.region == region for one in replicas.states(name)):
        there = not bench.log.announced_before(f"{regions.REPLICA_STEP}{region}")
    elif not bench.stores.admin.is_empty(name):
        raise PhaseFailed(
            f"{name} holds items already: a replica in {region} would take hours, and cannot be cancelled",
            where=name,
            next_command=f"verdigris abort {bench.plan.env}",
        )
    else:
        there = False
    began_s = bench.now()
    with answered(bench):
        replicas.add(name, region)
    return {"region": region, "made": not there, "took_s": round(bench.now() - began_s, 1)}


def wrong(bench: Bench, table: str = "") -> str:
    """What is the matter with a replica of `table` (by default the new one); "" if each is there and active."""
    if not bench.plan.replicas:
        return ""
    name = table or bench.plan.destination_table
    return regions.not_whole(name, bench.plan.replicas, _states(bench, name))


def make_again(bench: Bench, table: str) -> str:
    """What to type where a replica of `table` is gone."""
    return regions.make_again(table, bench.plan.replicas, _states(bench, table))


def demand(bench: Bench) -> None:
    """Raises PhaseFailed if something is the matter with one."""
    if fault := wrong(bench):
        raise PhaseFailed(fault, where=bench.plan.destination_table, next_command=f"verdigris abort {bench.plan.env}")


def table(bench: Bench, name: str, region: str) -> Table:
    """The data path of a replica."""
    return _port(bench).table(name, region)


def prove(bench: Bench) -> Evidence:
    """The replicas hold what the table holds, item by item. Raises Unverified."""
    if not bench.plan.replicas:
        return {}
    _written(bench).clear()
    bench.journal.forget(bench.deployment, bench.journal.checkpoints(bench.deployment, _PROOF))  # of a dead runner
    with replica_mark.renewed(bench):
        return {"replicas": {region: _prove(bench, region) for region in bench.plan.replicas}}


def catch_up(bench: Bench) -> None:
    """Before a switch: returns when each replica holds what the table holds. Raises Unverified.

    What was written since the proof is looked at; where that is not all known everything is compared once more. A
    replica that was equal, and that changes have not come to since, is still ACTIVE.
    """
    if not bench.plan.replicas:
        return
    if not replica_mark.stands(bench):
        prove(bench)
        return
    _wait_for(bench)


def wait_for_the_last(bench: Bench, until_s: float) -> None:
    """Under the fence: what was written since `catch_up` has arrived. Raises Unverified, at the latest at `until_s`."""
    if bench.plan.replicas:
        _wait_for(bench, until_s)


def _written(bench: Bench) -> set[Key]:
    """What this runner has written at home and was not seen in the other regions yet."""
    written = tail(bench).settler.written
    assert written is not None, "the tail notes it where the plan has replicas"
    return written


def _wait_for(bench: Bench, until_s: float = inf) -> None:
    written = _written(bench)
    home, wanted = bench.destination, sorted(written)
    written.clear()  # what the tail settles meanwhile is for the next time
    for region in bench.plan.replicas:
        there = table(bench, bench.plan.destination_table, region)
        _wait_until_equal(bench, region, home, there, wanted, until_s)


def _prove(bench: Bench, region: str) -> Evidence:
    following, parts, name = tail(bench), bench.settings.segments, f"{_PROOF}{region}"
    home, there = bench.destination, table(bench, bench.plan.destination_table, region)
    sides = (
        Side(f"{name}|home", parts, partial(_entries, bench, home)),
        Side(f"{name}|there", parts, partial(_entries, bench, there)),
    )

    def between() -> None:
        following.step()
        _report(bench, f"comparing the replica in {region}")

    sums = summed(bench.engine, sides, bench.settings.verify_buckets, durable(bench), between)
    began_s = bench.now()
    opened = [suspect.key for some in suspects(bench.engine, sides, sums, between) for suspect in some]
    in_motion = _wait_until_equal(bench, region, home, there, opened)
    bench.journal.forget(bench.deployment, bench.journal.checkpoints(bench.deployment, f"{name}|"))
    return {
        "items": sums[1].count,
        "suspects": len(opened),
        "in_motion": in_motion,
        "differences": 0,
        "caught_up_s": round(bench.now() - began_s, 1),
    }


def _entries(bench: Bench, table: Table, part: int) -> Iterator[Entry]:
    key_of = key_reader(table.key)
    for page in pages(table, Segment(part, bench.settings.segments)):
        for item in page.items:
            key = key_of(item)
            yield Entry(key, fingerprint(item), key)
        bench.breathe()


def _wait_until_equal(
    bench: Bench, region: str, home: Table, there: Table, keys: Sequence[Key], until_s: float = inf
) -> int:
    """How many keys changed at home between two looks: they are in motion. Raises Unverified for what stays apart."""
    following, in_motion = tail(bench), 0
    last: dict[Key, RawItem | None] = {}
    until_s = min(until_s, bench.now() + _LIMIT_S)
    while True:
        now = dict(_apart(home, there, keys))
        moved = {key for key, item in now.items() if key in last and not same(last[key], item)}
        in_motion += len(moved)
        keys = [key for key in now if key not in moved]
        if not keys:
            return in_motion
        if bench.now() >= until_s:
            raise _unverified(bench, region, keys)
        last = now
        following.step()
        _report(bench, f"waiting for the replica in {region}: {len(keys)} items are not there yet as they are at home")
        bench.breathe()
        bench.sleep(_LOOK_S)


def _apart(home: Table, there: Table, keys: Iterable[Key]) -> Iterator[tuple[Key, RawItem | None]]:
    """The keys that are not the same on both sides, with what is at home."""
    for chunk in runs(list(keys), _CHUNK):
        left, right = home.read(chunk), there.read(chunk)
        for key in chunk:
            if not same(left.get(key), right.get(key)):
                yield key, left.get(key)


def _unverified(bench: Bench, region: str, keys: Sequence[Key]) -> Unverified:
    names = ", ".join("/".join(key) for key in keys[:_NAMED])
    return Unverified(
        f"{len(keys)} items of {bench.plan.destination_table} in {region} are not what they are at home: {names}",
        where=f"{bench.plan.destination_table} in {region}",
        state="the table at home is verified, and the old color serves on, untouched",
        next_command=f"verdigris deploy {bench.plan.env}",
    )


def _states(bench: Bench, name: str) -> dict[str, str]:
    return {one.region: one.status for one in _port(bench).states(name)}


def _port(bench: Bench) -> Replicas:
    replicas = bench.stores.replicas
    assert replicas is not None, "a plan with replicas comes from an environment that has them"
    return replicas


def _report(bench: Bench, reason: str) -> None:
    bench.report(Progress(bench.snapshot.phase or Phase.VERIFY, reason=reason))
