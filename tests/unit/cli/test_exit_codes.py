"""Each end of a command has its exit code, and the last line on stderr is what to type next."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.cli import sample
from tests.unit.cli.conftest import Run

from verdigris import commands, errors
from verdigris.commands.deploying import Planned
from verdigris.core.model import Phase
from verdigris.core.records import Body
from verdigris.errors import VerdigrisError

#: (records, exit code, next)
ENDS: list[tuple[tuple[Body, ...], int, str]] = [
    (sample.AT_GATE, 3, "verdigris approve dev"),
    (sample.REJECTED, 1, "verdigris abort dev"),
    (sample.BAKED, 0, "verdigris finalize dev --confirm dev"),
    (sample.FINISHED, 0, "verdigris deploy dev"),
    (sample.RETURNED, 0, "verdigris deploy dev"),
    (sample.ABORTED, 0, "verdigris deploy dev"),
    (sample.PREFLIGHT, 0, "verdigris deploy dev"),  # --until preflight
]
ERRORS = [
    error
    for error in vars(errors).values()
    if isinstance(error, type) and issubclass(error, VerdigrisError) and error is not errors.ConfigError
]
LONG = (["deploy"], ["rollback"], ["abort"], ["finalize", "--confirm", "dev"])


def answer(monkeypatch: pytest.MonkeyPatch, name: str, value: Any) -> list[dict[str, Any]]:
    """Replaces a command's function by one that returns (or raises) `value`; returns what it was called with."""
    calls: list[dict[str, Any]] = []

    def function(config: object, *args: object, **kwargs: object) -> Any:
        calls.append({"args": args, **kwargs})
        if isinstance(value, BaseException):
            raise value
        return value

    monkeypatch.setattr(commands, name, function)
    return calls


@pytest.mark.parametrize("words", LONG, ids=lambda words: words[0])
@pytest.mark.parametrize(("bodies", "code", "then"), ENDS)
def test_where_a_deployment_stands(
    run: Run, monkeypatch: pytest.MonkeyPatch, words: list[str], bodies: tuple[Body, ...], code: int, then: str
) -> None:
    answer(monkeypatch, words[0], sample.deployment(*bodies))
    result = run(*words)
    if words == ["deploy"] and bodies in (sample.RETURNED, sample.ABORTED):
        code = 1  # that is not what was asked for
    assert result.exit_code == code
    assert result.stderr.splitlines()[-1] == f"next: {then}"
    assert result.stdout == ""


@pytest.mark.parametrize(("until", "code"), [("exercise", 0), ("approve", 3), ("switch", 3)])
def test_a_deployment_that_went_as_far_as_it_was_asked_to(
    run: Run, monkeypatch: pytest.MonkeyPatch, until: str, code: int
) -> None:
    answer(monkeypatch, "deploy", sample.deployment(*sample.AT_GATE))
    assert run("deploy", "--until", until).exit_code == code


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_errors(run: Run, monkeypatch: pytest.MonkeyPatch, error: type[VerdigrisError]) -> None:
    answer(
        monkeypatch,
        "deploy",
        error("it broke", where="court-dev-beta", state="half done", next_command="verdigris abort ENV"),
    )
    result = run("deploy")
    assert result.exit_code == error.exit_code
    label = "stopped:" if error is errors.Interrupted else "error:"
    plain = error in (errors.UsageError, errors.ConfigError, errors.Interrupted)
    assert result.stderr.splitlines() == [
        f"{label} it broke",
        "  where: court-dev-beta",
        "  state: half done",
        *([] if plain else [f"  more:  docs/troubleshooting.md#{error.code}"]),
        "next: verdigris abort dev",
    ]


def test_an_error_without_a_next_command_still_ends_with_one(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "deploy", errors.PhaseFailed("it broke"))
    assert run("deploy").stderr.splitlines()[-1] == "next: verdigris status dev"
    answer(monkeypatch, "status", errors.Unreachable("no answer"))
    assert run("status").stderr.splitlines()[-1] == "next: verdigris doctor dev"


@pytest.mark.parametrize(
    ("planned", "plain", "detailed"),
    [
        (Planned(sample.PLAN, ()), 0, 2),
        (Planned(sample.PLAN, (sample.FAULT,)), 1, 1),
        (Planned(sample.COLOR_PLAN, ()), 0, 0),
        (Planned(sample.COLOR_PLAN, (), sample.deployment()), 0, 2),
    ],
    ids=["pending", "faults", "color only", "under way"],
)
def test_plan(run: Run, monkeypatch: pytest.MonkeyPatch, planned: Planned, plain: int, detailed: int) -> None:
    answer(monkeypatch, "plan", planned)
    assert run("plan").exit_code == plain
    assert run("plan", "--detailed-exitcode").exit_code == detailed


def test_with_detailed_exitcode_2_means_nothing_else(run: Run) -> None:
    assert run("plan", "nowhere").exit_code == 2
    assert run("plan", "nowhere", "--detailed-exitcode").exit_code == 1
    assert run("plan", "--detailed-exitcode", "--no-such-option").exit_code == 1


def test_doctor_and_migrations_list_fail_when_something_is_wrong(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "doctor", sample.FINDINGS)
    result = run("doctor")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (1, "next: verdigris get dev x")
    answer(monkeypatch, "doctor", sample.FINDINGS[:1])
    assert run("doctor").exit_code == 0
    answer(monkeypatch, "list_migrations", sample.MIGRATIONS)
    assert run("migrations", "list").exit_code == 1


@pytest.mark.parametrize("phase", list(Phase))
def test_until_takes_every_phase(run: Run, monkeypatch: pytest.MonkeyPatch, phase: Phase) -> None:
    calls = answer(monkeypatch, "deploy", sample.deployment(*sample.AT_GATE))
    run("deploy", "--until", phase.value)
    assert calls[0]["until"] is phase


def test_options_reach_the_command(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = answer(monkeypatch, "deploy", sample.deployment(*sample.AT_GATE))
    run("deploy", "dev", "--yes", "--plan", "next.plan")
    assert calls[0]["args"] == ("dev",)
    assert (calls[0]["yes"], calls[0]["plan_file"].name) == (True, "next.plan")
    run("deploy", "dev", "--enable-stream", "--migrate")
    assert (calls[1]["enable_stream"], calls[1]["migrate"]) == (True, True)
    calls = answer(monkeypatch, "rollback", sample.deployment(*sample.RETURNED))
    run("rollback", "--lossy")
    assert calls[0]["lossy"] is True
    calls = answer(monkeypatch, "approve", sample.deployment(*sample.APPROVED))
    run("approve", "--comment", "fine")
    assert calls[0]["comment"] == "fine"
    calls = answer(monkeypatch, "record_migrations", ["0001_a.py"])
    run("migrations", "record", "0001_a.py", "0002_b.py")
    assert calls[0]["args"] == ("dev", ("0001_a.py", "0002_b.py"))
    calls = answer(monkeypatch, "unlock", sample.LEASE)
    run("unlock", "7")
    assert calls[0]["args"] == ("dev", "7")


def test_finalize_without_a_terminal_names_the_flag(run: Run) -> None:
    result = run("finalize")
    assert result.exit_code == 2
    assert "--confirm" in result.stderr
    assert result.stderr.splitlines()[-1] == "next: verdigris finalize dev --confirm dev"
