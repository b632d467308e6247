"""What the configuration names is watched: an alarm on moto's server, an address on a local one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.contract.control_plane import aws, control_plane, put_alarm
from tests.contract.test_health_check import server
from tests.project import Project

from verdigris import commands
from verdigris.config.load import load
from verdigris.core.machine import Event, State
from verdigris.core.wording import stands
from verdigris.errors import PhaseFailed

SECTIONS = """
[[pointer]]
kind = "parameter"
name = "/{app}-{env}/live"
[[alarm]]
name = "court-{env}-errors"
environments = ["dev"]
[[health]]
url = "HEALTH/{color}"
failures = 2
every_seconds = 0.01
"""


def test_an_alarm_and_a_health_check_take_the_traffic_back(
    tmp_path: Path, fresh_dynamodb: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[int] = []
    with control_plane() as cloud, server(answers) as health:
        url = fresh_dynamodb()
        endpoints = f'endpoints = {{ dynamodb = "{url}", aws = "{cloud}" }}\napprove = "auto"'
        project = Project(tmp_path / "watched", url, environment=endpoints, sections=SECTIONS.replace("HEALTH", health))
        for name, value in project.variables.items():
            monkeypatch.setenv(name, value)
        config = load(None, project.folder)
        ssm = aws(cloud).client("ssm")

        cloudwatch = aws(cloud).client("cloudwatch")

        def live() -> str:
            return str(ssm.get_parameter(Name=f"/{project.name}-dev/live")["Parameter"]["Value"])

        def alarm(state: str) -> None:
            put_alarm(cloudwatch, "court-dev-errors", state, "Threshold Crossed")

        with pytest.raises(PhaseFailed, match="the alarm court-dev-errors in us-east-1 does not exist"):
            commands.deploy(config, "dev")
        alarm("OK")
        assert commands.deploy(config, "dev").state is State.FINISHED
        assert live() == "blue"

        alarm("ALARM")
        snapshot = commands.deploy(config, "dev")
        assert (snapshot.state, live()) == (State.RETURNED, "blue")
        assert snapshot.said
        assert snapshot.said.event is Event.ROLLBACK
        why = "the alarm court-dev-errors in us-east-1 fired: Threshold Crossed"
        assert stands(snapshot) == f"went back by itself, since {why}: blue is live; abort removes green"
        assert commands.status(config, "dev").next_command == "verdigris abort dev"

        alarm("OK")
        answers += [503, 503]
        snapshot = commands.deploy(config, "dev")
        assert (snapshot.state, live()) == (State.RETURNED, "blue")
        assert snapshot.said
        assert snapshot.said.comment == f"{health}/green is not well 2 times in a row: HTTP 503 instead of 200"
        assert commands.deploy(config, "dev").state is State.BAKED
        assert live() == "green"
