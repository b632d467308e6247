"""Asking the user's hooks: each a step of the journal, asked again until it has an answer or the time is over."""

from __future__ import annotations

from functools import partial

from verdigris.core.hooking import Asked, Point, Status
from verdigris.core.machine import State
from verdigris.core.model import Phase
from verdigris.core.records import Evidence
from verdigris.errors import Interrupted, PhaseFailed, VerdigrisError
from verdigris.phases.base import Bench, Hooked, Progress
from verdigris.phases.provision import START

_BEFORE = {
    Phase.PROVISION: Point.BEFORE_PROVISION,
    Phase.SWITCH: Point.BEFORE_SWITCH,
    Phase.FINALIZE: Point.BEFORE_FINALIZE,
}
_AFTER = {
    Phase.PROVISION: Point.AFTER_PROVISION,
    Phase.SWITCH: Point.AFTER_SWITCH,
    Phase.FINALIZE: Point.AFTER_FINALIZE,
}
_ON, _OFF = Point.MAINTENANCE_ON, Point.MAINTENANCE_OFF


def before(bench: Bench, phase: Phase) -> None:
    """Hooks before a phase. The way back is not kept waiting by any."""
    if phase is Phase.SWITCH and bench.snapshot.state not in (State.SWITCH, State.ADVANCING):
        return
    if point := _BEFORE.get(phase):
        # Each way to the new color is a question of its own.
        _once(bench, phase, point, f" {bench.snapshot.flips + 1}" if phase is Phase.SWITCH else "")


def after(bench: Bench, phase: Phase) -> None:
    """Hooks after a phase, before its evidence is journalled."""
    if point := _AFTER.get(phase):
        _once(bench, phase, point, f" {bench.snapshot.flips}" if phase is Phase.SWITCH else "")


def exercise(bench: Bench, address: str) -> Evidence:
    """The smoke tests. Not steps: they are asked again whenever the phase is run, with other evidence perhaps."""
    hooks = _at(bench, Point.EXERCISE)
    for hooked in hooks:
        _ask(bench, Phase.EXERCISE, hooked, hooked.hook.name, address=address)
    return {"ran": bool(hooks)}


def failed(bench: Bench, phase: Phase, error: VerdigrisError) -> None:
    """Hooks at a failure. One that fails itself is told with the error, and hides nothing."""
    if isinstance(error, Interrupted):
        return
    for hooked in _at(bench, Point.ON_FAILURE):
        step = f"{Point.ON_FAILURE} {bench.snapshot.seq}: {hooked.hook.name}"
        try:
            bench.log.step(phase, step, partial(_ask, bench, phase, hooked, step, error=(error.code, error.what)))
        except VerdigrisError as another:
            error.state += f"; the hook {hooked.hook.name} failed too: {another.what}"


def maintenance_on(bench: Bench) -> None:
    """Before the fence: the page that keeps people out, say."""
    number = _standing(bench)
    _once(bench, Phase.SWITCH, _ON, f" {max(_announced(bench), default=0) + 1 if number is None else number}")


def maintenance_off(bench: Bench) -> None:
    """After the release, also that of a switch that was given up, or that died. Nothing if it is off."""
    number = _standing(bench)
    if number is not None:
        _once(bench, Phase.SWITCH, _OFF, f" {number}")


def _standing(bench: Bench) -> int | None:
    """The number of the maintenance that may be on: it was announced, and its end is not known to have taken place."""
    number = max(_announced(bench), default=None)
    ends = [_step(_OFF, f" {number}", hooked) for hooked in _at(bench, _OFF)]
    return None if all(bench.snapshot.evidence(step) is not None for step in ends) else number


def _announced(bench: Bench) -> set[int]:
    prefix = f"{_ON} "
    return {
        int(step.removeprefix(prefix).partition(":")[0]) for step in bench.snapshot.steps if step.startswith(prefix)
    }


def _once(bench: Bench, phase: Phase, point: Point, suffix: str) -> None:
    """Asks the hooks of a point, in the order of the configuration; those whose answer is known are not asked again."""
    for hooked in _at(bench, point):
        step = _step(point, suffix, hooked)
        bench.log.step(phase, step, partial(_ask, bench, phase, hooked, step))


def _at(bench: Bench, point: Point) -> list[Hooked]:
    return [hooked for hooked in bench.hooks if hooked.point is point]


def _step(point: Point, suffix: str, hooked: Hooked) -> str:
    return f"{point}{suffix}: {hooked.hook.name}"


def _ask(
    bench: Bench,
    phase: Phase,
    hooked: Hooked,
    question: str,
    address: str | None = None,
    error: tuple[str, str] = ("", ""),
) -> Evidence:
    """Until it succeeded. Raises PhaseFailed if it failed, or if the time is over."""
    plan, snapshot = bench.plan, bench.snapshot
    if address is None:
        address = str((snapshot.evidence(START) or {}).get("address", ""))
    asked = Asked(
        f"{plan.env}-{snapshot.deployment} {question}",
        hooked.point,
        snapshot.deployment,
        snapshot.live,
        bench.place(plan.after),
        address,
        error,
    )
    until_s = bench.now() + hooked.timeout_s
    asks = 0
    while True:
        asks += 1
        reply = hooked.hook.ask(asked)
        if reply.status is Status.SUCCEEDED:
            return {"asked": asks}
        left_s = until_s - bench.now()
        if reply.status is Status.FAILED or left_s <= 0:
            raise _no(bench, hooked, reply.reason if reply.status is Status.FAILED else _late(hooked, reply.reason))
        bench.report(Progress(phase, reason=f"{hooked.point}: {hooked.hook.name}: {reply.reason or 'in progress'}"))
        bench.breathe()
        bench.sleep(min(hooked.every_s, left_s))


def _late(hooked: Hooked, reason: str) -> str:
    return f"still in progress after {hooked.timeout_s:g} s" + (f": {reason}" if reason else "")


def _no(bench: Bench, hooked: Hooked, why: str) -> PhaseFailed:
    return PhaseFailed(
        f"the hook at {hooked.point} failed: {why or 'no reason given'}",
        where=hooked.hook.name,
        next_command=f"verdigris deploy {bench.plan.env}",
    )
