"""`verdigris unlock`."""

from __future__ import annotations

import click

from verdigris.cli import shapes
from verdigris.cli.call import Call, Command, pass_call
from verdigris.cli.output import Output


@click.command(cls=Command, examples=("verdigris unlock prod 17",))
@click.argument("words", nargs=-1, required=True, metavar="[ENV] ID")
@pass_call
def command(call: Call, words: tuple[str, ...]) -> int:
    """Free the lease of a runner that is certainly dead.

    ID is the lease's number, as `status` and the refusal show it. Should that runner live after all, its next write is
    refused and it stops.
    """
    from verdigris import commands

    if len(words) > 2:
        raise click.UsageError("one lease at a time")
    config, env = call.open(words[0] if len(words) == 2 else None)
    lease = commands.unlock(config, env, words[-1])
    then = f"verdigris status {env}"
    output = Output(call)
    if call.json:
        output.data({"freed": shapes.lease(lease), "next_command": then}, ())
    elif lease.holder:
        output.say(f"freed lease {lease.token}, held by {lease.holder.who} since {lease.holder.since}")
    output.next(then)
    return 0
