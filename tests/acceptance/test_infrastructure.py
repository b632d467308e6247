"""Whole deployments whose colors Terraform makes, and what is left of them. The real one where there is one."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from tests.conftest import SessionStack
from tests.contract.applications import BROKEN, TERRAFORM, TERRAFORMS, terraform_program
from tests.project import Project

SECTIONS = """
[application]
driver = "terraform"
directory = "infrastructure"
program = "{program}"
exercise = ["/bin/sh", "-c", "echo $VERDIGRIS_URL > exercised"]
"""
NO_WAITING = "lock_timeout_seconds = 0\n"
SLOW = """
resource "terraform_data" "slow" {
  provisioner "local-exec" { command = "touch applying; while [ ! -e go ]; do sleep 0.05; done" }
}
"""


@pytest.fixture
def project(tmp_path: Path, stack: SessionStack) -> Project:
    environment = 'approve = "auto"\nenable_stream = true\n'
    sections = SECTIONS.format(program=terraform_program(TERRAFORMS[0], tmp_path))
    made = Project(tmp_path / "tf", stack.dynamodb_url, environment=environment, sections=sections)
    made.write("infrastructure/main.tf", TERRAFORM)
    return made


def colors(project: Project) -> dict[str, str]:
    """Workspace's color → the table that it was told."""
    folder = project.folder / "infrastructure" / "terraform.tfstate.d"
    states = {
        path.name.rpartition("-")[2]: json.loads((path / "terraform.tfstate").read_text()) for path in folder.iterdir()
    }
    return {color: state["outputs"]["url"]["value"].rpartition("/")[2] for color, state in states.items()}


def test_from_the_first_deployment_to_the_end_of_the_old_color(project: Project) -> None:
    first = project.ok("deploy", "dev")
    assert "Apply complete!" in first.err
    assert colors(project) == {"blue": project.table("alpha")}
    assert "http://blue.example/" in (project.folder / "exercised").read_text()
    project.write("migrations/0001_mark.py", '"""A mark."""\n\n\ndef up(item):\n    return item | {"marked": True}\n')
    project.ok("deploy", "dev")
    assert colors(project) == {"blue": project.table("alpha"), "green": project.table("beta")}
    project.ok("finalize", "dev", "--confirm", "dev")
    assert colors(project) == {"green": project.table("beta")}


def test_a_failure_says_where_its_output_is_and_abort_leaves_nothing(project: Project) -> None:
    project.ok("deploy", "dev")
    project.write("infrastructure/broken.tf", BROKEN)
    failed = project.run("deploy", "dev", "--json")
    assert failed.code == 1
    error = json.loads(failed.out.splitlines()[-1])["error"]
    assert error["code"] == "invalid"
    assert "terraform apply for green ended with code 1" in error["what"]
    log = Path(error["where"].partition(",")[0])
    assert "local-exec" in log.read_text()
    assert "verdigris abort dev" in error["next_command"]
    assert set(colors(project)) == {"blue", "green"}
    (project.folder / "infrastructure" / "broken.tf").unlink()
    project.ok("abort", "dev")
    assert colors(project) == {"blue": project.table("alpha")}


def test_a_deployment_that_failed_goes_on_when_it_is_mended(project: Project) -> None:
    project.ok("deploy", "dev")
    broken = project.write("infrastructure/broken.tf", BROKEN)
    assert project.run("deploy", "dev").code == 1
    broken.unlink()
    project.ok("deploy", "dev")
    assert set(colors(project)) == {"blue", "green"}


def test_a_locked_state_stops_it_and_the_way_on_is_said(project: Project) -> None:
    """A runner was killed, and its Terraform goes on: it holds the state's lock."""
    project.replace("verdigris.toml", 'directory = "infrastructure"', 'directory = "infrastructure"\n' + NO_WAITING)
    project.ok("deploy", "dev")
    slow = project.write("infrastructure/slow.tf", SLOW)
    first = project.start("deploy", "dev")
    folder = slow.parent
    try:
        while not (folder / "applying").exists():
            assert first.poll() is None, first.communicate()
            os.sched_yield()
        first.kill()
        first.communicate()
        locked = project.run("deploy", "dev")
        assert (locked.code, "Traceback" in locked.err) == (1, False)
        assert "state of green is locked" in locked.err
        assert "nothing was changed" in locked.err
        assert "force-unlock" in locked.last
        assert "state of green is locked" in project.ok("status", "dev").out
    finally:
        (folder / "go").touch()
    project.replace("verdigris.toml", NO_WAITING, "")
    project.ok("deploy", "dev")
    assert set(colors(project)) == {"blue", "green"}
