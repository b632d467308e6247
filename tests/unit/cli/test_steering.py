"""`budget`, `pause`, `resume`: what is passed on, what is printed, what is refused; and what `status` says of them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.unit.cli import sample
from tests.unit.cli.conftest import Run
from tests.unit.cli.test_exit_codes import answer

from verdigris import commands
from verdigris.commands.steering import Steered
from verdigris.core.control import Control
from verdigris.core.model import Phase
from verdigris.core.pacing import Budget
from verdigris.core.records import PhaseBegan

SLOW = Steered("dev", 3, Budget(write=500), running=True, changed=True)
PAUSED = Steered("dev", 3, Budget(), "ada@here", "2026-11-23T18:00:00.000+00:00", running=True, changed=True)
BACKFILLING = (*sample.PREFLIGHT, *sample.phase(Phase.PROVISION), PhaseBegan(Phase.BACKFILL))


def test_numbers_are_passed_on_and_what_holds_is_printed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = answer(monkeypatch, "budget", SLOW)
    result = run("budget", "dev", "--write", "500", "--index", "0.5", "--unlimited")
    assert calls == [{"args": ("dev",), "read": None, "write": 500, "index": 0.5, "unlimited": True}]
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "deployment 3 of dev: reads unlimited, writes 500 units a second, index unlimited",
        "its runner takes this up within seconds",
    ]
    assert result.stderr == "next: verdigris status dev\n"


@pytest.mark.parametrize("number", ["0", "-1", "many", "nan", "inf"])
def test_what_is_no_budget_is_refused(run: Run, number: str) -> None:
    result = run("budget", "dev", "--write", number)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].startswith("next: verdigris ")


def test_pause_and_resume(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "pause", PAUSED)
    result = run("pause")
    assert result.stdout.splitlines()[1] == "paused by ada@here at 2026-11-23 18:00:00 UTC"
    assert result.stderr == "next: verdigris resume dev\n"
    answer(monkeypatch, "resume", replace(PAUSED, paused_by="", paused_at="", running=False))
    result = run("resume")
    assert result.stdout.splitlines()[1] == "no runner is at work on it now"
    assert result.stderr == "next: verdigris deploy dev\n"


def test_json(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "pause", PAUSED)
    printed = json.loads(run("pause", "--json").stdout)
    assert printed["paused"] == {"by": "ada@here", "at": "2026-11-23T18:00:00.000+00:00"}
    assert printed["budget"] == {"read_units_per_s": None, "write_units_per_s": None, "index_documents_per_s": None}


def test_status_says_why_it_waits(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    found = replace(
        sample.status(*BACKFILLING, lease=sample.LEASE),
        control=Control(3, Budget(write=500)),
        slow="waiting: write budget of 500 units a second",
    )
    answer(monkeypatch, "status", found)
    said = " ".join(run("status").stdout.split())
    assert "now deployment 3 is in backfill; waiting: write budget of 500 units a second" in said
    assert "budget reads unlimited, writes 500 units a second, index unlimited" in said


def test_status_says_that_it_is_paused_also_without_a_runner() -> None:
    paused = Control(3, Budget(), "ada@here", "2026-11-23T18:00:00.000+00:00")
    found = replace(sample.status(*BACKFILLING), control=paused, slow="waiting: write budget of 500 units a second")
    assert commands.why(found) == (
        "deployment 3 is in backfill; its runner was stopped; "
        "paused by ada@here at 2026-11-23 18:00:00 UTC: verdigris resume dev"
    )
