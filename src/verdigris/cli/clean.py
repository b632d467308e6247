"""`verdigris clean`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from verdigris.cli import shapes, words
from verdigris.cli.call import Call, Command, pass_call
from verdigris.cli.output import Output
from verdigris.cli.running import at_work

if TYPE_CHECKING:
    from verdigris.commands.cleaning import Cleaning


@click.command(
    cls=Command, examples=("verdigris clean prod", "verdigris clean prod --confirm court-prod-beta --items 14002630")
)
@click.argument("env", required=False)
@click.option("--confirm", metavar="TABLE", help="The table's name; asked for on a terminal.")
@click.option("--items", metavar="N", type=click.IntRange(min=0), help="How many items it holds, as was shown.")
@pass_call
def command(call: Call, env: str | None, confirm: str | None, items: int | None) -> int:
    """Delete a destination that an earlier attempt left behind.

    In every region, replicas first; and its search indexes, or their domain. Without --confirm it only shows what that
    is, and exits with 3 if there is something. Never a table that the live color uses or that source-table-version
    names.
    """
    if items is not None and confirm is None:
        raise click.UsageError("--items says nothing without --confirm: both are what was shown")
    from verdigris import commands

    config, env = call.open(env)
    output = Output(call)
    found = None
    if confirm is None:
        found = commands.clean(config, env)
        if not found.nothing and call.may_ask():
            for line in _text(found):
                output.say(line)
            confirm = click.prompt("This cannot be undone.\nThe table's name, to go on", err=True)
            items = click.prompt("And how many items it holds", type=int, err=True)
    if confirm is not None:
        with at_work(call) as hooks:
            found = commands.clean(config, env, confirm=confirm, items=items, hooks=hooks)
    assert found is not None
    waits = not found.nothing and not found.removed
    then = f"verdigris clean {env} --confirm {found.table} --items {found.items}" if waits else f"verdigris plan {env}"
    output.data(shapes.cleaning(found, then), _text(found))
    output.next(then)
    return 3 if waits else 0


def _text(found: Cleaning) -> Iterator[str]:
    if found.nothing:
        yield f"nothing is left of {found.table}"
    for one in found.tables:
        size = f", {words.size(one.bytes_estimate)}" if one.bytes_estimate else ""
        replicas = ", ".join(f"{replica.region} ({replica.status})" for replica in one.replicas)
        yield (
            f"{'deleted ' if found.removed else ''}{found.table} in {one.region}: "
            f"{words.plural(one.items_estimate, 'item')}{size} by its own count"
            + (f", replicas in {replicas}" if replicas else "")
            + (", deletion protection is on" if one.protected else "")
        )
    if found.domain:
        said = "deleted" if found.removed else "to be deleted with all that is in it:"
        yield f"{said} the search domain {found.domain}"
    for name, documents in found.indexes:
        yield f"{'deleted ' if found.removed else ''}the index {name}: {words.plural(documents, 'document')}"
