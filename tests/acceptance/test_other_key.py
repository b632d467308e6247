"""A table with another key and a new index, on DynamoDB Local and by the command line: `id` → `case` and `number`."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.project import SHAPE, Project

FIRST = {
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}
SECOND = {
    "AttributeDefinitions": [
        {"AttributeName": "case", "AttributeType": "S"},
        {"AttributeName": "number", "AttributeType": "N"},
        {"AttributeName": "owner", "AttributeType": "S"},
    ],
    "KeySchema": [{"AttributeName": "case", "KeyType": "HASH"}, {"AttributeName": "number", "KeyType": "RANGE"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-owner",
            "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}
SECTIONS = """
beacon = -1
[table.destination]
shape = "table-2.json"
ttl_attribute = "expires"
"""
BY_CASE = '''"""A document lies under its case, by number; whoever is nobody's loses the id."""
selects = {"kind": ["document", "orphan"]}


def up(item):
    _, case, number = item["id"].split("|")
    if item["kind"] == "orphan":
        del item["id"]
    return item | {"case": f"case|{case}", "number": int(number)}
'''
MORE = '''"""Every document is stamped."""


def up(item):
    return item | {"stamped": True}
'''
CASES, NUMBERS = 12, 40
Item = dict[str, dict[str, Any]]


def document(case: int, number: int, revision: int) -> Item:
    """Two of three by the migration; of the others each has its new key already, and no migration selects it."""
    item = {"id": {"S": f"doc|{case}|{number}"}, "owner": {"S": f"owner|{revision % 3}"}, "rev": {"N": str(revision)}}
    kind = ("document", "orphan", "filed")[number % 3]
    if kind == "filed":
        item |= {"case": {"S": f"case|{case}"}, "number": {"N": str(number)}}
    return item | {"kind": {"S": kind}}


def moved(item: Item) -> tuple[tuple[str, str], Item]:
    """By hand: what the second table must hold of it."""
    _, case, number = item["id"]["S"].split("|")
    made = {name: value for name, value in item.items() if name != "id" or item["kind"]["S"] != "orphan"}
    return (f"case|{case}", number), made | {"case": {"S": f"case|{case}"}, "number": {"N": number}}


@pytest.fixture
def project(stack: Any, tmp_path: Path) -> Project:
    made = Project(tmp_path, stack.dynamodb_url, sections=SECTIONS, environment="enable_stream = true")
    made.write("table-2.json", json.dumps(SECOND))
    made.write("migrations/0001_by_case.py", BY_CASE)
    client = made.aws.client("dynamodb")
    client.create_table(TableName=made.table("alpha"), **FIRST)
    client.create_table(TableName=made.table("deploy"), **SHAPE)
    flags = {"current-color": "blue", "source-table-version": "alpha", "destination-table-version": "alpha"}
    for name, value in flags.items():
        flag = {"pk": {"S": name}, "sk": {"S": name}, "current": {"S": value}}
        client.put_item(TableName=made.table("deploy"), Item=flag)
    return made


class Clerk:
    """Writes to the first table all the while; `kept` is what it was acknowledged."""

    def __init__(self, project: Project) -> None:
        self._client = project.aws.client("dynamodb")
        self._table = project.table("alpha")
        self._dice = random.Random(7)
        self._stop = threading.Event()
        self.kept: dict[str, Item] = {}
        self.writes = 0
        for case in range(CASES):
            for number in range(1, NUMBERS):
                self._put(document(case, number, 0))

    def _put(self, item: Item) -> None:
        self._client.put_item(TableName=self._table, Item=item)
        self.kept[item["id"]["S"]] = item

    def _write(self) -> None:
        case, number = self._dice.randrange(CASES), self._dice.randrange(1, NUMBERS)
        key = f"doc|{case}|{number}"
        self.writes += 1
        if self._dice.random() < 0.3:
            self._client.delete_item(TableName=self._table, Key={"id": {"S": key}})
            self.kept.pop(key, None)
        else:
            self._put(document(case, number, self.writes))

    def _work(self) -> None:
        while not self._stop.is_set():
            self._write()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        thread = threading.Thread(target=self._work)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()


def items(project: Project, version: str) -> dict[tuple[str, str], Item]:
    pages = project.aws.client("dynamodb").get_paginator("scan").paginate(
        TableName=project.table(version), ConsistentRead=True
    )  # fmt: skip
    return {(item["case"]["S"], item["number"]["N"]): item for page in pages for item in page["Items"]}


def owned(project: Project, version: str, owner: str) -> set[str]:
    answer = project.aws.client("dynamodb").query(
        TableName=project.table(version),
        IndexName="by-owner",
        KeyConditionExpression="#owner = :owner",
        ExpressionAttributeNames={"#owner": "owner"},
        ExpressionAttributeValues={":owner": {"S": owner}},
    )
    return {f"{item['case']['S']}/{item['number']['N']}" for item in answer["Items"]}


def test_from_one_key_to_another_back_forward_and_on(project: Project) -> None:
    clerk = Clerk(project)
    planned = project.ok("plan", "dev").out
    assert "key id → case+number, index by-owner is new, time to live by nothing → expires" in planned
    tried = project.ok("migrations", "test", "dev", "--sample", "5").out
    assert "→ case=case|" in tried
    with clerk.at_work():
        at_gate = project.run("deploy", "dev")
    assert at_gate.code == 3, at_gate.err
    assert clerk.writes > 50
    switched = project.run("deploy", "dev", "--yes")
    assert switched.code == 0, switched.err
    wanted = dict(map(moved, clerk.kept.values()))
    assert items(project, "beta") == wanted
    by_owner = {f"{case}/{number}" for (case, number), item in wanted.items() if item["owner"]["S"] == "owner|1"}
    assert owned(project, "beta", "owner|1") == by_owner
    told = project.aws.client("dynamodb").describe_time_to_live(TableName=project.table("beta"))
    assert told["TimeToLiveDescription"]["AttributeName"] == "expires"

    back = project.run("rollback", "dev", "--lossy")
    assert back.code == 0, back.err
    assert project.ok("get", "dev", "current-color").out == "blue\n"
    forward = project.run("deploy", "dev")
    assert forward.code == 0, forward.err
    project.ok("finalize", "dev", "--confirm", "dev")
    assert items(project, "beta") == wanted

    # The section stands where it did, and says nothing new.
    project.write("migrations/0002_stamp.py", MORE)
    again = project.ok("plan", "dev").out
    assert "," not in again.partition("table ")[2].partition("\n")[0]
    second = project.run("deploy", "dev", "--yes")
    assert second.code == 0, second.err
    assert items(project, "alpha") == {key: item | {"stamped": {"BOOL": True}} for key, item in wanted.items()}
    assert owned(project, "alpha", "owner|1") == by_owner
    project.ok("finalize", "dev", "--confirm", "dev")

    # Without a migration another shape is told, not ignored.
    project.write("table-2.json", json.dumps(FIRST))
    refused = project.run("plan", "dev")
    assert refused.code == 1
    assert "key case+number → id, index by-owner is dropped), and no migration is pending" in refused.out
    assert "[table.destination]" in project.run("doctor", "dev").out
    assert project.run("deploy", "dev").code == 1


def test_what_has_not_the_new_key_waits_in_quarantine_under_the_old_one(project: Project) -> None:
    client = project.aws.client("dynamodb")
    for number in range(1, 4):
        client.put_item(TableName=project.table("alpha"), Item=document(1, number, 0))
    client.put_item(TableName=project.table("alpha"), Item={"id": {"S": "note"}, "kind": {"S": "note"}})
    twin = document(1, 2, 5) | {"id": {"S": "doc|9|9"}}
    client.put_item(TableName=project.table("alpha"), Item=twin)
    at_gate = project.run("deploy", "dev")
    assert at_gate.code == 3, at_gate.err
    listed = project.ok("quarantine", "list", "dev").out
    assert "id=note" in listed
    assert "[table.destination]: the key attribute `case` is missing, and no migration selects the item" in listed
    assert "case=case|1, number=2" in listed
    assert "collision" in listed
    shown = json.loads(project.ok("quarantine", "show", "case=case|1,number=2", "dev", "--json").out)
    (entry,) = shown["entries"]
    assert entry["sources"] == [{"id": {"S": "doc|1|2"}}, {"id": {"S": "doc|9|9"}}]
    client.delete_item(TableName=project.table("alpha"), Key={"id": {"S": "doc|9|9"}})
    project.ok("quarantine", "discard", "id=note", "dev", "--comment", "a leftover")
    assert project.run("deploy", "dev").code == 3
    done = project.run("deploy", "dev", "--yes")
    assert done.code == 0, done.err
    assert list(items(project, "beta")) == [("case|1", "1"), ("case|1", "2"), ("case|1", "3")]


def test_a_body_that_is_none_is_told_before_anything_is_made(project: Project) -> None:
    project.write("table-2.json", json.dumps({**SECOND, "KeySchema": []}))
    refused = project.run("deploy", "dev")
    assert refused.code == 2
    assert "table.destination.shape" in refused.err
    assert project.run("status", "dev").code == 0
