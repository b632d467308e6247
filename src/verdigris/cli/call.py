"""One call of the command line: the global flags, accepted before and after the command, and what came of them."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TextIO, TypeVar

import click

from verdigris.errors import UsageError

if TYPE_CHECKING:
    from verdigris.cli.json_output import JsonLines
    from verdigris.config.model import Config

P = ParamSpec("P")
R = TypeVar("R")


@dataclass
class Call:
    """The global flags, and what the command has found out so far: an error is told with it."""

    config: Path | None = None
    json: bool = False
    no_input: bool = False
    no_color: bool = False
    verbose: bool = False
    #: everything that was typed after `verdigris`
    argv: tuple[str, ...] = ()
    #: the words of the command: "migrations list"
    command: str = ""
    env: str = ""
    #: set by commands that print JSON Lines
    lines: JsonLines | None = None
    #: what bad usage and bad configuration exit with; `plan --detailed-exitcode` needs 2 for something else
    usage_exit: int = 2

    def colors(self, stream: TextIO) -> bool:
        """Whether color and animation are welcome on `stream`."""
        plain = self.no_color or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        return not plain and stream.isatty()

    @property
    def typed(self) -> str:
        """The whole command, to be typed again."""
        return shlex.join(("verdigris", *self.argv))

    def may_ask(self) -> bool:
        """Whether there is a person to ask."""
        return not (self.no_input or self.json) and sys.stdin.isatty() and sys.stderr.isatty()

    def open(self, env: str | None) -> tuple[Config, str]:
        """The configuration, and the environment that is meant. Raises ConfigError, UsageError."""
        config = self.load()
        if env is None and len(config.environments) > 1:
            known = list(config.environments)
            raise UsageError(
                f"which environment? There are {', '.join(known)}",
                where=str(config.file),
                next_command=f"verdigris {self.command} {known[0]}",
            )
        self.env = config.environment(env or next(iter(config.environments))).name
        return config, self.env

    def load(self) -> Config:
        """The configuration: `--config`, or the nearest verdigris.toml. Raises ConfigError."""
        from verdigris.config.load import load

        return load(self.config, Path.cwd())


def pass_call(function: Callable[Concatenate[Call, P], R]) -> Callable[P, R]:
    """Hands the call to a command's function, and tells it the command's words."""

    @wraps(function)
    def with_call(*args: P.args, **kwargs: P.kwargs) -> R:
        context = click.get_current_context()
        call = context.ensure_object(Call)
        call.command = context.command_path.partition(" ")[2]
        return function(call, *args, **kwargs)

    return with_call


def contradiction(one: str, other: str, why: str) -> click.UsageError:
    """Two options that cannot be meant together: refused before anything is looked at, let alone done."""
    return click.UsageError(f"{one} and {other} contradict each other: {why}")


def _take(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value and parameter.name:
        setattr(context.ensure_object(Call), parameter.name, value)


def _flag(*names: str, **more: Any) -> click.Option:
    return click.Option(names, is_eager=True, expose_value=False, callback=_take, **more)


COMMON: tuple[click.Option, ...] = (
    _flag("--config", metavar="FILE", type=click.Path(path_type=Path), help="The configuration [verdigris.toml]."),
    _flag("--json", is_flag=True, help="Print JSON, in the shapes of docs/reference/json.md."),
    _flag("--no-input", is_flag=True, help="Never ask; fail and name the flag that answers."),
    _flag("--no-color", is_flag=True, help="Plain lines, as with NO_COLOR, TERM=dumb or no terminal."),
    _flag("-v", "--verbose", is_flag=True, help="Show every step, and the traceback of an error."),
)


class _Everywhere(click.Command):
    """A command that accepts the global flags, and shows examples."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), **kwargs: Any) -> None:
        kwargs.setdefault("context_settings", {})["help_option_names"] = ["-h", "--help"]
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        return [*super().get_params(ctx), *COMMON]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own = [parameter for parameter in self.get_params(ctx) if parameter not in COMMON]
        for title, parameters in (("Options", own), ("Global options", COMMON)):
            options = [one for one in parameters if isinstance(one, click.Option)]
            records = [record for record in (one.get_help_record(ctx) for one in options) if record]
            with formatter.section(title):
                formatter.write_dl(records)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if self.examples:
            with formatter.section("Examples"):
                for example in self.examples:
                    formatter.write(f"{'':>{formatter.current_indent}}{example}\n")


class Command(_Everywhere):
    """One command."""


class Group(_Everywhere, click.Group):
    """Commands under one word."""

    command_class = Command

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.format_commands(ctx, formatter)
        super().format_options(ctx, formatter)
