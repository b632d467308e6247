"""`verdigris pause`."""

from __future__ import annotations

import click

from verdigris.cli.call import Call, Command, pass_call
from verdigris.cli.steering import steered


@click.command(cls=Command, examples=("verdigris pause prod",))
@click.argument("env", required=False)
@pass_call
def command(call: Call, env: str | None) -> int:
    """Let the deployment under way stand still.

    Bulk work stops at the next page and no phase begins but the replay; the runner stays, keeps its lease and says why
    it waits. Once the backfill is done it follows live changes all the same, since the table's stream keeps 24 hours.
    What comes after the flip of a switch is never paused.
    """
    from verdigris import commands

    config, env = call.open(env)
    return steered(call, commands.pause(config, env))
