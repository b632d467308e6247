"""bake: watches the new color for a while; the way back is open, and taken when an alarm fires.

A bake that was interrupted begins again: nobody knows what was not looked at.
"""

from __future__ import annotations

from verdigris.core.alarms import OnAlarm
from verdigris.core.machine import Event
from verdigris.core.model import Kind, Phase
from verdigris.core.records import BAKE_SAYS, Evidence, Said
from verdigris.errors import PhaseFailed
from verdigris.phases import consumers, replicas, way_back
from verdigris.phases.base import Bench, Progress
from verdigris.phases.leaving import left_behind
from verdigris.phases.watches import Fired, Watcher

phase = Phase.BAKE

_LOOK_S = 2.0


def ready(bench: Bench) -> None:
    pass


def run(bench: Bench) -> Evidence | None:
    """The evidence at the end; None when it went back."""
    bake_s = bench.settings.bake_s
    until_s = bench.now() + bake_s
    watcher = Watcher(bench.watches, bench.plan.env, bench.now())
    looks = 0
    consumers.ask(bench)  # here, and not before the switch is done: from here on there is a way back
    while True:
        _look(bench)
        left_s = until_s - bench.now()
        if fired := watcher.look(bench.now(), last=left_s <= 0):
            _go_back(bench, fired)
            return None
        looks += 1
        if left_s <= 0 and watcher.settled:
            consumers.attend(bench)
            return {"looks": looks, "baked_s": bake_s, **_watched(bench)}
        reason = f"watching {bench.plan.after} for {bake_s / 60:g} minutes"
        if left_s <= 0:
            reason = "waiting until a health check has decided"
        done_s = round(bake_s - max(0.0, left_s))
        bench.report(Progress(phase, done_s, round(bake_s), unit="seconds", reason=reason))
        bench.breathe()
        bench.sleep(min(_LOOK_S, left_s) if left_s > 0 else _LOOK_S)


def check(bench: Bench) -> None:
    pass


def undo(bench: Bench) -> None:
    pass


def _look(bench: Bench) -> None:
    """The pointer still says the new color, and its application and its replicas run. Raises PhaseFailed."""
    plan, stores = bench.plan, bench.stores
    fault = ""
    if stores.pointer and (live := stores.pointer.read().live) is not plan.after:
        fault = f"traffic goes to {live}, not to {plan.after}"
    elif stores.application and stores.application.address(bench.place(plan.after)) is None:
        fault = f"the application of {plan.after} does not run any more"
    elif wrong := replicas.wrong(bench):
        fault = wrong
    if fault:
        raise _stays(bench, fault)


def _watched(bench: Bench) -> Evidence:
    watches = bench.watches
    watched = {"alarms": len(watches.alarms), "health_checks": len(watches.health)}
    return {name: count for name, count in watched.items() if count}


def _go_back(bench: Bench, fired: Fired) -> None:
    """Says so, and the reverse switch follows. Raises PhaseFailed where a person must decide."""
    plan, on_alarm = bench.plan, bench.settings.on_alarm
    if on_alarm is OnAlarm.STAY:
        raise _stays(bench, fired.what)
    if plan.kind is Kind.BOOTSTRAP:
        raise _stays(bench, f"{fired.what}; there is no old color to go back to")
    if plan.moves_data and on_alarm is OnAlarm.BACK and not (behind := left_behind(bench)).nothing:
        raise _stays(bench, f"{fired.what}; it does not go back by itself: {behind.said(plan)}")
    if wrong := way_back.fault(bench):
        raise _stays(bench, f"{fired.what}; it does not go back by itself: {wrong}", way_back.way_on(bench))
    bench.log.append(Said(Event.ROLLBACK, BAKE_SAYS, fired.what, plan.digest))


def _stays(bench: Bench, fault: str, next_command: str = "") -> PhaseFailed:
    plan = bench.plan
    back = f"verdigris rollback {plan.env} --lossy" if plan.moves_data else f"verdigris rollback {plan.env}"
    return PhaseFailed(fault, state=f"{plan.after} is live by the deploy table", next_command=next_command or back)
