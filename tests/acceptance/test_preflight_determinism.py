"""A deployment refuses, before it makes anything, a migration that gives two results for one real item."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.project import Project

VARYING = '''"""Each fee gets an id."""
import uuid

selects = {"kind": "fee"}


def up(item):
    return item | {"id": str(uuid.uuid4())}
'''
STABLE = '''"""Each fee gets an id, and says who paid it."""
from verdigris.migrations import stable_id

selects = {"kind": "fee"}


def up(item, view):
    payer = view.get({"pk": item["payer"], "sk": "x"})
    return item | {"id": stable_id(item, "fee"), "name": payer["name"]}
'''


@pytest.fixture
def live(stack: Any, tmp_path: Path) -> Project:
    """Twenty fees and a payer are served, and their stream is on."""
    project = Project(
        tmp_path / "determinism", stack.dynamodb_url, environment='approve = "auto"\nenable_stream = true'
    )
    project.ok("deploy", "dev")
    client = project.aws.client("dynamodb")
    for number in range(20):
        fee = {"pk": {"S": f"fee|{number}"}, "sk": {"S": "x"}, "kind": {"S": "fee"}, "payer": {"S": "ada"}}
        client.put_item(TableName=project.table("alpha"), Item=fee)
    client.put_item(TableName=project.table("alpha"), Item={"pk": {"S": "ada"}, "sk": {"S": "x"}, "name": {"S": "Ada"}})
    return project


def test_chance_is_refused_and_named_and_stable_ids_pass(live: Project) -> None:
    live.write("migrations/0001_ids.py", VARYING)
    done = live.run("deploy", "dev", "--until", "preflight")
    assert done.code == 1
    assert '0001_ids.py gives different results for one item: `id` is "' in done.err
    assert "pk=fee|" in done.err
    assert live.table("beta") not in live.aws.client("dynamodb").list_tables()["TableNames"]
    live.ok("abort", "dev")
    live.write("migrations/0001_ids.py", STABLE)
    live.ok("deploy", "dev", "--until", "preflight")
    tables = live.aws.client("dynamodb").list_tables()["TableNames"]
    assert [name for name in tables if name.startswith(live.name)] == [live.table("alpha"), live.table("deploy")]
    assert live.records()[-1].body.evidence["applied_twice"] == 20  # type: ignore[union-attr]
