"""`verdigris resume`."""

from __future__ import annotations

import click

from verdigris.cli.call import Call, Command, pass_call
from verdigris.cli.steering import steered


@click.command(cls=Command, examples=("verdigris resume prod",))
@click.argument("env", required=False)
@pass_call
def command(call: Call, env: str | None) -> int:
    """Let a paused deployment go on.

    A runner that was stopped or died is not started by this: `verdigris deploy` does.
    """
    from verdigris import commands

    config, env = call.open(env)
    return steered(call, commands.resume(config, env))
