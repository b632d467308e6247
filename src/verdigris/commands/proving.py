"""verify: the proof of the verify phase, on its own."""

from __future__ import annotations

from verdigris.commands.sessions import nothing_yet, session
from verdigris.config.model import Config
from verdigris.core.machine import State
from verdigris.core.model import Phase
from verdigris.core.records import Evidence
from verdigris.errors import UsageError
from verdigris.phases.verify import prove
from verdigris.wiring import Hooks, Wiring

_BEFORE_THE_FLIP = (State.VERIFY, State.REINDEX, State.EXERCISE, State.APPROVE, State.REJECTED, State.SWITCH)


def verify(config: Config, env: str, *, repair: bool = False, hooks: Hooks | None = None) -> Evidence:
    """Compares the whole destination with the migrations applied to the source now.

    Raises Unverified naming what differs (with `repair`: what still differs after it was settled again).
    """
    with session(Wiring(config, env), f"verify {env}", hooks or Hooks()) as held:
        log = held.current()
        if log is None:
            raise nothing_yet(held.wiring)
        snapshot = log.snapshot
        if not snapshot.plan.moves_data or snapshot.state not in _BEFORE_THE_FLIP or not snapshot.done(Phase.REPLAY):
            raise UsageError(
                "there is nothing to compare: source and destination are in step only between replay and switch "
                f"of a migrating deployment; deployment {snapshot.deployment} is {snapshot.state}",
                state="nothing was changed",
                next_command=f"verdigris status {env}",
            )
        return prove(held.bench(log), "verify-command", repair=repair)
