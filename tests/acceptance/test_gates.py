"""Gates and retention through the commands, on DynamoDB Local."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.project import Project

from verdigris import commands
from verdigris.config.load import load
from verdigris.config.model import Config
from verdigris.core.machine import Event, State
from verdigris.core.model import Phase
from verdigris.core.records import OnExpiry
from verdigris.errors import UsageError


@pytest.fixture
def project(tmp_path: Path, fresh_dynamodb: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> Project:
    """blue serves; the next deployment is of the color alone."""
    made = Project(tmp_path / "gates", fresh_dynamodb(), environment='keep_old = "7d"\ngate_hours = 24')
    for name, value in made.variables.items():
        monkeypatch.setenv(name, value)
    commands.deploy(config(made), "dev", yes=True)
    return made


def config(project: Project) -> Config:
    return load(None, project.folder)


def test_an_answer_is_to_one_gate_and_the_old_color_is_kept(project: Project) -> None:
    said = config(project)
    gate = commands.deploy(said, "dev").gate
    assert gate
    assert (gate.before, gate.on_expiry) == (Phase.SWITCH, OnExpiry.BACK)
    with pytest.raises(UsageError, match=f"the gate switch-0 is no more: the one that waits is {gate.id}"):
        commands.approve(said, "dev", gate="switch-0")
    commands.approve(said, "dev", gate=gate.id, comment="looks right")
    snapshot = commands.deploy(said, "dev")
    answer = snapshot.phases[Phase.APPROVE].evidence
    assert (answer["gate"], answer["digest"], answer["comment"]) == (gate.id, gate.digest, "looks right")

    found = commands.status(said, "dev")
    assert found.kept
    assert (found.kept.over, found.next_command) == (False, "verdigris status dev")
    with pytest.raises(UsageError, match="the gate before finalize is answered with the environment's name"):
        commands.approve(said, "dev")
    with pytest.raises(UsageError, match=r"blue is kept until .* keep_old is 7d") as caught:
        commands.finalize(said, "dev", confirm="dev")
    assert caught.value.next_command == "verdigris finalize dev --confirm dev --early"
    with pytest.raises(UsageError, match="--confirm must be 'dev', not 'prod'"):
        commands.finalize(said, "dev", confirm="prod", early=True)
    snapshot = commands.finalize(said, "dev", confirm="dev", early=True)
    assert snapshot.said
    assert (snapshot.state, snapshot.said.event, snapshot.said.comment) == (State.FINISHED, Event.FINALIZE, "--early")


def test_nobody_has_answered_in_time(project: Project) -> None:
    project.replace("verdigris.toml", "gate_hours = 24", "gate_hours = 0.000001")
    said = config(project)
    assert commands.deploy(said, "dev").state is State.APPROVE
    with pytest.raises(UsageError, match="has expired at") as caught:
        commands.approve(said, "dev")
    assert caught.value.next_command == "verdigris deploy dev"
    assert commands.status(said, "dev").next_command == "verdigris deploy dev"
    snapshot = commands.deploy(said, "dev")
    assert (snapshot.state, snapshot.live) == (State.ABORTED, "blue")
