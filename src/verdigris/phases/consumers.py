"""The consumers of the destination's stream: off until the data is whole, on again when the deployment needs them.

A change of a consumer takes minutes, and Disabling is not Disabled. So each is asked for and then looked at until it
is so; and what is there is looked up anew each time, since others make, remove and change consumers, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from verdigris.core.consuming import CLOCKS_S, left_to_read_s, may_run
from verdigris.core.declared import Builder, ConsumerKind, Declared
from verdigris.core.horizon import marks
from verdigris.core.model import Phase
from verdigris.core.records import Intent, Outcome
from verdigris.errors import NotFound, PhaseFailed
from verdigris.phases.base import Bench, Progress
from verdigris.stores.outside import DISABLED, ENABLED, StreamConsumer

#: How long a change of state may take (seconds); Lambda says that it takes minutes (Developer Guide, "Using Lambda with
#: DynamoDB").
_LIMIT_S = 900.0
#: Looks are this far apart, and with time farther, at most so far (seconds).
_SOON_S, _LOOK_S = 0.2, 5.0


@dataclass(frozen=True)
class _Change:
    """One consumer on its way to `wanted`: Enabled, or Disabled and quiet."""

    consumer: StreamConsumer
    wanted: str
    step: str


def look(bench: Bench) -> list[tuple[StreamConsumer, Declared]]:
    """Every consumer of the destination's stream, and what it is declared to be. Read-only.

    Raises PhaseFailed if one is not declared, or begins where it would miss what its index needs.
    """
    known, unknown = _sorted(bench)
    if unknown:
        function = unknown[0].function.partition(":")[0]
        raise PhaseFailed(
            f"no [[consumer]] says what {_named(unknown)} does with the changes of {bench.plan.destination_table}",
            where=bench.plan.destination_table,
            next_command=f'declare it in verdigris.toml ([[consumer]] function = "{function}"), then: '
            f"verdigris deploy {bench.plan.env}",
        )
    if late := [one for one, told in known if told.kind is ConsumerKind.INDEX and one.start == "LATEST"]:
        raise PhaseFailed(
            f"{_named(late)} begins at LATEST, and would miss changes of {bench.plan.destination_table}",
            where=bench.plan.destination_table,
            next_command=f"make it anew with TRIM_HORIZON, then: verdigris deploy {bench.plan.env}",
        )
    return known


def attend(bench: Bench) -> None:
    """Returns when each consumer runs, or is off and quiet, as is right where the deployment stands.

    Raises PhaseFailed as `look` does, and if one that must run is not there, or does not change in time.
    """
    if not _concerned(bench):
        return
    while changes := _changes(bench, look(bench)):
        _make(bench, changes)
    running = [told for told in bench.consumers if _may_run(bench, told)]
    if missing := [told.function for told in running if told not in [found for _, found in look(bench)]]:
        raise PhaseFailed(
            f"nothing calls {', '.join(missing)} with the changes of {bench.plan.destination_table}: the event source "
            "mapping was deleted, or never made",
            where=bench.plan.destination_table,
            next_command=f"make it, or take its [[consumer]] out, then: verdigris deploy {bench.plan.env}",
        )


def ask(bench: Bench) -> None:
    """Asks for what `attend` will wait for, and returns at once, since something else is to be watched meanwhile."""
    if not _concerned(bench):
        return
    for change in _changes(bench, look(bench)):
        bench.log.append(Intent(bench.snapshot.phase or Phase.PROVISION, change.step))
        _ask(bench, change, change.consumer)


def stop(bench: Bench) -> None:
    """Before an abort removes what they write to: those that are declared are off and quiet. Others are left alone."""
    if not _concerned(bench) or not bench.consumers:
        return
    while changes := _changes(bench, _sorted(bench)[0]):
        _make(bench, changes)


def demand_time(bench: Bench) -> None:
    """Before a consumer that builds an index begins to read: the first put of the backfill is still in the stream."""
    if not _concerned(bench) or not _builds(bench):
        return
    readers = [one for one, told in look(bench) if told.kind is ConsumerKind.INDEX]
    fresh = [one for one in readers if not any(ENABLED in step for step in _steps(bench, one))]
    if fresh and left_to_read_s(float(marks(bench.snapshot)[0]["at_s"]), bench.now()) <= 0:
        raise PhaseFailed(
            f"{_named(fresh)} has read nothing yet, and the stream of {bench.plan.destination_table} drops what the "
            "backfill wrote first: it keeps a record for 24 hours",
            where=bench.plan.destination_table,
            next_command=f"verdigris abort {bench.plan.env}, then deploy with a larger budget, or with "
            f'by = "{Builder.VERDIGRIS}"',
        )


def _concerned(bench: Bench) -> bool:
    return bench.stores.consumers is not None and bench.plan.moves_data


def _builds(bench: Bench) -> bool:
    return any(plan.by is Builder.APPLICATION for plan in bench.indexes())


def _may_run(bench: Bench, told: Declared) -> bool:
    return may_run(told.kind, bench.snapshot, builds=_builds(bench))


def _found(bench: Bench) -> Sequence[StreamConsumer]:
    facts = bench.stores.admin.describe(bench.plan.destination_table)
    port = bench.stores.consumers
    return port.of(facts.stream) if port and facts and facts.stream else ()


def _sorted(bench: Bench) -> tuple[list[tuple[StreamConsumer, Declared]], list[StreamConsumer]]:
    """Those that are declared, and those that are not."""
    known, unknown = list[tuple[StreamConsumer, Declared]](), list[StreamConsumer]()
    for one in _found(bench):
        told = next((told for told in bench.consumers if told.names(one.function)), None)
        if told is None:
            unknown.append(one)
        else:
            known.append((one, told))
    return known, unknown


def _changes(bench: Bench, known: Iterable[tuple[StreamConsumer, Declared]]) -> list[_Change]:
    changes = []
    for one, told in known:
        wanted = ENABLED if _may_run(bench, told) else DISABLED
        if one.state != wanted or (wanted == DISABLED and not _quiet(bench, one)):
            changes.append(_Change(one, wanted, _step(bench, one, wanted)))
    return changes


def _quiet(bench: Bench, one: StreamConsumer) -> bool:
    """Whether it is known of a disabled consumer that no call that it made before runs any more."""
    if past := _steps(bench, one):
        last = past[-1]
        return DISABLED in last and bench.snapshot.evidence(last) is not None
    return _never_written(bench)


def _never_written(bench: Bench) -> bool:
    """Whether nobody has written to the destination since this deployment made it: then there was nothing to read."""
    made = (bench.snapshot.evidence("create-table") or {}).get("made", False)
    return bool(made) and not marks(bench.snapshot)


def _steps(bench: Bench, one: StreamConsumer) -> list[str]:
    """What the journal says of it, in order."""
    return [step for step in bench.snapshot.steps if step.startswith(_prefix(one))]


def _prefix(one: StreamConsumer) -> str:
    return f"consumer {one.function} {one.id}: "


def _step(bench: Bench, one: StreamConsumer, wanted: str) -> str:
    """The step that is under way, or the next one."""
    past = _steps(bench, one)
    if past and wanted in past[-1] and bench.snapshot.evidence(past[-1]) is None:
        return past[-1]
    return f"{_prefix(one)}{wanted} {len(past) + 1}"


def _make(bench: Bench, changes: Sequence[_Change]) -> None:
    """Intents, the changes side by side, outcomes. Raises PhaseFailed at the limit."""
    phase = bench.snapshot.phase or Phase.PROVISION
    for change in changes:
        bench.log.append(Intent(phase, change.step))
    began_s = bench.now()
    left = {change.consumer.id: change for change in changes}
    off_s: dict[str, float] = {}
    while left:
        there = {one.id: one for one in _found(bench)}
        for id_, change in list(left.items()):
            one = there.get(id_)
            if one is None or (one.state == change.wanted and not _calls(bench, change, one, off_s)):
                del left[id_]
                waited = round(bench.now() - began_s)
                bench.log.append(Outcome(phase, change.step, {"waited_s": waited, "gone": one is None}))
            elif one.state != change.wanted:
                _ask(bench, change, one)
                if bench.now() - began_s >= _LIMIT_S:
                    raise _too_long(bench, change, one)
        if left:
            bench.breathe()
            bench.sleep(min(_LOOK_S, _SOON_S + (bench.now() - began_s) / 10))


def _ask(bench: Bench, change: _Change, one: StreamConsumer) -> None:
    """Asks where it rests; while it is on its way somewhere it takes no orders."""
    port = bench.stores.consumers
    if port and one.state in (ENABLED, DISABLED):
        bench.hold()
        with suppress(NotFound):  # gone since the look
            port.turn(one.id, on=change.wanted == ENABLED)
    _tell(bench, f"the consumer {one.function} is {one.state}, to be {change.wanted}")


def _calls(bench: Bench, change: _Change, one: StreamConsumer, off_s: dict[str, float]) -> bool:
    """Whether a call may still run that began before the consumer was off: for as long as its function may run."""
    port = bench.stores.consumers
    if port is None or change.wanted == ENABLED or _never_written(bench):
        return False
    seen_s = off_s.setdefault(one.id, bench.now())
    until_s = min(seen_s, one.since_s + CLOCKS_S) + port.longest_s(one)
    if bench.now() >= until_s:
        return False
    _tell(bench, f"a call of {one.function} may run until {datetime.fromtimestamp(until_s, UTC):%H:%M:%S} UTC")
    return True


def _tell(bench: Bench, reason: str) -> None:
    bench.pace.held_up(reason)
    bench.report(Progress(bench.snapshot.phase or Phase.PROVISION, reason=reason))


def _too_long(bench: Bench, change: _Change, one: StreamConsumer) -> PhaseFailed:
    return PhaseFailed(
        f"{_named([one])} is {one.state} after {_LIMIT_S / 60:.0f} minutes, and not {change.wanted}",
        where=bench.plan.destination_table,
        next_command=f"verdigris deploy {bench.plan.env}",
    )


def _named(consumers: Sequence[StreamConsumer]) -> str:
    return ", ".join(f"{one.function} (event source mapping {one.id})" for one in consumers)
