"""`verdigris finalize`."""

from __future__ import annotations

import click

from verdigris.cli.call import Call, Command, pass_call
from verdigris.cli.running import at_work, ended, json_lines
from verdigris.errors import UsageError


@click.command(cls=Command, examples=("verdigris finalize prod --confirm prod",))
@click.argument("env", required=False)
@click.option("--confirm", metavar="ENV", help="The environment's name once more; asked for on a terminal.")
@click.option("--early", is_flag=True, help="Although keep_old is not over yet.")
@click.option("--comment", default="", metavar="TEXT", help="Why, for the journal.")
@pass_call
def command(call: Call, env: str | None, confirm: str | None, early: bool, comment: str) -> int:
    """Remove the old color: application, index and table. Cannot be undone."""
    json_lines(call)
    from verdigris import commands

    config, env = call.open(env)
    name = _confirmed(call, env) if confirm is None else confirm
    with at_work(call) as hooks:
        snapshot = commands.finalize(config, env, confirm=name, early=early, comment=comment, hooks=hooks)
    return ended(call, config, snapshot)


def _confirmed(call: Call, env: str) -> str:
    if not call.may_ask():
        raise UsageError(
            "finalize cannot be undone: it needs --confirm with the environment's name",
            state="nothing was removed",
            next_command=f"verdigris finalize {env} --confirm {env}",
        )
    name: str = click.prompt(
        f"This removes the old color of {env} and its data, and cannot be undone.\nThe environment's name, to go on",
        err=True,
    )
    return name
