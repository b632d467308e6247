"""`verdigris get`."""

from __future__ import annotations

import click

from verdigris.cli.call import Call, Command, pass_call
from verdigris.cli.output import Output


@click.command(cls=Command, examples=("verdigris get prod current-color", "TABLE=$(verdigris get prod source-table)"))
@click.argument("words", nargs=-1, required=True, metavar="[ENV] NAME")
@pass_call
def command(call: Call, words: tuple[str, ...]) -> int:
    """Print one value, bare, for scripts.

    NAME is one of: current-color, deploying-color, source-version, destination-version, source-table,
    destination-table, next-table (the one that the next migration fills), migrate, maintenance-mode,
    pending-color-switch, migration-queue-is-empty. What is not there is an error, and nothing is printed.
    """
    from verdigris import commands

    if len(words) > 2:
        raise click.UsageError("one value at a time")
    if len(words) == 1 and words[0] in call.load().environments:
        raise click.UsageError(f"which value of {words[0]}?")
    config, env = call.open(words[0] if len(words) == 2 else None)
    value = commands.get(config, env, words[-1])
    Output(call).data({"env": env, "name": words[-1], "value": value}, [value])
    return 0
