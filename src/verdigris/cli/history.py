"""`verdigris history`."""

from __future__ import annotations

import click

from verdigris.cli import shapes, words
from verdigris.cli.call import Call, Command, pass_call
from verdigris.cli.output import Output, columns, terminal_width
from verdigris.core import records
from verdigris.core.acts import Act
from verdigris.core.records import Record


@click.command(cls=Command, examples=("verdigris history prod", "verdigris history prod --deployment 7 --verbose"))
@click.argument("env", required=False)
@click.option("--deployment", type=click.IntRange(min=1), metavar="N", help="Only this one.")
@pass_call
def command(call: Call, env: str | None, deployment: int | None) -> int:
    """Show the journal: what was decided and done, by whom, when.

    With --verbose every step's beginning and end too.
    """
    from verdigris import commands

    config, env = call.open(env)
    found = commands.history(config, env, deployment=deployment)
    then = f"verdigris status {env}"
    output = Output(call)
    shown = [one for one in found.records if call.verbose or not isinstance(one.body, records.Intent | records.Outcome)]
    output.data(shapes.history(found, then), columns(_rows(shown, found.acts), width=terminal_width()))
    if not found.records and not found.acts:
        output.say("the journal is empty")
    output.next(then)
    return 0


def _rows(found: list[Record], acts: list[Act]) -> list[tuple[str, ...]]:
    rows = [(one.at, f"{one.deployment}.{one.seq}", *words.happened(one)) for one in found]
    rows += [(one.at, "", one.verb, f"{one.what}, by {one.who}") for one in acts]
    return [(words.clock(at), *rest) for at, *rest in sorted(rows, key=lambda row: row[0])]
