"""budget, pause, resume: what is said to a deployment while it runs. None needs the lease: a runner reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from verdigris.commands.sessions import latest, nothing_yet
from verdigris.config.model import Config
from verdigris.core.control import Control
from verdigris.core.pacing import Budget, Lane
from verdigris.core.snapshot import Snapshot
from verdigris.errors import UsageError
from verdigris.journal.control import control_of, write_control
from verdigris.journal.holder import is_dead, me
from verdigris.wiring import Wiring, now_iso


@dataclass(frozen=True)
class Steered:
    """What holds now for the deployment under way (none: for the next one). `running`: somebody works on it."""

    env: str
    deployment: int | None
    budget: Budget
    paused_by: str = ""
    paused_at: str = ""
    running: bool = False
    changed: bool = False


def budget(
    config: Config,
    env: str,
    *,
    read: float | None = None,
    write: float | None = None,
    index: float | None = None,
    unlimited: bool = False,
) -> Steered:
    """Changes the budget of the deployment under way (units and documents a second); without arguments it is shown.

    `unlimited` lifts every limit that is not given. Raises UsageError for what is no budget, and where there is none
    under way to change.
    """
    given = {lane.value: value for lane, value in zip(Lane, (read, write, index), strict=True) if value is not None}
    for name, value in given.items():
        if not 0 < value < float("inf"):
            raise UsageError(
                f"the {name} budget must be more than 0, not {value:g}: to stop, pause",
                state="nothing was changed",
                next_command=f"verdigris pause {env}",
            )
    wiring = Wiring(config, env)
    if not given and not unlimited:
        return _shown(wiring)

    def change(control: Control) -> Control:
        before = Budget() if unlimited else control.budget
        return msgspec.structs.replace(control, budget=before.changed(**given))

    return _steer(wiring, change)


def pause(config: Config, env: str) -> Steered:
    """Bulk work stops at the next page, and no phase begins; the tail goes on. Until `resume`. Raises UsageError."""
    who, at = me("", "").who, now_iso()

    def change(control: Control) -> Control:
        return control if control.paused else msgspec.structs.replace(control, paused_by=who, paused_at=at)

    return _steer(Wiring(config, env), change)


def resume(config: Config, env: str) -> Steered:
    """Bulk work goes on. Raises UsageError."""
    return _steer(Wiring(config, env), lambda control: msgspec.structs.replace(control, paused_by="", paused_at=""))


def control_now(wiring: Wiring, snapshot: Snapshot) -> Control:
    """What holds for a deployment: what was last said of it, or else the configuration."""
    number = snapshot.deployment
    return control_of(wiring.journal, number) or Control(number, wiring.env.initial_budget)


def _steer(wiring: Wiring, change: Callable[[Control], Control]) -> Steered:
    snapshot = _under_way(wiring)
    number = snapshot.deployment
    seen: list[Control] = []

    def said(control: Control | None) -> Control:
        mine = control if control and control.deployment == number else Control(number, wiring.env.initial_budget)
        seen.append(mine)
        return change(mine)

    return _steered(wiring, write_control(wiring.journal.rows, said), seen[-1])


def _shown(wiring: Wiring) -> Steered:
    snapshot = latest(wiring.journal)
    if snapshot is None or snapshot.ended:
        return Steered(wiring.name, None, wiring.env.initial_budget)
    control = control_now(wiring, snapshot)
    return _steered(wiring, control, control)


def _steered(wiring: Wiring, control: Control, before: Control) -> Steered:
    lease = wiring.journal.lease()
    return Steered(
        wiring.name,
        control.deployment,
        control.budget,
        control.paused_by,
        control.paused_at,
        running=bool(lease and lease.holder and not is_dead(lease.holder)),
        changed=control != before,
    )


def _under_way(wiring: Wiring) -> Snapshot:
    snapshot = latest(wiring.journal)
    if snapshot is None:
        raise nothing_yet(wiring)
    if snapshot.ended:
        raise UsageError(
            f"no deployment is under way: deployment {snapshot.deployment} is {snapshot.state}, and the next one "
            "begins with [budget] of the configuration",
            where=str(wiring.config.file),
            state="nothing was changed",
            next_command=f"verdigris deploy {wiring.name}",
        )
    return snapshot
