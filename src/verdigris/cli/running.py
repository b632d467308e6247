"""Long commands: a display while they run, Ctrl-C, and at the end where the deployment stands and what to type next."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from verdigris.cli import shapes
from verdigris.cli.call import Call
from verdigris.cli.interrupts import stopping
from verdigris.cli.json_output import JsonLines, as_json
from verdigris.cli.output import Output
from verdigris.core import wording
from verdigris.core.machine import State
from verdigris.core.passing import Verdict, verdict
from verdigris.errors import Interrupted

if TYPE_CHECKING:
    from verdigris.cli.progress import Display
    from verdigris.commands import Hooks
    from verdigris.config.model import Config
    from verdigris.core.model import Phase
    from verdigris.core.records import Record
    from verdigris.core.snapshot import Snapshot

#: What a command that leaves a deployment in this state exits with; 0 in all others.
EXIT_CODES = {State.APPROVE: 3, State.REJECTED: 1}
#: What `deploy` does not mean to end in.
_NOT_DEPLOYED = frozenset({State.RETURNED, State.ABORTED})


def json_lines(call: Call) -> None:
    """With `--json`: from here on stdout is JSON Lines."""
    if call.json:
        call.lines = JsonLines(sys.stdout)


@contextmanager
def at_work(call: Call) -> Iterator[Hooks]:
    """The hooks of a long command; what it says through them is shown."""
    from verdigris import commands
    from verdigris.cli.progress import display

    hooks = commands.Hooks()
    with display(call) as shown, stopping(hooks.stop, shown.stopping, lambda: _stop_at_once(call, shown)):

        def record(record: Record) -> None:
            if call.lines:
                call.lines.write(record=shapes.record(record))
            shown.record(record)

        def waiting(reason: str) -> None:
            shown.waiting(reason)
            if hooks.stop.is_set():
                raise Interrupted("stopped while waiting", state="nothing was changed", next_command=call.typed)

        hooks.record, hooks.waiting = record, waiting
        hooks.progress, hooks.resumed, hooks.output = shown.progress, shown.resumed, shown.output
        yield hooks


def deployed(snapshot: Snapshot, until: Phase | None) -> int:
    """The exit code of `deploy`: 0 where it did what was asked."""
    if until is not None and verdict(snapshot, until) is Verdict.REACHED:
        return 0
    return 1 if snapshot.state in _NOT_DEPLOYED else EXIT_CODES.get(snapshot.state, 0)


def ended(call: Call, config: Config, snapshot: Snapshot, code: int | None = None) -> int:
    """Says where the deployment stands; returns the exit code."""
    from verdigris.commands.looking import after

    code = EXIT_CODES.get(snapshot.state, 0) if code is None else code
    then = after(config, call.env, snapshot)
    if call.lines:
        call.lines.write(result={"deployment": shapes.deployment(snapshot), "next_command": then, "exit_code": code})
    else:
        output = Output(call)
        output.say(f"deployment {snapshot.deployment} {wording.stands(snapshot)}")
        output.next(then)
    return code


def _stop_at_once(call: Call, shown: Display) -> NoReturn:
    """As if killed, which is safe: the same command finds out what took place."""
    shown.restore()
    what, then = "stopped at once; what was under way may or may not have taken place", call.typed
    if call.lines:
        error = shapes.error(Interrupted(what), then, Interrupted.exit_code)
        os.write(1, (as_json({"error": error}) + "\n").encode())
    os.write(2, f"{what}\nnext: {then}\n".encode())
    os._exit(Interrupted.exit_code)
