"""Before the switch: consumers with effects have read what the deployment wrote, while their color is not live.

Read later, it would be news to them. What they read is known by how old it was (`core/consuming.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from verdigris.core.consuming import unread
from verdigris.core.declared import Declared
from verdigris.core.horizon import STREAM_KEEPS_S
from verdigris.core.model import Phase
from verdigris.core.records import Intent, Outcome
from verdigris.errors import PhaseFailed
from verdigris.phases import consumers
from verdigris.phases.base import Bench, Progress
from verdigris.phases.tail import tail
from verdigris.stores.outside import StreamConsumer

#: Looks are this far apart, and between them live changes are settled so often (seconds). CloudWatch counts minutes.
_LOOKS_S, _STEPS_S = 30.0, 1.0


def wait_until_read(bench: Bench) -> None:
    """Returns when each of them has read everything that was written before the last verify was done.

    What was seen of a mapping is journalled, and not asked again; one that was made anew begins again. Raises
    PhaseFailed at the limit of its declaration.
    """
    if bench.stores.consumers is None or not bench.plan.moves_data or bench.snapshot.flips or _nothing_written(bench):
        return
    _demand_own(bench)
    began_s = bench.now()
    while left := list(_unread(bench)):
        for one, told, reason in left:
            if bench.now() - began_s >= told.read_within_s:
                raise _too_long(bench, one, told, reason)
        _pause(bench, "; ".join(f"{one.function} {reason}" for one, _, reason in left))


def _unread(bench: Bench) -> Iterator[tuple[StreamConsumer, Declared, str]]:
    """Those of which it is not known, and why."""
    port, phase = bench.stores.consumers, bench.snapshot.phase or Phase.REINDEX
    verified = bench.snapshot.phases[Phase.VERIFY].done_at
    for one, told in consumers.look(bench):
        step = f"effects {one.function} {one.id}: has read what was written before {verified}"
        if port is None or not told.read_within_s or bench.snapshot.evidence(step) is not None:
            continue
        now_s, longest_s = bench.now(), port.longest_s(one)
        readings = port.readings(one, _enabled_s(bench, one), now_s)
        if reason := unread(readings, _seconds(verified), now_s, longest_s):
            yield one, told, reason
        else:
            bench.log.append(Intent(phase, step))
            bench.log.append(Outcome(phase, step, {}))


def _demand_own(bench: Bench) -> None:
    """Nobody can tell what a function read of one stream while it is given another's changes, too."""
    port, source = bench.stores.consumers, bench.stores.admin.describe(bench.plan.source_table)
    elsewhere = {one.function for one in port.of(source.stream)} if port and source and source.stream else set()
    for one, told in consumers.look(bench):
        if told.read_within_s and one.function in elsewhere:
            raise PhaseFailed(
                f"{one.function} reads the stream of {bench.plan.source_table}, too, so it cannot be seen when it has "
                "read what this deployment wrote",
                where=bench.plan.destination_table,
                next_command="give each color a function, or an alias, of its own; or, if it looks at the time of each "
                f"change itself: read_within_minutes = 0 in its [[consumer]], then: verdigris deploy {bench.plan.env}",
            )


def _enabled_s(bench: Bench, one: StreamConsumer) -> float:
    """When it was enabled, or made anew, by the clock of the service, which tells of its readings, too."""
    began_s = _seconds(bench.snapshot.phases[Phase.REINDEX].began_at)
    return max(began_s, one.since_s, bench.now() - STREAM_KEEPS_S)


def _nothing_written(bench: Bench) -> bool:
    """Whether there is nothing that they could have to read."""
    phases = bench.snapshot.phases
    counts = ((Phase.BACKFILL, "written"), (Phase.REPLAY, "settled"), (Phase.VERIFY, "repaired"))
    return not any(phases[phase].evidence.get(name) for phase, name in counts)


def _pause(bench: Bench, reason: str) -> None:
    bench.pace.held_up(reason)
    bench.report(Progress(bench.snapshot.phase or Phase.REINDEX, unit="changes", reason=reason))
    until_s = bench.now() + _LOOKS_S
    while bench.now() < until_s:
        bench.breathe()
        tail(bench).step()
        bench.sleep(_STEPS_S)


def _too_long(bench: Bench, one: StreamConsumer, told: Declared, reason: str) -> PhaseFailed:
    env = bench.plan.env
    return PhaseFailed(
        f"after {told.read_within_s / 60:.0f} minutes {one.function} (event source mapping {one.id}) {reason}; once "
        "its color is live, it would take old items for news",
        where=bench.plan.destination_table,
        next_command=f"see its log, then: verdigris deploy {env}; or, if it looks at the time of each change itself: "
        f"read_within_minutes = 0 in its [[consumer]], then: verdigris deploy {env}",
    )


def _seconds(iso: str) -> float:
    return datetime.fromisoformat(iso).timestamp()
