"""`verdigris rollback`."""

from __future__ import annotations

import click

from verdigris.cli.call import Call, Command, pass_call
from verdigris.cli.running import at_work, ended, json_lines


@click.command(cls=Command, examples=("verdigris rollback prod", "verdigris rollback prod --lossy"))
@click.argument("env", required=False)
@click.option("--lossy", is_flag=True, help="Accept that what was written since the switch is not seen any more.")
@click.option("--stale-replicas", is_flag=True, help="Go back though a region has no whole table to go back to.")
@pass_call
def command(call: Call, env: str | None, lossy: bool, stale_replicas: bool) -> int:
    """Send the traffic back to the old color.

    Where data moved, it counts what was written to the new color since the switch, which the old one would not see, and
    asks (without a terminal it wants --lossy). With several regions the old table's replicas must be there, active, and
    take what is written at home; else it says so and changes nothing. Possible after the switch and before finalize;
    `deploy` goes forward again, `abort` removes the new color.
    """
    json_lines(call)
    from verdigris import commands

    config, env = call.open(env)
    if not lossy and call.may_ask():
        lossy = _asked(commands.count_left_behind(config, env))
    with at_work(call) as hooks:
        snapshot = commands.rollback(config, env, lossy=lossy, stale_replicas=stale_replicas, hooks=hooks)
    return ended(call, config, snapshot)


def _asked(left_behind: str | None) -> bool:
    """Whether a person wants to go back all the same."""
    return left_behind is not None and click.confirm(f"{left_behind}.\nGo back all the same?", err=True)
