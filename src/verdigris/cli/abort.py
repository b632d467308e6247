"""`verdigris abort`."""

from __future__ import annotations

import click

from verdigris.cli.call import Call, Command, pass_call
from verdigris.cli.running import at_work, ended, json_lines


@click.command(cls=Command, examples=("verdigris abort stg",))
@click.argument("env", required=False)
@pass_call
def command(call: Call, env: str | None) -> int:
    """Undo what the deployment under way made.

    Possible before the switch, or after a rollback. The live color and its data are not touched.
    """
    json_lines(call)
    from verdigris import commands

    config, env = call.open(env)
    with at_work(call) as hooks:
        snapshot = commands.abort(config, env, hooks=hooks)
    return ended(call, config, snapshot)
