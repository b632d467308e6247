"""Terraform's own ways: locks, plans, workspaces and backends. The fake one, and the real one where there is one."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.applications import TERRAFORM, TERRAFORMS, name, place, terraform_program

from verdigris.core.model import Color
from verdigris.errors import Conflict, Invalid
from verdigris.stores.terraform import Setup, Terraform

SLOW = """
resource "terraform_data" "slow" {
  provisioner "local-exec" { command = "touch applying; while [ ! -e go ]; do sleep 0.05; done" }
}
"""


@pytest.fixture(params=TERRAFORMS)
def setup(tmp_path: Path, request: pytest.FixtureRequest) -> Setup:
    (tmp_path / "main.tf").write_text(TERRAFORM)
    program = terraform_program(request.param, tmp_path)
    return Setup(tmp_path / "state", tmp_path, name, program=program, lock_timeout_s=0)


def said_by(setup: Setup, color: Color = Color.BLUE) -> str:
    return (setup.folder / name(color) / "output.log").read_text()


@pytest.fixture
def locked(setup: Setup) -> Iterator[Setup]:
    """Somebody applies the same state all the while."""
    Terraform(setup).start(place(Color.BLUE))
    (setup.directory / "slow.tf").write_text(SLOW)
    holder = subprocess.Popen(
        [
            setup.program,
            "apply",
            "-auto-approve",
            "-input=false",
            "-var=verdigris_color=blue",
            "-var=verdigris_table=x",
        ],
        cwd=setup.directory,
        env={**os.environ, "TF_DATA_DIR": str(setup.folder / name(Color.BLUE) / "data")},
        stdout=subprocess.DEVNULL,
    )
    try:
        while not (setup.directory / "applying").exists():
            assert holder.poll() is None
            os.sched_yield()
        yield setup
    finally:
        (setup.directory / "go").touch()
        holder.wait(60)


def test_a_locked_state_is_said_to_be_locked(locked: Setup) -> None:
    for act in (Terraform(locked).start, Terraform(locked).stop):
        with pytest.raises(Conflict, match="state of blue is locked") as failure:
            act(place(Color.BLUE))
        assert "force-unlock" in failure.value.next_command
        assert failure.value.state == "nothing was changed"
        assert "Lock Info" in said_by(locked)


def test_a_lock_is_waited_for(locked: Setup) -> None:
    (locked.directory / "go").touch()
    assert (
        Terraform(replace(locked, lock_timeout_s=60)).start(place(Color.BLUE)) == "http://blue.example/court-dev-alpha"
    )


def test_a_fault_that_is_no_lock_is_not_called_one(setup: Setup) -> None:
    (setup.directory / "main.tf").write_text('output "url" { value = nothing.here }')
    with pytest.raises(Invalid, match="terraform plan for blue ended with code 1"):
        Terraform(setup).start(place(Color.BLUE))


def test_nothing_is_applied_where_nothing_changes(setup: Setup) -> None:
    Terraform(setup).start(place(Color.BLUE))
    assert "Apply complete" in said_by(setup)
    Terraform(setup).start(place(Color.BLUE))
    assert "No changes" in said_by(setup)
    assert f"$ {setup.program} apply" not in said_by(setup)


def test_the_plan_is_gone_afterwards_and_no_secret_is_in_the_log(setup: Setup) -> None:
    Terraform(setup).start(place(Color.BLUE))
    folder = setup.folder / name(Color.BLUE)
    assert not (folder / "plan").exists()
    assert "hunter2" not in said_by(setup)
    assert json.loads((folder / "variables.tfvars.json").read_text())["verdigris_deploy_table"] == "court-dev-deploy"


def test_the_workspace_goes_with_the_color(setup: Setup) -> None:
    app = Terraform(setup)
    app.start(place(Color.BLUE))
    app.start(place(Color.GREEN))
    app.stop(place(Color.BLUE))
    assert [path.name for path in (setup.directory / "terraform.tfstate.d").iterdir()] == ["court-dev-green"]


def test_a_workspace_of_the_surroundings_does_not_count(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_WORKSPACE", "somebody-elses")
    Terraform(setup).start(place(Color.BLUE))
    assert (setup.directory / "terraform.tfstate.d" / "court-dev-blue").is_dir()


def test_backends_of_the_colors_keep_them_apart_without_workspaces(setup: Setup) -> None:
    (setup.directory / "backend.tf").write_text('terraform {\n  backend "local" {}\n}')
    apart = replace(setup, backend=lambda color: [f"path=states/{color}.tfstate"])
    app = Terraform(apart)
    for color in Color:
        app.start(place(color))
    app.stop(place(Color.BLUE))
    assert json.loads((setup.directory / "states" / "blue.tfstate").read_text())["resources"] == []
    assert json.loads((setup.directory / "states" / "green.tfstate").read_text())["resources"]
    assert not (setup.directory / "terraform.tfstate.d").exists()


@pytest.mark.parametrize(("output", "value"), [("address", None), ("secret", None), ("url", "http://blue.example/x")])
def test_the_output_must_be_there_and_may_be_shown(setup: Setup, output: str, value: str | None) -> None:
    app = Terraform(replace(setup, address_output=output))
    if value is not None:
        assert app.start(place(Color.BLUE, "x")) == value
        return
    with pytest.raises(Invalid, match=f'no output "{output}"') as failure:
        app.start(place(Color.BLUE, "x"))
    assert "hunter2" not in str(failure.value)


def test_a_failed_apply_leaves_what_it_made_to_the_way_back(setup: Setup) -> None:
    (setup.directory / "slow.tf").write_text(SLOW.replace("touch applying; ", "exit 1 #"))
    with pytest.raises(Invalid, match="terraform apply for blue ended with code 1") as failure:
        Terraform(setup).start(place(Color.BLUE))
    assert "the state of court-dev-blue" in failure.value.state
    assert "verdigris abort dev" in failure.value.next_command
    Terraform(setup).stop(place(Color.BLUE))
    assert list((setup.directory / "terraform.tfstate.d").iterdir()) == []
