"""What `approve` and `reject` print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verdigris.cli import shapes
from verdigris.cli.call import Call
from verdigris.cli.output import Output
from verdigris.core import wording

if TYPE_CHECKING:
    from verdigris.config.model import Config
    from verdigris.core.snapshot import Snapshot


def answered(call: Call, config: Config, snapshot: Snapshot) -> int:
    """The answer is in the journal; says what to type next."""
    from verdigris.commands.looking import after

    then = after(config, call.env, snapshot)
    output = Output(call)
    if call.json:
        output.data({"deployment": shapes.deployment(snapshot), "next_command": then}, ())
    else:
        answer = snapshot.said.event if snapshot.said else snapshot.state
        output.say(f"deployment {snapshot.deployment} is {answer}: {wording.move(snapshot.plan)}")
    output.next(then)
    return 0
