"""`verdigris verify`."""

from __future__ import annotations

import click

from verdigris.cli import words
from verdigris.cli.call import Call, Command, pass_call
from verdigris.cli.output import Output
from verdigris.cli.running import at_work
from verdigris.core.model import Phase


@click.command(cls=Command, examples=("verdigris verify prod", "verdigris verify prod --repair"))
@click.argument("env", required=False)
@click.option("--repair", is_flag=True, help="Settle again what differs: what the source says now is written.")
@pass_call
def command(call: Call, env: str | None, repair: bool) -> int:
    """Compare the whole destination with the source.

    It must be what the migrations make of the source now. Possible between replay and switch of a deployment that
    migrates. Exits with 5 if differences remain.
    """
    from verdigris import commands

    config, env = call.open(env)
    with at_work(call) as hooks:
        evidence = commands.verify(config, env, repair=repair, hooks=hooks)
    then = f"verdigris status {env}"
    output = Output(call)
    output.data({"evidence": evidence, "next_command": then}, [words.proof(Phase.VERIFY, evidence)])
    output.next(then)
    return 0
