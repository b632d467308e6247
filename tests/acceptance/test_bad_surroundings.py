"""What an environment may be like when a command comes to it: each ends well, and nothing is changed.

(A locked Terraform state: tests/lifecycle/test_terraform.py; an expired CI token: test_notify.py.)
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.conftest import SessionStack
from tests.contract.control_plane import aws
from tests.fault.scripted import answering, fault
from tests.moto import Moto
from tests.project import Project
from tests.scripted_environment import ScriptedEnvironment

from verdigris.cli.main import cli

EAST, WEST = "us-east-1", "us-west-1"
FLAGS: dict[str, Any] = {
    "current_color": {"S": "blue"},
    "source_table_version": {"S": "alpha"},
    "destination_table_version": {"S": "alpha"},
}
WITH_MOTO = 'endpoints = {{ dynamodb = "{dynamodb}", aws = "{aws}" }}'
ALARM = '[[alarm]]\nname = "court-nowhere"\n'
MAPPING = """
[[pointer]]
kind = "api-gateway"
domain = "{{app}}-{{env}}.example.com"
api = "{{app}}-{{env}}-{{color}}"
stage = "{{env}}"
"""


class Told:
    """Runs commands in this process, in the project's folder."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str, code: int, said: str, then: str) -> None:
        found = cli.run([*words, "--no-color"])
        out, err = self._capsys.readouterr()
        assert found == code, (out, err)
        assert said in out + err, (out, err)
        assert then in err.rstrip().rpartition("\n")[2], err
        assert "Traceback" not in err
        assert "bug in Verdigris" not in err


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    return Told(capsys)


@pytest.fixture
def east_and_west(tmp_path: Path, stack: SessionStack, monkeypatch: pytest.MonkeyPatch) -> ScriptedEnvironment:
    env = ScriptedEnvironment(tmp_path, stack.dynamodb_url, monkeypatch, regions=(EAST, WEST))
    monkeypatch.chdir(env.project.folder)
    return env


def test_flags_that_contradict_each_other(east_and_west: ScriptedEnvironment, told: Told) -> None:
    east_and_west.make_deploy_table(**FLAGS | {"destination_table_version": {"S": "beta"}})
    east_and_west.make_table("alpha", items=1)
    before = east_and_west.rows()
    told("plan", "dev", code=1, said="the flags disagree", then="verdigris doctor dev")
    told("deploy", "dev", "--yes", code=1, said="the flags disagree", then="verdigris doctor dev")
    assert east_and_west.rows() == before


def test_the_west_is_gone_and_the_east_is_there(east_and_west: ScriptedEnvironment, told: Told) -> None:
    """A leftover of the destination, in one region only, is found before anything is built, and removed."""
    east_and_west.make_deploy_table(**FLAGS)
    for region in (EAST, WEST):
        east_and_west.make_table("alpha", region, items=1)
    left = east_and_west.make_table("beta", items=2)
    east_and_west.project.write("migrations/0001_same.py", "def up(item):\n    return item\n")
    for said in (f"the destination table {left} exists and holds items", "--replica-updates"):
        told("plan", "dev", code=1, said=said, then=f"Create={{RegionName={WEST}}}")
    told("clean", "dev", code=3, said=f"{left} in {EAST}: 2 items", then=f"--confirm {left} --items 2")
    told("clean", "dev", "--confirm", left, "--items", "2", code=0, said=f"deleted {left} in {EAST}", then="")
    assert east_and_west.tables() == {f"{east_and_west.project.name}-dev-alpha", east_and_west.deploy_table}
    assert east_and_west.tables(WEST) == {f"{east_and_west.project.name}-dev-alpha"}


def test_a_deploy_table_without_permission(east_and_west: ScriptedEnvironment, told: Told) -> None:
    with answering(lambda _: fault("AccessDeniedException", "User: ci is not authorized to perform: dynamodb")) as wall:
        east_and_west.project.replace("verdigris.toml", east_and_west.project.dynamodb_url, wall.url)
        for words in (("status", "dev"), ("plan", "dev"), ("deploy", "dev", "--yes"), ("get", "dev", "current-color")):
            told(*words, code=1, said="not authorized to perform", then="aws sts get-caller-identity")
    assert set(wall.operations()) <= {"DescribeTable", "GetItem", "Query"}, "nothing was written"


@pytest.fixture
def on_moto(
    request: pytest.FixtureRequest, tmp_path: Path, stack: SessionStack, moto: Moto, monkeypatch: pytest.MonkeyPatch
) -> Project:
    """Nothing is deployed yet; AWS's other services are moto's. Its sections are the test's parameter."""
    endpoints = WITH_MOTO.format(dynamodb=stack.dynamodb_url, aws=moto.url)
    project = Project(
        tmp_path / "moto", stack.dynamodb_url, environment=f'{endpoints}\napprove = "auto"', sections=request.param
    )
    for name, value in project.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(project.folder)
    return project


@pytest.mark.parametrize("on_moto", [ALARM], indirect=True)
def test_an_alarm_that_does_not_exist(on_moto: Project, told: Told) -> None:
    told("deploy", "dev", code=1, said="does not exist", then="then: verdigris deploy dev")
    assert on_moto.journal().flags().color is None, "nothing is live"
    assert on_moto.items("deploy"), "and the journal says why"


@pytest.mark.parametrize("on_moto", [MAPPING.replace("{{", "{").replace("}}", "}")], indirect=True)
def test_a_mapping_that_was_deleted_by_hand(on_moto: Project, told: Told, moto: Moto) -> None:
    gateway = aws(moto.url).client("apigateway")
    domain = f"{on_moto.name}-dev.example.com"
    gateway.create_domain_name(domainName=domain)
    for color in ("blue", "green"):
        api = gateway.create_rest_api(name=f"{on_moto.name}-dev-{color}")["id"]
        root = gateway.get_resources(restApiId=api)["items"][0]["id"]
        gateway.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE")
        gateway.put_integration(restApiId=api, resourceId=root, httpMethod="GET", type="MOCK")
        gateway.create_deployment(restApiId=api, stageName="dev")
    told("deploy", "dev", code=1, said=domain, then="verdigris")
    assert on_moto.journal().flags().color is None


@pytest.mark.parametrize("on_moto", [""], indirect=True)
def test_finalize_with_the_wrong_name(on_moto: Project, told: Told) -> None:
    assert cli.run(["deploy", "dev"]) == 0
    assert cli.run(["deploy", "dev"]) == 0
    for name in ("prod", "", "Dev"):
        then = "verdigris finalize dev --confirm dev"
        told("finalize", "dev", "--confirm", name, code=2, said=f"--confirm must be 'dev', not '{name}'", then=then)
    assert on_moto.journal().flags().color == "green"
    assert on_moto.raw("alpha").read([("x", "x")]) == {}, "the table is there"
