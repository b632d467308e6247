"""`budget`, `pause` and `resume` on a deployment that runs, on a real engine. Times are read from the journal."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.project import Done, Project, finish

from verdigris.core.model import Phase
from verdigris.core.records import PhaseBegan, PhaseDone
from verdigris.journal.control import read_reason
from verdigris.stores.aws import Aws

MIGRATION = '''"""A mark on every item."""


def up(item):
    return item | {"marked": True}
'''
#: How long anything may take that takes a second or two where nothing else runs.
DEADLINE_S = 60.0
ENVIRONMENT = 'approve = "manual"\nenable_stream = true\n'


@pytest.fixture
def project(tmp_path: Path, fresh_dynamodb: Callable[[], str], request: pytest.FixtureRequest) -> Project:
    """A first deployment is done, and a migration is pending; the test's parameter is the initial write budget."""
    sections = f"[budget]\nwrite_units_per_second = {request.param}\n"
    made = Project(tmp_path / "budget", fresh_dynamodb(), environment=ENVIRONMENT, sections=sections)
    made.ok("deploy", "dev", "--yes")
    made.write("migrations/0001_mark.py", MIGRATION)
    return made


def fill(project: Project, count: int, size: int) -> None:
    """Items of `size` bytes."""
    aws: Aws = project.aws
    client = aws.client("dynamodb")
    puts = [
        {"PutRequest": {"Item": {"pk": {"S": f"case|{n}"}, "sk": {"S": "x"}, "text": {"S": "x" * (size - 20)}}}}
        for n in range(count)
    ]
    for start in range(0, count, 25):
        client.batch_write_item(RequestItems={project.table("alpha"): puts[start : start + 25]})


@contextmanager
def deploying(project: Project) -> Iterator[subprocess.Popen[str]]:
    """A deployment that runs until the gate; ended on the way out whatever happens."""
    process = project.start("deploy", "dev", "--until", "verify", "--json")
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            assert pipe
            pipe.close()


def until(project: Project, process: subprocess.Popen[str], true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Asks `status` until what it says is as wanted."""
    deadline_s = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline_s:
        status: dict[str, Any] = json.loads(project.ok("status", "dev", "--json").out)
        if true(status):
            return status
        assert process.poll() is None, f"it ended before: {status['reason']}"
    raise AssertionError(f"not within {DEADLINE_S:g} s: {status['reason']}, {status['progress']}")


def began(project: Project) -> list[Phase]:
    return [record.body.phase for record in project.records() if isinstance(record.body, PhaseBegan)]


def waits(*reasons: str) -> Callable[[dict[str, Any]], bool]:
    return lambda status: all(reason in status["reason"] for reason in reasons)


def took_s(project: Project, phase: Phase) -> float:
    """By the journal."""
    records = project.records()
    began = next(r.at for r in records if isinstance(r.body, PhaseBegan) and r.body.phase is phase)
    done = next(r.at for r in records if isinstance(r.body, PhaseDone) and r.body.phase is phase)
    return (datetime.fromisoformat(done) - datetime.fromisoformat(began)).total_seconds()


def wait_for_end(process: subprocess.Popen[str]) -> Done:
    done = finish(process, DEADLINE_S)
    assert done.code == 0, done.err
    return done


def said(done: Done, words: Sequence[str]) -> None:
    for word in words:
        assert word in done.out + done.err, (word, done)


@pytest.mark.parametrize("project", [30], indirect=True)
def test_a_backfill_takes_about_as_long_as_the_budget_says(project: Project) -> None:
    fill(project, 300, 100)
    with deploying(project) as process:
        status = until(
            project, process, waits("deployment 2 is in backfill; waiting: write budget of 30 units a second")
        )
        assert status["budget"] == {
            "read_units_per_s": None,
            "write_units_per_s": 30.0,
            "index_documents_per_s": None,
        }
        done = wait_for_end(process)
    assert 9 <= took_s(project, Phase.BACKFILL) <= 60  # 300 units, 30 a second, and a second's worth saved up before
    assert "waiting: write budget of 30 units a second" in done.err
    assert len(project.items("beta")) >= 300


@pytest.mark.parametrize("project", [5], indirect=True)
def test_another_budget_takes_hold_while_it_runs(project: Project) -> None:
    fill(project, 300, 100)  # a minute
    with deploying(project) as process:
        until(project, process, waits("write budget of 5 units a second"))
        done = project.ok("budget", "dev", "--write", "25")
        said(done, ["writes 25 units a second", "its runner takes this up within seconds", "verdigris status dev"])
        until(project, process, waits("write budget of 25 units a second"))
        wait_for_end(process)
    assert 9 <= took_s(project, Phase.BACKFILL) <= 45
    shown = json.loads(project.ok("budget", "dev", "--json").out)
    assert shown["budget"]["write_units_per_s"] == 25
    assert shown["running"] is False


@pytest.mark.parametrize("project", [400], indirect=True)
def test_a_pause_stops_at_a_page_and_resume_goes_on(project: Project) -> None:
    fill(project, 800, 10_000)  # two pages a segment; 8,000 units: 20 s
    with deploying(project) as process:
        until(project, process, waits("write budget of 400 units a second"))
        said(project.ok("pause", "dev"), ["paused by", "verdigris resume dev"])
        said(project.ok("budget", "dev", "--unlimited"), ["writes unlimited", "verdigris resume dev"])

        def stands_still(status: dict[str, Any]) -> bool:
            """The runner knows of it, and every page that it began is done."""
            knows = "paused by" in read_reason(project.journal(), 2)
            return knows and 0 < status["progress"]["done"] == len(project.items("beta"))

        held = until(project, process, stands_still)["progress"]["done"]
        assert held < 800
        again = json.loads(project.ok("status", "dev", "--json").out)
        assert again["lease"] is not None
        assert again["paused"]["by"] in again["reason"]
        assert len(project.items("beta")) == held
        assert project.run("deploy", "dev").code == 4  # it keeps its lease
        said(project.ok("resume", "dev"), ["deployment 2 of dev"])
        wait_for_end(process)
    assert len(project.items("beta")) >= 800


@pytest.mark.parametrize("project", [400], indirect=True)
def test_a_paused_deployment_begins_no_phase_also_with_another_runner(project: Project) -> None:
    fill(project, 10, 100)
    project.ok("deploy", "dev", "--until", "backfill")
    said(project.ok("pause", "dev"), ["no runner is at work on it now"])
    with deploying(project) as process:

        def at_the_replay(status: dict[str, Any]) -> bool:
            """It is the tail's beginning, and no bulk work."""
            return waits("paused by")(status) and began(project)[-1] is Phase.REPLAY

        until(project, process, at_the_replay)
        for _ in range(3):
            until(project, process, waits("paused by"))
        assert began(project)[-1] is Phase.REPLAY
        project.ok("resume", "dev")
        wait_for_end(process)
    assert project.run("abort", "dev").code == 0
    refused = project.run("budget", "dev", "--write", "5")
    assert refused.code == 2
    said(refused, ["no deployment is under way", "verdigris deploy dev"])
    said(project.ok("budget", "dev"), ["the next deployment of dev: reads unlimited, writes 400 units a second"])
