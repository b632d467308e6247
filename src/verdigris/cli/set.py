"""`verdigris set`."""

from __future__ import annotations

import click

from verdigris.cli.call import Call, Command, pass_call
from verdigris.cli.output import Output


@click.command(
    cls=Command,
    examples=("verdigris set prod migrate true", "verdigris set prod destination-version alpha"),
)
@click.argument("words", nargs=-1, required=True, metavar="[ENV] NAME VALUE")
@pass_call
def command(call: Call, words: tuple[str, ...]) -> int:
    """Set one flag of the deploy table.

    NAME is one of: migrate, source-version, destination-version, maintenance-mode, pending-color-switch,
    migration-queue-is-empty, current-color. What it would say must be so; a live color changes with the traffic only.
    Refused while a deployment is under way, maintenance-mode excepted.
    """
    from verdigris import commands

    if len(words) not in (2, 3):
        raise click.UsageError("a name and a value, please")
    if len(words) == 2 and words[0] in call.load().environments:
        raise click.UsageError(f"{words[1]} of {words[0]} is to be set to what?")
    config, env = call.open(words[0] if len(words) == 3 else None)
    done = commands.set_value(config, env, *words[-2:])
    then = f"verdigris doctor {env}"
    shape = {"env": env, "name": done.name, "before": done.before, "after": done.after, "changed": done.changed}
    before = done.before or "missing"
    line = f"{done.name}: {before} → {done.after}" if done.changed else f"{done.name} is {done.after} already"
    output = Output(call)
    output.data({**shape, "next_command": then}, [line])
    output.next(then)
    return 0
