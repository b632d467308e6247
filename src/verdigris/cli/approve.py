"""`verdigris approve`."""

from __future__ import annotations

import click

from verdigris.cli.answering import answered
from verdigris.cli.call import Call, Command, pass_call


@click.command(cls=Command, examples=('verdigris approve prod --comment "looks right"',))
@click.argument("env", required=False)
@click.option("--gate", metavar="ID", help="Only if this is the gate that waits; `status` shows its id.")
@click.option("--comment", default="", metavar="TEXT", help="Why, for the journal.")
@pass_call
def command(call: Call, env: str | None, gate: str | None, comment: str) -> int:
    """Say yes at the gate; `deploy` goes on then."""
    from verdigris import commands

    config, env = call.open(env)
    return answered(call, config, commands.approve(config, env, gate=gate, comment=comment))
