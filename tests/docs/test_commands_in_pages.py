"""Every command that a page shows, and every example in the help, is one that the command line takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from tests.docs.tree import PAGES, ROOT

from verdigris.cli.call import Call
from verdigris.cli.main import cli

_TYPED = re.compile(r"^\$ (verdigris .+)$", re.MULTILINE)
_INLINE = re.compile(r"`(verdigris [^`]+)`")
#: What stands for something in a synopsis.
_STANDS_FOR = {"NAME": "current-color", "PHASE": "verify", "ID": "7"}


def shown() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        text = page.read_text("utf-8")
        for command in [*_TYPED.findall(text), *_INLINE.findall(re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))]:
            yield page.relative_to(ROOT).as_posix(), command


def examples(command: click.Command, words: str = "verdigris") -> Iterator[tuple[str, str]]:
    for line in getattr(command, "examples", ()):
        yield from ((f"{words} --help", part) for part in line.split(" && ") if part.startswith("verdigris"))
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=words)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below
            yield from examples(below, f"{words} {name}")


def parse(command: str) -> None:
    """Parses without running. Raises click's UsageError."""
    words = [_STANDS_FOR.get(word, word) for word in shlex.split(command, comments=True)[1:]]
    words = [word for word in words if "…" not in word]
    context = click.Context(cli, info_name="verdigris", obj=Call())
    current: click.Command = cli
    while isinstance(current, click.Group):
        context = current.make_context(current.name, words, parent=context)
        words = [*context._protected_args, *context.args]
        if not words:
            return
        _, found, words = current.resolve_command(context, words)
        assert found
        current = found
    current.make_context(current.name, words, parent=context)


@pytest.mark.parametrize(("where", "command"), sorted({*shown(), *examples(cli)}))
def test_the_command_line_takes_it(where: str, command: str) -> None:
    try:
        parse(command)
    except click.exceptions.Exit:
        pass  # --help, --version
    except click.MissingParameter:
        pass  # prose may name a command without its arguments
    except click.UsageError as error:
        pytest.fail(f"{where}: `{command}`: {error.format_message()}")


@pytest.mark.parametrize("command", ["verdigris nothing", "verdigris plan --nothing", "verdigris deploy dev --until X"])
def test_what_does_not_exist_is_found(command: str) -> None:
    with pytest.raises(click.UsageError):
        parse(command)


def test_the_tutorial_shows_commands() -> None:
    assert sum(where == "docs/tutorial.md" for where, _ in shown()) > 10
    assert Path(ROOT / "README.md").is_file()
