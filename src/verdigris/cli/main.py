"""`verdigris`: the group of all commands. None of them imports what it works with before it works."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

import click

from verdigris import __version__
from verdigris.cli import failure
from verdigris.cli.call import Call, Group

#: Sections of the help → commands. Each is `command` in the module of its name.
COMMANDS = {
    "Deploy": ("plan", "deploy", "approve", "reject", "rollback", "finalize", "abort"),
    "While it runs": ("pause", "resume", "budget"),
    "Look": ("status", "wait", "history", "get", "doctor", "verify"),
    "Prepare and mend": ("init", "adopt", "migrations", "quarantine", "set", "clean", "unlock", "iam"),
    "On this machine": ("local", "demo"),
}
_NAMES = tuple(name for section in COMMANDS.values() for name in section)


class Verdigris(Group):
    """All commands, and the one place where errors end."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _NAMES:
            return None
        command: click.Command = import_module(f"verdigris.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in _NAMES and not args[0].startswith("-"):
            raise click.exceptions.NoSuchCommand(args[0], possibilities=_NAMES, ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = formatter.width - max(map(len, _NAMES)) - 6
        for title, names in COMMANDS.items():
            with formatter.section(title):
                found = [(name, self.get_command(ctx, name)) for name in names]
                formatter.write_dl([(name, one.get_short_help_str(width)) for name, one in found if one])

    def main(self, args: Sequence[str] | None = None, *_: Any, **__: Any) -> NoReturn:
        """Runs one command and exits with its code."""
        sys.exit(self.run(sys.argv[1:] if args is None else args))

    def run(self, args: Sequence[str]) -> int:
        """Runs one command; returns its exit code. Errors are told here, and nowhere else."""
        # What click refuses, it refuses before it has looked at any flag.
        call = Call(argv=tuple(args), json="--json" in args, verbose="-v" in args or "--verbose" in args)
        call.usage_exit = 1 if "--detailed-exitcode" in args else 2
        for stream in (sys.stdout, sys.stderr):
            with suppress(AttributeError):  # what stands in for them in tests
                stream.reconfigure(errors="replace")  # type: ignore[union-attr]
        try:
            return super().main(list(args), prog_name="verdigris", standalone_mode=False, obj=call) or 0
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message(), err=True)
            return call.usage_exit
        except BrokenPipeError:
            failure.hide_stdout()
            return 1
        except (Exception, KeyboardInterrupt) as error:
            return failure.report(error, call)


@click.group(cls=Verdigris, examples=("verdigris plan prod", "verdigris deploy prod", "verdigris status prod --watch"))
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Blue-green deployments that carry the data along.

    Verdigris builds the other color, migrates every item into an empty copy of the table, keeps it in step with the
    live one, proves that nothing was lost, switches the traffic, and keeps the way back open.

    ENV may be left out where verdigris.toml has one environment only.
    """


def main() -> NoReturn:
    """The entry point."""
    cli.main()


if __name__ == "__main__":
    main()
