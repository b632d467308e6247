"""`kill -9` of a real deploy on a real engine, again and again, while an application goes on writing.

`VERDIGRIS_KILLS=50` kills so often, `VERDIGRIS_SEED` chooses other moments; the seed is in every message.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from tests.fault.estate.ledger import NOTHING, Ledger, Writer, to_door, to_table
from tests.project import Done, Project, finish

from verdigris.core.model import Phase
from verdigris.core.records import PhaseDone
from verdigris.local import dynamodb
from verdigris.local.stack import LocalStack

SEED = int(os.environ.get("VERDIGRIS_SEED", "7"))
KILLS = int(os.environ.get("VERDIGRIS_KILLS", "0"))
ESTATE = Path(__file__).parent / "estate"
APPLICATION = """
[application]
command = ["{python}", "application.py", "{port}"]
health = "/health"
"""
#: A record of this type, whose phase or step begins so: then a process is killed, up to so many seconds later.
Moment = tuple[str, str, float]

BEFORE_THE_GATE: tuple[Moment, ...] = (
    ("intent", "create-table", 0.1),
    ("outcome", "mark", 0.2),
    ("began", "backfill", 0.5),
    ("began", "backfill", 0.8),
    ("began", "replay", 0.1),
    ("began", "replay", 0.3),
    ("began", "verify", 0.3),
    ("done", "verify", 0.1),
)
THE_SWITCH: tuple[Moment, ...] = (
    ("began", "switch", 0.1),
    ("intent", "fence-1", 0.0),
    ("intent", "fence-1", 0.05),
    ("flipped", "", 0.0),
    ("done", "switch", 0.0),
)


def estate(project: Project, migrations: bool) -> None:
    """Puts the application's files in place; with its migrations, or as it was before them."""
    for file in ("shapes.py", "application.py"):
        shutil.copy(ESTATE / file, project.folder)
    for migration in sorted((ESTATE / "migrations").glob("0*.py")) if migrations else ():
        shutil.copy(migration, project.folder / "migrations")


@pytest.fixture
def project(tmp_path: Path, fresh_dynamodb: Callable[[], str]) -> Project:
    """A first deployment is done; nothing was written yet."""
    project = Project(tmp_path / "killed", fresh_dynamodb(), environment='approve = "manual"\nenable_stream = true')
    estate(project, migrations=False)
    project.ok("deploy", "dev", "--yes")
    return project


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Project]:
    """The same on an embedded stack of its own, with an application behind the front door."""
    local = LocalStack(tmp_path / "served" / "state")
    try:
        url = local.up(engines=[dynamodb.NAME]).dynamodb_url
        environment = 'local = true\napprove = "manual"\nenable_stream = true'
        project = Project(tmp_path / "served", url, environment=environment, sections=APPLICATION)
        estate(project, migrations=False)
        project.ok("deploy", "dev", "--yes")
        yield project
    finally:
        local.down()


class Killer:
    """Runs the same command until it ends by itself, and kills it at the moments it is given."""

    def __init__(self, project: Project, dice: random.Random) -> None:
        self._project = project
        self._dice = dice
        self.kills: list[str] = []

    def run(self, moments: Sequence[Moment], *arguments: str) -> Done:
        for kind, what, up_to_s in moments:
            process = self._project.start(*arguments, "--json")
            if not come(process, kind, what):
                return finish(process)
            time.sleep(self._dice.random() * up_to_s)
            process.send_signal(signal.SIGKILL)
            if (done := finish(process)).code != -signal.SIGKILL:
                return done
            self.kills.append(f"{kind} {what}")
        return self._project.run(*arguments)


def come(process: subprocess.Popen[str], kind: str, what: str) -> bool:
    """Waits for a record of a `--json` command (a phase that began may be a later one); False if it ended first."""
    assert process.stdout
    later = list(Phase)[list(Phase).index(Phase(what)) :] if kind == "began" else ()
    for line in process.stdout:
        body = json.loads(line).get("record", {}).get("body", {})
        name = str(body.get("step") or body.get("phase") or "")
        if body.get("type") == kind and (name in later if later else name.startswith(what)):
            return True
    return False


def moments(chosen: Sequence[Moment], dice: random.Random) -> list[Moment]:
    """These, in their order, and as many more of those that come again after a kill as are asked for."""
    again = [moment for moment in chosen if moment[0] == "began"]
    more = [dice.choice(again) for _ in range(KILLS - len(chosen))]
    return sorted([*chosen, *more], key=chosen.index)


def test_killed_while_the_data_is_carried(project: Project) -> None:
    dice, ledger = random.Random(SEED), Ledger(SEED)
    ledger.fill(project, 4000)
    estate(project, migrations=True)
    killer = Killer(project, dice)
    with Writer(ledger, to_table(project)):
        done = killer.run(moments(BEFORE_THE_GATE, dice), "deploy", "dev")
        assert done.code == 3, done.err
    project.ok("approve", "dev")
    project.ok("deploy", "dev")
    told = f"seed {SEED}, {ledger.acknowledged} writes, killed at {killer.kills}"
    assert ledger.verdict(project.items("beta")) == NOTHING, told
    assert len(killer.kills) >= 6, told
    verified = evidence(project, Phase.VERIFY)
    assert verified["repaired"] == 0, told
    project.ok("finalize", "dev", "--confirm", "dev")
    assert ledger.verdict(project.items("beta")) == NOTHING, told


def test_killed_around_the_switch(served: Project) -> None:
    dice, ledger = random.Random(SEED), Ledger(SEED)
    ledger.fill(served, 300)
    estate(served, migrations=True)
    door = LocalStack(served.folder / "state").processes.get(f"door-{served.name}-dev")
    assert door is not None
    assert door.url
    killer = Killer(served, dice)
    with Writer(ledger, to_door(door.url)):
        assert killer.run([], "deploy", "dev").code == 3
        served.ok("approve", "dev")
        done = killer.run(moments(THE_SWITCH, dice), "deploy", "dev")
        assert done.code == 0, done.err
        before = ledger.acknowledged
        wait_until(lambda: ledger.acknowledged > before + 20)
    told = f"seed {SEED}, {ledger.acknowledged} writes, killed at {killer.kills}"
    assert ledger.verdict(served.items("beta")) == NOTHING, told
    assert len(killer.kills) >= 4, told


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c(project: Project, times: int) -> None:
    """Once: it stops at a page boundary and says so in the journal. Twice: at once. Both can be resumed."""
    ledger = Ledger(SEED)
    ledger.fill(project, 3000)
    estate(project, migrations=True)
    with Writer(ledger, to_table(project)):
        process = project.start("deploy", "dev", "--yes", "--json")
        assert come(process, "outcome", "segments")
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


def evidence(project: Project, phase: Phase) -> dict[str, int]:
    bodies = [record.body for record in project.records()]
    return next(body.evidence for body in reversed(bodies) if isinstance(body, PhaseDone) and body.phase is phase)


def wait_until(true: Callable[[], bool], within_s: float = 20) -> None:
    until_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < until_s, "it did not come to pass"
        time.sleep(0.01)
