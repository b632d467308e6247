"""`verdigris budget`."""

from __future__ import annotations

import click

from verdigris.cli.call import Call, Command, contradiction, pass_call
from verdigris.cli.steering import steered

_POSITIVE = click.FloatRange(min=0, min_open=True)


@click.command(
    cls=Command,
    examples=("verdigris budget prod", "verdigris budget prod --write 500", "verdigris budget prod --unlimited"),
)
@click.argument("env", required=False)
@click.option("--read", type=_POSITIVE, metavar="N", help="Read units a second, of both tables.")
@click.option("--write", type=_POSITIVE, metavar="N", help="Write units a second, of the destination table.")
@click.option("--index", type=_POSITIVE, metavar="N", help="Documents a second, into the search indexes.")
@click.option("--unlimited", is_flag=True, help="Lift the limits that are not given beside it.")
@pass_call
def command(
    call: Call, env: str | None, read: float | None, write: float | None, index: float | None, unlimited: bool
) -> int:
    """Show or change how fast the deployment under way may go.

    All of its workers together. It takes hold within seconds, and ends with the deployment: the next one begins with
    [budget] of verdigris.toml. Live changes are applied at once whatever the budget is; bulk work makes room for them.
    """
    if unlimited and None not in (read, write, index):
        raise contradiction("--unlimited", "a limit of each kind", "there is none left to lift")
    from verdigris import commands

    config, env = call.open(env)
    found = commands.budget(config, env, read=read, write=write, index=index, unlimited=unlimited)
    return steered(call, found)
