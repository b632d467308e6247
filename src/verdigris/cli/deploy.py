"""`verdigris deploy`."""

from __future__ import annotations

from pathlib import Path

import click

from verdigris.cli.call import Call, Command, contradiction, pass_call
from verdigris.cli.running import at_work, deployed, ended, json_lines
from verdigris.core.model import Phase


@click.command(
    cls=Command,
    examples=(
        "verdigris deploy prod",
        "verdigris deploy stg --yes",
        "verdigris deploy prod --until exercise",
        "verdigris deploy prod --plan next.plan --json",
    ),
)
@click.argument("env", required=False)
@click.option("--plan", "plan_file", metavar="FILE", type=click.Path(path_type=Path), help="Do exactly this plan.")
@click.option("--yes", is_flag=True, help="Say yes at the gate.")
@click.option("--until", type=click.Choice([*map(str, Phase)]), metavar="PHASE", help="Stop when this phase is done.")
@click.option("--enable-stream", is_flag=True, help="Consent to turn the source table's stream on.")
@click.option("--migrate", is_flag=True, help="Copy the data though no migration is pending.")
@pass_call
def command(
    call: Call,
    env: str | None,
    plan_file: Path | None,
    yes: bool,
    until: str | None,
    enable_stream: bool,
    migrate: bool,
) -> int:
    """Begin a deployment, or go on with the one under way.

    Stops at the gate (exit code 3) until somebody approves, and after the switch until somebody finalizes. Safe to
    stop (Ctrl-C, or a kill) and to repeat at any moment: the same command goes on. After a rollback it goes forward
    again.
    """
    for option, given in (("--enable-stream", enable_stream), ("--migrate", migrate)):
        if plan_file and given:
            raise contradiction(
                "--plan", option, f"it is `plan` that takes {option}, and the file says what was planned"
            )
    json_lines(call)
    from verdigris import commands

    config, env = call.open(env)
    phase = Phase(until) if until else None
    with at_work(call) as hooks:
        snapshot = commands.deploy(
            config,
            env,
            plan_file=plan_file,
            yes=yes,
            until=phase,
            enable_stream=enable_stream,
            migrate=migrate,
            hooks=hooks,
        )
    return ended(call, config, snapshot, deployed(snapshot, phase))
