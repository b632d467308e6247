"""`verdigris migrations`: list, new, record, repair; `test` and `lint` have files of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from verdigris.cli import migrations_lint, migrations_test, shapes
from verdigris.cli.call import Call, Group, pass_call
from verdigris.cli.output import Output, columns, shown

if TYPE_CHECKING:
    from verdigris.config.model import Config
    from verdigris.migrations.state import Comparison

_COLORS = {"applied": "green", "pending": "yellow", "changed": "red", "missing": "red"}


@click.group(cls=Group, examples=("verdigris migrations list prod",))
def command() -> None:
    """Pending and applied migrations."""


command.add_command(migrations_test.command)
command.add_command(migrations_lint.command)


@command.command("list", examples=("verdigris migrations list prod",))
@click.argument("env", required=False)
@pass_call
def list_(call: Call, env: str | None) -> int:
    """Show which are pending, applied, changed or missing.

    Imports none of them. Exits with 1 if one was changed or removed after it was applied.
    """
    from verdigris import commands

    config, env = call.open(env)
    found = commands.list_migrations(config, env)
    then = f"verdigris migrations repair {env}" if found.faults else f"verdigris plan {env}"
    output = Output(call)
    output.data({**shapes.migrations(found), "next_command": then}, _text(found))
    output.next(then)
    return 1 if found.faults else 0


def _text(found: Comparison) -> Iterator[str]:
    states = dict.fromkeys(found.applied, "applied") | dict.fromkeys(found.pending, "pending")
    states |= dict.fromkeys(found.changed, "changed") | dict.fromkeys(found.missing, "missing")
    yield from columns((name, click.style(state, fg=_COLORS[state])) for name, state in sorted(states.items()))
    if not states:
        yield "no migrations"
    for note in found.notes:
        yield f"{click.style('note:', fg='yellow')} {note}"
    for fault in found.faults:
        yield f"{click.style('fault:', fg='red', bold=True)} {fault}"


@command.command("new", examples=('verdigris migrations new "fees in cents"',))
@click.argument("name", nargs=-1, required=True)
@pass_call
def new(call: Call, name: tuple[str, ...]) -> int:
    """Write the next migration's file, ready to be filled in."""
    from verdigris import commands

    path = commands.new_migration(call.load(), " ".join(name))
    then = f"edit {shown(path)}, then: verdigris plan"
    output = Output(call)
    output.data({"path": str(path), "next_command": then}, [shown(path)])
    output.next(then)
    return 0


@command.command("record", examples=("verdigris migrations record prod 0001_fee_in_cents.py",))
@click.argument("words", nargs=-1, required=True, metavar="[ENV] NAME...")
@pass_call
def record(call: Call, words: tuple[str, ...]) -> int:
    """Record migrations as applied without running them.

    For data that has been through them already.
    """
    from verdigris import commands

    config, env, names = _env_and_names(call, words)
    recorded = commands.record_migrations(config, env, names)
    then = f"verdigris migrations list {env}"
    output = Output(call)
    output.data({"recorded": recorded, "next_command": then}, [f"recorded {name}" for name in recorded])
    output.next(then)
    return 0


def _env_and_names(call: Call, words: Sequence[str]) -> tuple[Config, str, Sequence[str]]:
    """Files end in `.py`, environments cannot."""
    named = not words[0].endswith(".py")
    config, env = call.open(words[0] if named else None)
    names = words[1:] if named else words
    if not names:
        raise click.UsageError("which migrations? Give their file names.")
    return config, env, names


@command.command("repair", examples=("verdigris migrations repair prod",))
@click.argument("env", required=False)
@pass_call
def repair(call: Call, env: str | None) -> int:
    """Accept the folder as it is.

    Changed files get new checksums, lost records are written again, missing files are forgotten. The data is not
    touched.
    """
    from verdigris import commands

    config, env = call.open(env)
    changed, missing = commands.repair_migrations(config, env)
    then = f"verdigris migrations list {env}"
    lines = [f"accepted {name} as it is now" for name in changed] + [f"forgot {name}" for name in missing]
    output = Output(call)
    output.data({"changed": changed, "missing": missing, "next_command": then}, lines or ["nothing to repair"])
    output.next(then)
    return 0
