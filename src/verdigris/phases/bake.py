"""bake: watches the new color for a while; the way back is open."""

from __future__ import annotations

from datetime import datetime

from verdigris.core.model import Phase
from verdigris.core.records import Evidence
from verdigris.errors import PhaseFailed
from verdigris.phases.base import Bench, Progress

phase = Phase.BAKE

_LOOK_S = 2.0


def ready(bench: Bench) -> None:
    pass


def run(bench: Bench) -> Evidence:
    began_s = datetime.fromisoformat(bench.snapshot.phases[phase].began_at).timestamp()
    looks = 0
    while True:
        _look(bench)
        looks += 1
        left_s = began_s + bench.settings.bake_s - bench.now()
        if left_s <= 0:
            return {"looks": looks, "baked_s": bench.settings.bake_s}
        bench.report(
            Progress(
                phase,
                round(bench.settings.bake_s - left_s),
                round(bench.settings.bake_s),
                unit="seconds",
                reason=f"watching {bench.plan.after} for {bench.settings.bake_s / 60:g} minutes",
            )
        )
        bench.breathe()
        bench.sleep(min(_LOOK_S, left_s))


def check(bench: Bench) -> None:
    pass


def undo(bench: Bench) -> None:
    pass


def _look(bench: Bench) -> None:
    """The pointer still says the new color, and its application runs. Raises PhaseFailed."""
    plan, stores = bench.plan, bench.stores
    fault = ""
    if stores.pointer and (live := stores.pointer.read().live) is not plan.after:
        fault = f"traffic goes to {live}, not to {plan.after}"
    elif stores.application and stores.application.address(bench.place(plan.after)) is None:
        fault = f"the application of {plan.after} does not run any more"
    if fault:
        raise PhaseFailed(
            fault,
            state=f"{plan.after} is live by the deploy table",
            next_command=f"verdigris rollback {plan.env} --lossy"
            if plan.moves_data
            else f"verdigris rollback {plan.env}",
        )
