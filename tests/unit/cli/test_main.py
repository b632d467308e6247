"""The group: help, typos, environments, global flags, colors, bugs, start-up."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from tests.unit.cli import sample
from tests.unit.cli.conftest import Run
from tests.unit.cli.test_exit_codes import answer

from verdigris.cli.call import Call
from verdigris.cli.main import COMMANDS, cli
from verdigris.errors import PhaseFailed

TWO = """
[app]
name = "court"
[table]
name = "{app}-{env}-{version}"
[environments.dev]
regions = ["us-east-1"]
[environments.prod]
regions = ["us-east-1"]
"""


def every(command: click.Command, words: tuple[str, ...]) -> list[tuple[str, ...]]:
    if not isinstance(command, click.Group):
        return [words]
    children = command.list_commands(click.Context(command))
    found = [every(child, (*words, name)) for name in children if (child := command.get_command(None, name))]  # type: ignore[arg-type]
    return [words, *(one for some in found for one in some)]


@pytest.mark.parametrize("words", every(cli, ()), ids=" ".join)
def test_every_command_has_help_with_an_example(run: Run, words: tuple[str, ...]) -> None:
    result = run(*words, "--help")
    assert result.exit_code == 0
    examples = result.stdout.partition("Examples:\n")[2]
    assert " ".join(("verdigris", *words)) in examples
    assert "--json" in result.stdout
    assert "..." not in result.stdout.replace("]...", "").replace("NAME...", ""), "a summary is cut off"


def test_a_typo_is_answered_with_the_nearest_name(run: Run) -> None:
    result = run("stauts")
    assert result.exit_code == 2
    assert "Did you mean 'status'?" in result.stderr
    assert result.stderr.splitlines()[-1] == "next: verdigris --help"
    assert "--comment" in run("approve", "--coment", "x").stderr
    assert run("migrations", "lst").stderr.splitlines()[-1] == "next: verdigris migrations --help"


def test_no_command_shows_the_help(run: Run) -> None:
    result = run()
    assert result.exit_code == 2
    assert all(name in result.stderr for names in COMMANDS.values() for name in names)


@pytest.mark.parametrize("words", [["--json", "get", "migrate"], ["get", "migrate", "--json"]])
def test_global_flags_stand_before_or_after(run: Run, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    answer(monkeypatch, "get", "true")
    assert run(*words).stdout.startswith("{")


def test_config_may_be_elsewhere(run: Run, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "get", "blue")
    (project / "verdigris.toml").rename(project / "other.toml")
    assert run("get", "current-color").exit_code == 2
    assert run("get", "current-color", "--config", "other.toml").stdout == "blue\n"


def test_without_an_environment_the_only_one_is_meant(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = answer(monkeypatch, "get", "blue")
    assert run("get", "current-color").stdout == "blue\n"
    assert calls[0]["args"] == ("dev", "current-color")


@pytest.mark.parametrize(
    ("words", "then"),
    [(["status"], "verdigris status dev"), (["migrations", "list"], "verdigris migrations list dev")],
)
def test_with_several_it_must_be_named(run: Run, project: Path, words: list[str], then: str) -> None:
    (project / "verdigris.toml").write_text(TWO)
    result = run(*words)
    assert result.exit_code == 2
    assert "dev, prod" in result.stderr
    assert result.stderr.splitlines()[-1] == f"next: {then}"


def test_an_environment_that_is_none(run: Run) -> None:
    result = run("status", "dve")
    assert result.exit_code == 2
    assert 'did you mean "dev"?' in result.stderr
    assert result.stderr.splitlines()[-1] == "next: verdigris status --help"


def test_no_configuration(run: Run, project: Path) -> None:
    (project / "verdigris.toml").unlink()
    result = run("deploy")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == "next: verdigris init"


def test_an_expected_error_has_no_traceback_unless_asked_for(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "deploy", PhaseFailed("it broke"))
    assert "Traceback" not in run("deploy").stderr
    verbose = run("deploy", "-v")
    assert "Traceback" in verbose.stderr
    assert verbose.stderr.splitlines()[-1].startswith("next: ")


def test_an_unexpected_error_is_a_bug(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "deploy", KeyError("colour"))
    result = run("deploy", "dev")
    assert result.exit_code == 1
    assert "this is a bug in Verdigris: KeyError: 'colour'" in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stderr.splitlines()[-1] == "next: verdigris deploy dev --verbose"


def test_a_file_that_cannot_be_written_is_no_bug(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "plan", PermissionError(errno.EACCES, "Permission denied", "/x/next.plan"))
    result = run("plan", "--out", "/x/next.plan")
    assert result.exit_code == 1
    assert "error: Permission denied: /x/next.plan" in result.stderr


def test_ctrl_c_in_a_short_command(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "status", KeyboardInterrupt())
    result = run("status")
    assert result.exit_code == 130
    assert result.stderr.splitlines()[-1] == "next: verdigris status"


class Terminal:
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("call", "variables", "welcome"),
    [
        (Call(), {"TERM": "xterm"}, True),
        (Call(), {"TERM": "dumb"}, False),
        (Call(), {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (Call(no_color=True), {"TERM": "xterm"}, False),
    ],
)
def test_colors(monkeypatch: pytest.MonkeyPatch, call: Call, variables: dict[str, str], welcome: bool) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert call.colors(Terminal()) is welcome  # type: ignore[arg-type]


def test_no_terminal_no_colors(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "status", sample.status(*sample.AT_GATE))
    assert "\x1b" not in run("status").stdout


def test_help_imports_nothing_of_the_work() -> None:
    """What makes it start fast. Time itself would be a flaky test."""
    heavy = ("boto3", "botocore", "rich", "pydantic", "urllib3", "verdigris.commands", "verdigris.local")
    code = (
        "import sys; from verdigris.cli.main import cli; code = cli.run(['--help']);"
        f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_a_reader_that_goes_away_is_no_bug() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([sys.executable, "-m", "verdigris.cli.main", "--help"], stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")
