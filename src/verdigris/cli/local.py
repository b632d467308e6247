"""`verdigris local`: the embedded stack."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from verdigris.cli import shapes
from verdigris.cli.call import Call, Command, Group, pass_call
from verdigris.cli.output import Output, columns

if TYPE_CHECKING:
    from verdigris.local.stack import LocalStack, StackInfo

_COLORS = {"running": "green", "stopped": "yellow", "died": "red"}
_STATE = "verdigris.local.state"


@click.group(cls=Group, examples=("verdigris local up", "verdigris local --state .verdigris up"))
@click.option(
    "--state",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The stack's folder: records, logs, data [$VERDIGRIS_STATE, or the user's state folder].",
)
@click.pass_context
def command(context: click.Context, state: Path | None) -> None:
    """The embedded engines: DynamoDB Local and OpenSearch."""
    context.meta[_STATE] = state


def _stack() -> LocalStack:
    from verdigris.local.stack import LocalStack

    return LocalStack(click.get_current_context().meta[_STATE])


def _local(verb: str) -> str:
    """`verdigris local VERB`, for the same stack."""
    state = click.get_current_context().meta[_STATE]
    return f"verdigris local {f'--state {shlex.quote(str(state))} ' if state else ''}{verb}"


_PORT = click.IntRange(1, 65535)


@command.command(cls=Command, examples=("verdigris local up", "verdigris local up --dynamodb-port 8000"))
@click.option("--dynamodb-port", type=_PORT, metavar="PORT", help="Port of DynamoDB Local [any free one].")
@click.option("--search-port", type=_PORT, metavar="PORT", help="Port of OpenSearch [any free one].")
@pass_call
def up(call: Call, dynamodb_port: int | None, search_port: int | None) -> int:
    """Start what does not run.

    The first time downloads the engines (about 160 MB), checks and keeps them.
    """
    from verdigris.cli.downloads import shown
    from verdigris.local import dynamodb, opensearch

    stack = _stack()
    ports = {dynamodb.NAME: dynamodb_port, opensearch.NAME: search_port}
    with shown(call) as progress:
        info = stack.up(progress, ports={name: port for name, port in ports.items() if port})
    output = Output(call)
    then = _first_step(_local("status"))
    output.data({"stack": shapes.stack(info), "next_command": then}, _text(info))
    if "--state" in then:
        output.say(f"for other commands: export VERDIGRIS_STATE={shlex.quote(info.folder)}")
    output.next(then)
    return 0


@command.command(cls=Command, examples=("verdigris local down",))
@pass_call
def down(call: Call) -> int:
    """End every process of the stack, and remove its data.

    Downloads are kept.
    """
    stack = _stack()
    stopped, then = stack.down(), _local("up")
    output = Output(call)
    output.data({"stopped": list(stopped), "next_command": then}, [f"stopped {name}" for name in stopped])
    if not stopped:
        output.say("nothing was running")
    output.next(then)
    return 0


@command.command(cls=Command, examples=("verdigris local status",))
@pass_call
def status(call: Call) -> int:
    """What runs, and where; exits with 1 if an engine does not."""
    info = _stack().status()
    then = _first_step(_local("down")) if info.running else _local("up")
    output = Output(call)
    output.data({"stack": shapes.stack(info), "next_command": then}, _text(info))
    output.next(then)
    return 0 if info.running else 1


def _first_step(otherwise: str) -> str:
    """With a project around, its next deployment."""
    from verdigris.config.model import FILE_NAME

    here = any((folder / FILE_NAME).is_file() for folder in (Path.cwd(), *Path.cwd().parents))
    return "verdigris deploy" if here and "--state" not in otherwise else otherwise


def _text(info: StackInfo) -> Iterator[str]:
    rows = [
        (one.name, click.style(one.state, fg=_COLORS[one.state]), one.url or "", one.log if one.state == "died" else "")
        for one in info.engines
    ]
    rows += [(one.name, click.style("running", fg="green"), one.url or "", "") for one in info.others]
    yield from columns(rows)
    yield click.style(f"in {info.folder}", dim=True)
