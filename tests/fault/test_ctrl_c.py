"""Ctrl-C of a real deploy on a real engine, while an application goes on writing. (Kills: test_chaos.py.)"""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.chaos.deployment import estate
from tests.chaos.estate.ledger import NOTHING, Ledger
from tests.chaos.estate.shapes import SIMPLE
from tests.chaos.estate.writing import Writer, fill, to_table
from tests.project import Project, finish

SEED = 7


@pytest.fixture
def project(tmp_path: Path, fresh_dynamodb: Callable[[], str]) -> Project:
    """A first deployment is done; nothing was written yet."""
    project = Project(tmp_path / "stopped", fresh_dynamodb(), environment='approve = "manual"\nenable_stream = true')
    estate(project)
    project.ok("deploy", "dev", "--yes")
    return project


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c(project: Project, times: int) -> None:
    """Once: it stops at a page boundary and says so in the journal. Twice: at once. Both can be resumed."""
    ledger = Ledger(SEED)
    fill(project, ledger, 3000)
    estate(project, sorted(SIMPLE))
    with Writer(ledger, to_table(project)):
        process = project.start("deploy", "dev", "--yes", "--json")
        wait_for_the_segments(process)
        for _ in range(times):
            process.send_signal(signal.SIGINT)
        done = finish(process)
        assert done.code == 130, done.err
        assert done.last.startswith("next: verdigris deploy dev"), done.err
        assert "Traceback" not in done.err
        if times == 1:
            assert any(getattr(record.body, "code", "") == "interrupted" for record in project.records())
            assert project.journal().lease().holder is None  # type: ignore[union-attr]
        assert project.run("deploy", "dev").code == 3
    project.ok("deploy", "dev", "--yes")
    assert ledger.verdict(project.items("beta")) == NOTHING, f"seed {SEED}"


def wait_for_the_segments(process: subprocess.Popen[str]) -> None:
    """Until the backfill's segments are cut: then it copies."""
    assert process.stdout
    for line in process.stdout:
        body = json.loads(line).get("record", {}).get("body", {})
        if body.get("type") == "outcome" and body["step"] == "segments":
            return
    raise AssertionError("it ended before")
