"""`verdigris adopt`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from verdigris.cli import shapes, words
from verdigris.cli.call import Call, Command, pass_call
from verdigris.cli.output import Output, columns, terminal_width

if TYPE_CHECKING:
    from verdigris.commands.adopting import Adoptable


@click.command(
    cls=Command,
    examples=("verdigris adopt prod", "verdigris adopt prod --baseline lambdas/migrations --yes"),
)
@click.argument("env", required=False)
@click.option(
    "--baseline",
    metavar="NAME",
    multiple=True,
    help="A migration of another tool that the data has been through, or a folder of them. May stand several times.",
)
@click.option("--yes", is_flag=True, help="Write it; asked for on a terminal.")
@pass_call
def command(call: Call, env: str | None, baseline: tuple[str, ...], yes: bool) -> int:
    """Take over an environment that scripts deploy today.

    Shows what was found, what disagrees, and what it would write; then writes that. Exits with 3 if there is something
    to write and nobody said yes, with 1 if there is something to decide first. Doing it again changes nothing.
    """
    from verdigris import commands

    config, env = call.open(env)
    output = Output(call)
    found = commands.adopt(config, env, baseline=baseline, yes=yes)
    if not yes and found.writes and not found.faults and call.may_ask():
        for line in _text(found):
            output.say(line)
        if click.confirm(f"Write {words.plural(found.writes, 'item')} to {found.deploy_table}?", err=True):
            found = commands.adopt(config, env, baseline=baseline, yes=True)
    waits = bool(found.writes) and not found.written
    if found.faults:
        then = found.faults[0].next_command
    elif waits:
        then = " ".join(("verdigris adopt", env, *(f"--baseline {name}" for name in baseline), "--yes"))
    else:
        then = f"verdigris doctor {env}"
    output.data(shapes.adoptable(found, then), _text(found))
    output.next(then)
    return 1 if found.faults else 3 if waits else 0


def _text(found: Adoptable) -> Iterator[str]:
    yield from columns(_rows(found), width=terminal_width())
    for note in found.notes:
        yield f"{click.style('note:', fg='yellow')} {note}"
    for fault in found.faults:
        yield f"{click.style('to decide:', fg='red', bold=True)} {fault.what}"
    if not found.writes and not found.faults:
        yield "everything is in place: there is nothing to write"


def _rows(found: Adoptable) -> Iterator[tuple[str, str]]:
    yield "deploy table", f"{found.deploy_table}, and {words.plural(found.others, 'other item')} that nobody touches"
    for table in found.tables:
        yield "table", f"{table.name}: {words.plural(table.items_estimate, 'item')} by its own count"
    if found.live is not None:
        yield "live table", found.live
    for flag in found.flags:
        wanted = "" if flag.wanted is None else click.style(f" → {str(flag.wanted).lower()}", fg="green", bold=True)
        yield flag.name, f"{flag.found}{wanted}" + (f"  ({flag.why})" if wanted else "")
    yield "migrations", f"{words.count(len(found.recorded))} recorded"
    for name in found.baseline:
        yield "", f"{name}{click.style(' → recorded', fg='green', bold=True)}"
