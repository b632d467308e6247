"""The application's own consumer builds the index: DynamoDB Local, OpenSearch, and mappings on moto's server.

The test is the function that Lambda would call: it reads the destination's stream while its mapping says Enabled.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from moto.awslambda.models import lambda_backends
from tests.acceptance.lambda_functions import ACCOUNT, REGION, StreamFunction, add_mapping, cloud
from tests.conftest import SessionStack
from tests.project import SHAPE, Project

from verdigris.core.records import Outcome, PhaseDone, Started
from verdigris.stores.opensearch_index import OpenSearchIndex

SECTIONS = """
[[index]]
name = "{app}-{env}-case"
mappings = "case.json"
document = "search:case"
by = "application"
[[consumer]]
function = "{app}-{env}-{color}-search"
kind = "index"
"""
MAPPINGS = {"mappings": {"dynamic": "strict", "properties": {"cents": {"type": "long"}}}}
CENTS = '''"""Fees are in cents."""
selects = {"kind": "case"}


def up(item):
    return item | {"cents": item.pop("dollars") * 100}
'''
SEARCH = """
def case(item):
    return (item["pk"], {"cents": int(item["cents"])}) if item.get("kind") == "case" else None
"""


class Function(StreamFunction):
    def is_indexed(self, item: Mapping[str, Any]) -> bool:
        return item.get("kind") == "case"

    def body(self, item: Mapping[str, Any]) -> dict[str, Any]:
        return {"cents": int(item["cents"])}


def case(number: int, dollars: int) -> dict[str, Any]:
    return {
        "pk": {"S": f"case|{number}"},
        "sk": {"S": "case"},
        "kind": {"S": "case" if number % 5 else "note"},
        "dollars": {"N": str(dollars)},
    }


@pytest.fixture
def project(stack: SessionStack, tmp_path: Path) -> Iterator[Project]:
    with cloud() as url:
        endpoints = f'endpoints = {{ dynamodb = "{stack.dynamodb_url}", search = "{stack.search_url}", aws = "{url}" }}'
        made = Project(
            tmp_path, stack.dynamodb_url, environment=f"enable_stream = true\n{endpoints}", sections=SECTIONS
        )
        made.write("case.json", json.dumps(MAPPINGS))
        made.write("search.py", SEARCH)
        made.write("migrations/0001_cents.py", CENTS)
        client = made.aws.client("dynamodb")
        client.create_table(TableName=made.table("alpha"), **SHAPE)
        client.create_table(TableName=made.table("deploy"), **SHAPE)
        flags = {"current-color": "blue", "source-table-version": "alpha", "destination-table-version": "alpha"}
        for name, value in flags.items():
            flag = {"pk": {"S": name}, "sk": {"S": name}, "current": {"S": value}}
            client.put_item(TableName=made.table("deploy"), Item=flag)
        made.raw("alpha").write([json.dumps(case(number, number)).encode() for number in range(200)])
        yield made


def index_of(project: Project) -> str:
    """The index that the deployment made."""
    started = project.records()[0].body
    assert isinstance(started, Started)
    return started.plan.indexes[0].destination


def found(search_url: str, project: Project) -> dict[str, int]:
    index, name = OpenSearchIndex(search_url), index_of(project)
    index.refresh(name)
    return {id_: body["cents"] for id_, body in index.documents(name)}


def test_off_while_the_table_is_filled_then_it_builds_the_index(project: Project, stack: SessionStack) -> None:
    planned = project.ok("plan", "dev").out
    assert "built by the application" in planned
    assert f"{project.name}-dev-green-search: off until reindex, then it builds the index" in planned
    project.ok("deploy", "dev", "--until", "provision")
    described = project.aws.client("dynamodb").describe_table(TableName=project.table("beta"))["Table"]

    stranger = add_mapping(described["LatestStreamArn"], "audit")
    refused = project.run("deploy", "dev")
    assert refused.code == 1
    assert f"no [[consumer]] says what audit (event source mapping {stranger.uuid}) does" in refused.err
    assert 'function = "audit"' in refused.err
    lambda_backends[ACCOUNT][REGION].delete_event_source_mapping(stranger.uuid)

    mapping = add_mapping(described["LatestStreamArn"], f"{project.name}-dev-green-search")
    function = Function(project, mapping, OpenSearchIndex(stack.search_url), index_of(project))
    with function.running():
        project.ok("deploy", "dev", "--until", "verify")
        assert not mapping.enabled
        assert function.read == 0, "it was given what the backfill wrote before it was whole"
        at_gate = project.run("deploy", "dev")
        assert at_gate.code == 3, at_gate.err
        assert mapping.enabled
        wanted = {f"case|{number}": number * 100 for number in range(200) if number % 5}
        assert found(stack.search_url, project) == wanted

        # The live application goes on; what Verdigris settles reaches the index through the consumer.
        project.raw("alpha").write(
            [json.dumps(case(number, 7)).encode() for number in range(1, 60)], [("case|61", "case")]
        )
        project.ok("deploy", "dev", "--yes")
        wanted |= {f"case|{number}": 700 for number in range(1, 60) if number % 5}
        del wanted["case|61"]
        until_s = time.monotonic() + 30
        while found(stack.search_url, project) != wanted:
            assert time.monotonic() < until_s, "the index did not follow"
            time.sleep(0.1)
    bodies = [record.body for record in project.records()]
    (proof,) = [body.evidence for body in bodies if isinstance(body, PhaseDone) and body.phase == "reindex"]
    assert (proof["indexes"], proof["documents"], proof["repaired"]) == (1, 160, 0)
    steps = [body.step for body in bodies if isinstance(body, Outcome) and mapping.uuid in body.step]
    assert [step.split(": ")[1] for step in steps] == ["Disabled 1", "Enabled 2"]
