"""Items that cannot be carried along, on DynamoDB Local and by the command line: list, show, redrive, discard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.project import SHAPE, Project

FEE = '''"""Fees are kept in cents."""
selects = {"kind": "fee"}


def up(item):
    cents = int(item.pop("fee") * 100)
    return item | {"cents": cents, "owner": item.get("owner", "court")}
'''
#: It takes 7 now; 70 it would refuse still.
MENDED = FEE.replace('item.pop("fee")', 'item.pop("fee", 0 if item["pk"] == "case|7" else None)')


def fee(number: int, **more: Any) -> dict[str, Any]:
    return {"pk": {"S": f"case|{number}"}, "sk": {"S": "fee"}, "kind": {"S": "fee"}, "fee": {"N": "1.5"}} | more


def without_fee(number: int, **more: Any) -> dict[str, Any]:
    item = fee(number, **more)
    del item["fee"]
    return item


@pytest.fixture
def project(stack: Any, tmp_path: Path) -> Project:
    """200 fees; two have no amount, one an owner that the table's index cannot hold after the migration."""
    made = Project(tmp_path, stack.dynamodb_url)
    client = made.aws.client("dynamodb")
    shape = SHAPE | {
        "AttributeDefinitions": [*SHAPE["AttributeDefinitions"], {"AttributeName": "owner", "AttributeType": "S"}],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "by-owner",
                "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    }
    client.create_table(TableName=made.table("alpha"), **shape)
    for number in range(200):
        client.put_item(TableName=made.table("alpha"), Item=without_fee(number) if number in (7, 70) else fee(number))
    made.write("migrations/0001_fee_in_cents.py", FEE.replace('"court")', '1 if item["pk"] == "case|99" else "court")'))
    client.create_table(
        TableName=made.table("deploy"),
        AttributeDefinitions=SHAPE["AttributeDefinitions"],
        KeySchema=SHAPE["KeySchema"],
        BillingMode="PAY_PER_REQUEST",
    )
    flags = {"current-color": "blue", "source-table-version": "alpha", "destination-table-version": "alpha"}
    for name, value in flags.items():
        flag = {"pk": {"S": name}, "sk": {"S": name}, "current": {"S": value}}
        client.put_item(TableName=made.table("deploy"), Item=flag)
    return made


def test_from_three_refused_items_to_a_switch(project: Project) -> None:
    at_gate = project.run("deploy", "dev", "--enable-stream")
    assert at_gate.code == 3, at_gate.err
    assert "3 in quarantine" in at_gate.err
    assert len(project.items("beta")) == 197

    listed = project.ok("quarantine", "list", "dev")
    assert "pk=case|7, sk=fee" in listed.out
    assert "pk=case|99, sk=fee" in listed.out
    assert listed.out.count("item refused") == 2
    assert listed.out.count("write refused") == 1
    found = json.loads(project.ok("quarantine", "list", "dev", "--json").out)
    assert [entry["by"] for entry in found["entries"]].count("0001_fee_in_cents.py") == 2

    shown = project.ok("quarantine", "show", "pk=case|7,sk=fee", "dev").out
    assert 'cents = int(item.pop("fee") * 100)' in shown
    assert "KeyError: 'fee'" in shown
    assert '"S": "case|7"' in shown

    status = project.ok("status", "dev").out
    assert "3 items waiting" in status
    assert "next: verdigris quarantine list dev" in status

    refused = project.run("deploy", "dev", "--yes")
    assert refused.code == 1
    assert "3 items are in quarantine: " in refused.err
    assert refused.last == "next: verdigris quarantine list dev"
    assert project.ok("get", "dev", "current-color").out == "blue\n"

    discarded = project.run("quarantine", "discard", "pk=case|70,sk=fee", "dev", "--comment", "made by a test")
    assert discarded.code == 0, discarded.err
    project.write("migrations/0001_fee_in_cents.py", MENDED)
    unaccepted = project.run("quarantine", "redrive", "dev")
    assert unaccepted.code == 2
    assert unaccepted.last == "next: verdigris quarantine redrive dev --yes"
    redriven = project.ok("quarantine", "redrive", "dev", "--yes")
    assert redriven.out.count(": settled") == 2
    assert "nothing waits in quarantine" in redriven.out
    assert "mended" in project.ok("history", "dev").out
    assert "is in replay" in project.ok("status", "dev").out

    again = project.run("deploy", "dev")
    assert again.code == 3, again.err
    done = project.run("deploy", "dev", "--yes")
    assert done.code == 0, done.err
    assert "1 item discarded" in done.err
    assert project.ok("get", "dev", "current-color").out == "green\n"
    items = project.items("beta")
    assert len(items) == 199
    assert ("case|70", "fee") not in items
    assert items["case|7", "fee"]["cents"] == {"N": "0"}
    assert items["case|99", "fee"]["owner"] == {"S": "court"}
    (discarded_items,) = (
        record["body"]["evidence"]["discarded"]
        for record in json.loads(project.ok("history", "dev", "--json").out)["records"]
        if "discarded" in record["body"].get("evidence", {}) and record["body"]["phase"] == "switch"
    )
    assert [(item["key"], item["comment"]) for item in discarded_items] == [("case|70/fee", "made by a test")]


def test_what_is_not_there_is_said(project: Project) -> None:
    assert "nothing was ever deployed" in project.run("quarantine", "list", "dev").err
    project.run("deploy", "dev", "--enable-stream", "--until", "backfill")
    nothing = project.run("quarantine", "show", "pk=case|1,sk=fee", "dev")
    assert (nothing.code, nothing.last) == (1, "next: verdigris quarantine list dev")
    assert project.run("quarantine", "discard", "pk=case|7,sk=fee", "dev", "--comment", " ").code == 2
    assert project.run("quarantine", "discard", "case|7", "dev", "--comment", "x").code == 2
    project.ok("abort", "dev")
    closed = project.run("quarantine", "redrive", "dev")
    assert closed.code == 2
    assert "nothing can be settled now" in closed.err
