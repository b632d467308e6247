"""`verdigris reject`."""

from __future__ import annotations

import click

from verdigris.cli.answering import answered
from verdigris.cli.call import Call, Command, pass_call


@click.command(cls=Command, examples=('verdigris reject prod --comment "too many drafts dropped"',))
@click.argument("env", required=False)
@click.option("--gate", metavar="ID", help="Only if this is the gate that waits; `status` shows its id.")
@click.option("--comment", default="", metavar="TEXT", help="Why, for the journal.")
@pass_call
def command(call: Call, env: str | None, gate: str | None, comment: str) -> int:
    """Say no at the gate.

    `abort` cleans up then; `approve` still changes the answer.
    """
    from verdigris import commands

    config, env = call.open(env)
    return answered(call, config, commands.reject(config, env, gate=gate, comment=comment))
