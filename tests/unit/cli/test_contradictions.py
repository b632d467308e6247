"""Options that cannot be meant together, and words of which one is missing: one line, before anything is looked at."""

from __future__ import annotations

import json

import pytest
from tests.unit.cli.conftest import Run

LIMITS = ("--read", "1", "--write", "1", "--index", "1")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("deploy", "--plan", "next.plan", "--migrate"), "--plan and --migrate contradict each other"),
        (("deploy", "--plan", "next.plan", "--enable-stream"), "--plan and --enable-stream contradict each other"),
        (("clean", "--items", "3"), "--items says nothing without --confirm"),
        (("budget", *LIMITS, "--unlimited"), "--unlimited and a limit of each kind contradict each other"),
        (("migrations", "test", "--sample", "3", "--key", "pk=a,sk=b"), "--sample and --key contradict each other"),
        (("get", "dev"), "which value of dev?"),
        (("set", "dev", "migrate"), "migrate of dev is to be set to what?"),
        (("iam", "--look", "--phase", "switch"), "--look and --phase contradict each other"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_contradicts_itself(run: Run, words: tuple[str, ...], said: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    error, then = result.stderr.splitlines()
    assert error.startswith(f"error: {said}")
    assert then.endswith("--help")
    assert result.stdout == ""
    told = json.loads(run(*words, "--json").stdout)["error"]
    assert (told["code"], told["exit_code"]) == ("usage", 2)
    assert said in told["what"]
