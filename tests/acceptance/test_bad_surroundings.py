"""What an environment may be like when a command comes to it: each ends well, and nothing is changed.

(A locked Terraform state: test_infrastructure.py; an expired CI token: test_notify.py; an index alias that is an index:
test_index_only.py; flags that were edited while a deployment is under way: test_edited_by_hand.py; options that
contradict each other: tests/unit/cli/test_contradictions.py.)
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
    told("status", "dev", code=0, said="the flags disagree", then="")  # a look is no fault; its last line says doctor
    said = "source-table-version is alpha, destination-table-version is beta"
    told("doctor", "dev", code=1, said=said, then="verdigris set dev destination-table-version alpha")
    told("clean", "dev", code=1, said="it is not certain which table serves", then="verdigris doctor dev")
    for words in (("rollback", "dev"), ("finalize", "dev", "--confirm", "dev"), ("abort", "dev")):
        told(*words, code=2, said="nothing was ever deployed to dev", then="verdigris deploy dev")
    told("get", "dev", "source-table", code=0, said=f"{east_and_west.project.name}-dev-alpha\n", then="")
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


class Gateway:
    """API Gateway with an API of each color, and the mapping of the project's domain that is live."""

    def __init__(self, moto: Moto, project: Project) -> None:
        self._client = aws(moto.url).client("apigateway")
        self.domain = f"{project.name}-dev.example.com"
        self._client.create_domain_name(domainName=self.domain)
        self._apis = {color: self._api(f"{project.name}-dev-{color}") for color in ("blue", "green")}
        self.point("blue", "other")  # without any mapping moto's server knows no domain

    def _api(self, name: str) -> str:
        api: str = self._client.create_rest_api(name=name)["id"]
        root = self._client.get_resources(restApiId=api)["items"][0]["id"]
        self._client.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE")
        self._client.put_integration(restApiId=api, resourceId=root, httpMethod="GET", type="MOCK")
        self._client.create_deployment(restApiId=api, stageName="dev")
        return api

    def point(self, color: str, path: str = "(none)") -> None:
        self._client.create_base_path_mapping(
            domainName=self.domain, basePath=path, restApiId=self._apis[color], stage="dev"
        )

    def delete(self) -> None:
        self._client.delete_base_path_mapping(domainName=self.domain, basePath="(none)")


@pytest.mark.parametrize("on_moto", [MAPPING.replace("{{", "{").replace("}}", "}")], indirect=True)
def test_a_mapping_that_was_deleted_by_hand(on_moto: Project, told: Told, moto: Moto) -> None:
    """After the switch it is found before anything is removed, and the way back stays open."""
    gateway = Gateway(moto, on_moto)
    assert cli.run(["deploy", "dev"]) == cli.run(["deploy", "dev"]) == 0
    gateway.delete()
    told("status", "dev", code=0, said="green is live", then="")  # what was done; it asks no pointer
    said = "goes to neither color, and green is live by the deploy table"
    told("doctor", "dev", code=1, said=said, then="point it to green by hand, then: verdigris status dev")
    said = "traffic goes to neither color, not to green"
    told("finalize", "dev", "--confirm", "dev", code=1, said=said, then="verdigris doctor dev")
    told("rollback", "dev", code=1, said="traffic goes to neither color", then="verdigris doctor dev")
    gateway.point("green")
    assert cli.run(["rollback", "dev"]) == 0
    assert on_moto.journal().flags().color == "blue"
    gateway.delete()
    said = "blue is live by the deploy table, but traffic goes to none"
    told("deploy", "dev", code=1, said=said, then="verdigris doctor dev")
    gateway.point("blue")
    assert cli.run(["deploy", "dev"]) == cli.run(["finalize", "dev", "--confirm", "dev"]) == 0
    gateway.delete()
    said = "green is live by the deploy table, but traffic goes to none"
    told("deploy", "dev", code=1, said=said, then="verdigris doctor dev")


def test_a_deploy_table_that_is_another_kind_of_table(east_and_west: ScriptedEnvironment, told: Told) -> None:
    east_and_west.client().create_table(
        TableName=east_and_west.deploy_table,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for words, code in ((("doctor", "dev"), 1), (("deploy", "dev", "--yes"), 2), (("adopt", "dev"), 2)):
        told(
            *words, code=code, said="are id (S); a deploy table has pk (S) and sk (S)", then="mend [deploy_table] name"
        )
    told("status", "dev", code=1, said=east_and_west.deploy_table, then="verdigris doctor dev")
    assert east_and_west.tables() == {east_and_west.deploy_table}


def test_another_region_than_the_one_that_was_deployed_to(east_and_west: ScriptedEnvironment, told: Told) -> None:
    """The flags are elsewhere: what is not there is said to be not there, and by which name and where."""
    east_and_west.make_deploy_table(**FLAGS)
    config = "verdigris.toml"
    east_and_west.project.replace(config, f"regions = ['{EAST}', '{WEST}']", "regions = ['eu-west-1']")
    there = f"there is no deploy table {east_and_west.deploy_table}"
    told("get", "dev", "source-table", code=1, said=there, then="verdigris doctor dev")
    told("finalize", "dev", "--confirm", "dev", code=2, said="nothing was ever deployed to dev", then="deploy dev")
    assert east_and_west.tables("eu-west-1") == set()


@pytest.mark.parametrize("on_moto", [""], indirect=True)
def test_a_deployment_that_never_was(on_moto: Project, told: Told) -> None:
    assert cli.run(["deploy", "dev"]) == 0
    told("history", "dev", "--deployment", "7", code=1, said="no deployment 7", then="verdigris history dev")


@pytest.mark.parametrize("on_moto", [""], indirect=True)
def test_finalize_with_the_wrong_name(on_moto: Project, told: Told) -> None:
    assert cli.run(["deploy", "dev"]) == 0
    assert cli.run(["deploy", "dev"]) == 0
    for name in ("prod", "", "Dev"):
        then = "verdigris finalize dev --confirm dev"
        told("finalize", "dev", "--confirm", name, code=2, said=f"--confirm must be 'dev', not '{name}'", then=then)
    assert on_moto.journal().flags().color == "green"
    assert on_moto.raw("alpha").read([("x", "x")]) == {}, "the table is there"
