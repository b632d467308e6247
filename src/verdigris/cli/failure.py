"""Every error on its way out: what, where, what state is left behind, and the next command as the last line."""

from __future__ import annotations

import sys
import traceback

import click

from verdigris.cli import shapes
from verdigris.cli.call import Call
from verdigris.cli.json_output import print_document
from verdigris.cli.output import Output, next_line
from verdigris.errors import ConfigError, Interrupted, MigrationError, UsageError, VerdigrisError


class Bug(VerdigrisError):
    """An error that nobody expected: the fault is Verdigris's own."""

    code = "bug"


def report(error: BaseException, call: Call) -> int:
    """Tells people (stderr) and programs (stdout, with `--json`) of an error; returns the exit code."""
    told = translated(error, call)
    code = call.usage_exit if told.exit_code == 2 else told.exit_code
    then = next_command(told, call)
    if call.lines:
        call.lines.write(error=shapes.error(told, then, code))
    elif call.json:
        print_document({"error": shapes.error(told, then, code)})
    say = Output(call).say
    if isinstance(error, click.Abort) and error.__cause__ is None:
        say("")  # the prompt's line has no end
    if call.verbose:
        say("".join(traceback.format_exception(error)).rstrip())
    for line in lines(told):
        say(line)
    say(next_line(then))
    return code


def lines(error: VerdigrisError) -> list[str]:
    """An error for people, without its last line."""
    stopped = isinstance(error, Interrupted)
    label = click.style("stopped:", fg="yellow") if stopped else click.style("error:", fg="red", bold=True)
    said = [f"{label} {error.what}"]
    said += [f"  {fault}" for fault in getattr(error, "faults", ())]
    if error.where and not getattr(error, "faults", ()):
        said.append(f"  where: {error.where}")
    if error.state:
        said.append(f"  state: {error.state}")
    if not isinstance(error, UsageError | ConfigError | Interrupted):  # these say all there is to say
        said.append(f"  more:  docs/troubleshooting.md#{error.code}")
    return said


def next_command(error: VerdigrisError, call: Call) -> str:
    """What the error says to type, or else what most likely helps."""
    if error.next_command:
        return error.next_command.replace(" ENV", f" {call.env}") if call.env else error.next_command
    if isinstance(error, ConfigError):
        return f"mend {error.where or 'verdigris.toml'}, then: {call.typed}"
    if type(error) is MigrationError and error.where:
        return f"mend {error.where}, then: {call.typed}"
    if isinstance(error, UsageError):
        return " ".join(("verdigris", *call.command.split(), "--help"))
    if not call.env:
        return f"{call.typed} --verbose"
    return f"verdigris {'doctor' if call.command == 'status' else 'status'} {call.env}"


def translated(error: BaseException, call: Call) -> VerdigrisError:
    """Whatever was raised as an error of our own."""
    match error:
        case VerdigrisError():
            return error
        case click.Abort() if error.__cause__ is None:  # at a prompt, before anything was done
            return Interrupted("not confirmed", state="nothing was changed", next_command=call.typed)
        case click.Abort() | KeyboardInterrupt():
            return Interrupted("interrupted", next_command=call.typed)
        case click.UsageError():
            return _usage(error)
        case click.ClickException():
            return UsageError(error.format_message())
        case OSError() if error.filename:
            return VerdigrisError(f"{error.strerror}: {error.filename}", next_command=call.typed)
        case _:
            said = str(error).partition("\n")[0]
            return Bug(
                f"this is a bug in Verdigris: {type(error).__name__}" + (f": {said}" if said else ""),
                state="what the journal holds is done; nothing after it is certain",
                next_command=f"{call.typed}{'' if call.verbose else ' --verbose'}",
            )


def _usage(error: click.UsageError) -> UsageError:
    command = error.ctx.command_path if error.ctx else "verdigris"
    return UsageError(error.format_message(), next_command=f"{command} --help")


def hide_stdout() -> None:
    """The reader of stdout went away: nothing more is printed to it, also not at the interpreter's end."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
