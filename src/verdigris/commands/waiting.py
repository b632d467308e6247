"""wait: for CI that can wait until a phase of a deployment is done."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from verdigris.commands.looking import Status, watch, why
from verdigris.config.model import Config
from verdigris.core.model import Phase
from verdigris.core.passing import Verdict, verdict


@dataclass(frozen=True)
class Waited:
    """What came of waiting for a phase. `verdict` is AHEAD if the time was over first; `reason` says why, in words."""

    goal: Phase
    verdict: Verdict
    status: Status
    reason: str


def wait(
    config: Config,
    env: str,
    goal: Phase,
    *,
    deployment: int | None = None,
    timeout_s: float | None = None,
    every_s: float = 5.0,
    waiting: Callable[[str], None] = lambda reason: None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> Waited:
    """Looks at a deployment's journal until `goal` is done, or is not coming. Read-only; needs no lease.

    `deployment`: its number, also of one that has not begun; else the last one at each look. `waiting` is told why at
    each look.
    """
    until_s = None if timeout_s is None else clock() + timeout_s
    for status in watch(config, env, deployment):
        found, reason = verdict(status.snapshot, goal), why(status)
        if deployment and status.snapshot is None:
            reason = f"deployment {deployment} has not begun"
        if found is not Verdict.AHEAD:
            return Waited(goal, found, status, reason)
        left_s = every_s if until_s is None else until_s - clock()
        if left_s <= 0:
            return Waited(goal, found, status, reason)
        waiting(f"{goal} is not done: {reason}")
        sleep(min(every_s, left_s))
    raise AssertionError("watching does not end")
