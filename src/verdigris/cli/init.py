"""`verdigris init`."""

from __future__ import annotations

import re
from pathlib import Path

import click

from verdigris.cli.call import Call, Command, pass_call
from verdigris.cli.output import Output, shown


@click.command(cls=Command, examples=("verdigris init", "verdigris init --app court"))
@click.option("--app", metavar="NAME", help="The application's name [that of the folder].")
@pass_call
def command(call: Call, app: str | None) -> int:
    """Write the first files of a project.

    verdigris.toml, migrations/ and one example, in the current folder. Overwrites nothing.
    """
    from verdigris import commands

    folder = Path.cwd()
    written, kept = commands.init(folder, app or _name(folder))
    then = "verdigris local up"
    lines = [f"wrote {shown(path)}" for path in written]
    lines += [f"kept {shown(path)}: it was there" for path in kept]
    output = Output(call)
    document = {"written": [str(path) for path in written], "kept": [str(path) for path in kept], "next_command": then}
    output.data(document, lines)
    output.next(then)
    return 0


def _name(folder: Path) -> str:
    """The folder's name as an application's: 2 to 32 of a-z, 0-9 and "-"."""
    name = re.sub(r"[^a-z0-9]+", "-", folder.name.lower()).strip("-")[:32]
    return name if len(name) > 1 else "app"
