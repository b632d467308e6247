"""The example of a court's arrangement: configuration, migration, document, CI and table agree with each other."""

from __future__ import annotations

import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import yaml  # type: ignore[import-untyped]
from tests.docs.test_commands_in_pages import parse

from verdigris.config.around import CircleCiNotify
from verdigris.config.load import load
from verdigris.config.pointers import ApiGatewayPointer
from verdigris.core.model import DataVersion
from verdigris.migrations.loading import load_function
from verdigris.stores.aws import Aws
from verdigris.testing import assert_deterministic, assert_round_trip
from verdigris.traffic import color_mappings, traffic_pointers

DAWSON = Path(__file__).parents[3] / "examples" / "dawson"
CI = DAWSON / ".circleci" / "config.yml"
MIGRATION = DAWSON / "migrations" / "0001_fee_in_cents.py"
ITEM: dict[str, Any] = {
    "pk": "case|101-20",
    "sk": "case|101-20",
    "entityName": "Case",
    "caption": "A v. B",
    "fee": Decimal("60.5"),
}


@pytest.fixture(scope="module")
def ci() -> Any:
    return yaml.safe_load(CI.read_text())


def jobs(ci: Any) -> dict[str, dict[str, Any]]:
    """The workflow's jobs in their order, each with its settings."""
    found: dict[str, dict[str, Any]] = {}
    for job in ci["workflows"]["deploy"]["jobs"]:
        found.update(job)
    return found


def commands(ci: Any) -> list[str]:
    return [step["verdigris"]["run"] for job in ci["jobs"].values() for step in job["steps"]]


def test_the_configuration_is_read() -> None:
    config = load(DAWSON / "verdigris.toml", DAWSON)
    env = config.environment("dev")
    assert [env.table(version) for version in DataVersion] == ["efcms-dev-alpha", "efcms-dev-beta"]
    assert env.regions == ("us-east-1", "us-west-1")
    gateways = [pointer for pointer in config.pointer if isinstance(pointer, ApiGatewayPointer)]
    assert [gateway.regions for gateway in gateways] == [env.regions, env.regions]
    assert [index.by for index in config.index] == ["application"]


def follows_the_schema(file: Path) -> bool:
    """Whether CircleCI's own schema takes a configuration."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.circle-ci", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "alidation" in done.stdout, done.stderr
    return done.returncode == 0


def test_ci_is_what_circleci_takes() -> None:
    assert follows_the_schema(CI)


@pytest.mark.parametrize(
    ("old", "new"), [("executor: python", "exekutor: python"), ("version: 2.1", "version: 3"), ("steps:", "step:")]
)
def test_circleci_refuses_what_it_does_not_know(tmp_path: Path, old: str, new: str) -> None:
    spoilt = tmp_path / "config.yml"
    spoilt.write_text(CI.read_text().replace(old, new))
    assert not follows_the_schema(spoilt)


def test_ci_refers_to_what_it_declares(ci: Any) -> None:
    assert {job["executor"] for job in ci["jobs"].values()} == ci["executors"].keys()
    assert {name for job in ci["jobs"].values() for step in job["steps"] for name in step} == ci["commands"].keys()
    declared = ci["commands"]["verdigris"]["parameters"].keys()
    assert set(re.findall(r"<< parameters\.(\w+) >>", CI.read_text())) == declared
    given = [step["verdigris"].keys() for job in ci["jobs"].values() for step in job["steps"]]
    assert all(keys == declared for keys in given)


def test_ci_calls_commands_that_exist(ci: Any) -> None:
    found = commands(ci)
    assert [command.split()[0] for command in found] == ["doctor", "deploy", "deploy", "approve", "deploy", "finalize"]
    for command in found:
        parse(f"verdigris {command.replace('$ENV', 'dev')}")


def test_each_job_waits_for_one_that_is_there_and_none_is_left_out(ci: Any) -> None:
    found = jobs(ci)
    approvals = {name for name, settings in found.items() if settings.get("type") == "approval"}
    assert found.keys() - approvals == ci["jobs"].keys()
    before = [settings.get("requires", []) for settings in found.values()]
    assert before == [[], *([name] for name in list(found)[:-1])], "one after the other"


def test_verdigris_approves_the_job_that_waits_for_the_index(ci: Any) -> None:
    (notify,) = load(DAWSON / "verdigris.toml", DAWSON).notify
    assert isinstance(notify, CircleCiNotify)
    job = jobs(ci)[notify.job]
    assert job == {"type": "approval", "requires": ["deploy"]}
    assert f"--until {notify.after}" in ci["jobs"]["deploy"]["steps"][0]["verdigris"]["run"]


def test_nothing_destroys_without_a_person(ci: Any) -> None:
    (approval,) = jobs(ci)["finalize"]["requires"]
    assert jobs(ci)[approval]["type"] == "approval"


def test_the_table_of_the_guide_names_commands_that_exist() -> None:
    text = (DAWSON / "README.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("|")][2:]
    assert len(rows) >= 15
    for row in rows:
        for command in re.findall(r"`(verdigris [^`]+)`", row):
            parse(command)


def test_the_migration_is_lossless_and_the_document_follows_it() -> None:
    assert_deterministic(MIGRATION, ITEM)
    assert_round_trip(MIGRATION, ITEM)
    document = load_function("search.documents:case", DAWSON, setting="[[index]] document")
    assert document({**ITEM, "feeCents": Decimal(6050)}) == ("case|101-20", {"caption": "A v. B", "feeCents": 6050})
    assert document({**ITEM, "entityName": "User"}) is None


def test_terraform_declares_what_it_uses() -> None:
    text = (DAWSON / "infrastructure" / "main.tf").read_text()
    declared = set(re.findall(r'variable "(\w+)"', text))
    assert declared == set(re.findall(r"var\.(\w+)", text))
    variables = {f"verdigris_index_{index.label}" for index in load(DAWSON / "verdigris.toml", DAWSON).index}
    assert declared <= {"verdigris_env", "verdigris_color", "verdigris_table"} | variables


def test_pointers_and_mappings_of_two_regions_have_names_of_their_own() -> None:
    """A step is known by its name: with one name for both regions the second one would count as made."""
    env = load(DAWSON / "verdigris.toml", DAWSON).environment("dev")
    session = botocore.session.get_session()
    session.set_credentials("court", "court")
    places = {region: Aws(region, endpoint_url="http://127.0.0.1:1", session=session) for region in env.regions}
    pointers = traffic_pointers(env, places.__getitem__, str)
    assert [pointer.name for pointer in pointers] == [
        f"{domain}-dev.dawson.example.gov/ in {region}" for domain in ("api", "public-api") for region in env.regions
    ]
    assert len({mappings.name for mappings in color_mappings(env, places.__getitem__)}) == 4
