"""The deploy table edited by hand in the middle of a deployment: refused in words, and nothing is lost by it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.conftest import SessionStack
from tests.project import Done, Project

FEE = '''"""Fees are kept in cents."""
selects = {"entityName": "Fee"}


def up(item):
    return item | {"cents": item.pop("n") * 100}
'''
JOURNAL = "verdigris|journal"
CHECKPOINT = "verdigris|checkpoint|000002"


class Edited:
    """A project whose deployment waits at the gate, and the rows of its deploy table."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.table = project.table("deploy")
        self.client = project.aws.client("dynamodb")

    def rows(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.client.scan(TableName=self.table, ConsistentRead=True)["Items"]
        return rows

    def put(self, pk: str, sk: str = "", **attributes: Any) -> None:
        self.client.put_item(TableName=self.table, Item={"pk": {"S": pk}, "sk": {"S": sk or pk}, **attributes})

    def delete(self, pk: str, sk: str = "") -> None:
        self.client.delete_item(TableName=self.table, Key={"pk": {"S": pk}, "sk": {"S": sk or pk}})

    def restore(self, rows: list[dict[str, Any]]) -> None:
        for row in self.rows():
            self.delete(row["pk"]["S"], row["sk"]["S"])
        for row in rows:
            self.client.put_item(TableName=self.table, Item=row)


def fee(number: int) -> bytes:
    key = {"S": f"fee|{number}"}
    return json.dumps({"pk": key, "sk": key, "entityName": {"S": "Fee"}, "n": {"N": str(number)}}).encode()


@pytest.fixture(scope="module")
def at_gate(stack: SessionStack, tmp_path_factory: pytest.TempPathFactory) -> Edited:
    folder = tmp_path_factory.mktemp("edited")
    project = Project(folder, stack.dynamodb_url, environment='approve = "manual"\nenable_stream = true')
    project.ok("deploy", "dev", "--yes")
    project.raw("alpha").write([fee(number) for number in range(10)])
    project.write("migrations/0001_fee.py", FEE)
    assert project.run("deploy", "dev").code == 3
    return Edited(project)


@pytest.fixture
def edited(at_gate: Edited) -> Iterator[Edited]:
    """Both tables are as they were before, and so is the deploy table for the next test."""
    rows, tables = at_gate.rows(), [at_gate.project.items(version) for version in ("alpha", "beta")]
    yield at_gate
    at_gate.restore(rows)
    assert [at_gate.project.items(version) for version in ("alpha", "beta")] == tables


def refused(done: Done, *said: str) -> None:
    assert done.code == 1, done
    assert "bug in Verdigris" not in done.err
    assert done.last.startswith("next: "), done.err
    for text in (*said, "state: nothing was changed"):
        assert text in done.err, done.err


@pytest.mark.parametrize(
    ("flag", "value", "said"),
    [
        ("current-color", {"S": "green"}, "current-color is green, and was blue"),
        ("current-color", {"S": "purple"}, "current-color is 'purple'; it must be blue or green"),
        ("source-table-version", {"S": "beta"}, "source-table-version is beta, and was alpha"),
        ("destination-table-version", {"S": "alpha"}, "destination-table-version is alpha, and was beta"),
        ("migrate", {"BOOL": False}, "migrate is false, and was true"),
    ],
)
def test_a_flag(edited: Edited, flag: str, value: dict[str, Any], said: str) -> None:
    edited.put(flag, current=value)
    refused(edited.project.run("deploy", "dev", "--yes"), said, edited.table)


def test_an_abort_removes_nothing_that_the_flags_name(edited: Edited) -> None:
    """As after a switch that somebody made by hand: what abort would remove is live."""
    edited.put("current-color", current={"S": "green"})
    edited.put("source-table-version", current={"S": "beta"})
    refused(edited.project.run("abort", "dev"), "current-color is green", "source-table-version is beta")


def test_a_flag_that_is_gone(edited: Edited) -> None:
    edited.delete("current-color")
    refused(edited.project.run("deploy", "dev", "--yes"), "current-color is not set, and was blue")
    assert "current-color is not set" in edited.project.run("status", "dev").out


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda to: to.put(JOURNAL, "000002|000007", record={"S": "{oops"}), "000002|000007"),
        (lambda to: to.put(JOURNAL, "000002|000007", record={"S": "[1]"}), "000002|000007"),
        (lambda to: to.put(JOURNAL, "000002|000007"), "it has no record"),
        (lambda to: to.delete(JOURNAL, "000002|000007"), "a hole before record 8"),
        (lambda to: to.delete(JOURNAL, "000002|000001"), "a hole before record 2"),
        (lambda to: to.put("verdigris|lease", token={"N": "9"}), "verdigris|lease"),
    ],
    ids=["garbled", "other JSON", "empty", "removed", "the first removed", "the lease"],
)
def test_a_row(edited: Edited, edit: Callable[[Edited], None], said: str) -> None:
    edit(edited)
    refused(edited.project.run("deploy", "dev", "--yes"), said, edited.table)


def test_where_it_stands_is_shown_without_the_row_by_which_people_steer(edited: Edited) -> None:
    edited.put("verdigris|budget", control={"S": "{"})
    done = edited.project.ok("status", "dev")
    assert "waits for a yes" in done.out
    assert "the row verdigris|budget of the deploy table is not as Verdigris wrote it" in done.out
    assert done.out.endswith("next: remove that row, then run the command again\n")
    refused(edited.project.run("pause", "dev"), "verdigris|budget")
    edited.delete(JOURNAL, "000002|000007")
    refused(edited.project.run("status", "dev"), "a hole before record 8")


def test_a_lease_whose_token_went_back(edited: Edited) -> None:
    (row,) = (row for row in edited.rows() if row["pk"]["S"] == "verdigris|lease")
    edited.client.put_item(TableName=edited.table, Item=row | {"token": {"N": "0"}})
    refused(edited.project.run("deploy", "dev", "--yes"), "its token is 1, and the journal's last record has")


def test_a_checkpoint(edited: Edited) -> None:
    edited.put(CHECKPOINT, "tail", value={"B": b"junk"})
    edited.project.run("deploy", "dev", "--yes", "--until", "approve")
    done = edited.project.run("deploy", "dev", "--until", "switch")
    assert done.code == 1, done
    assert "tail of the deploy table is not as Verdigris wrote it" in done.err
    assert done.last == "next: remove that row (what it covers is done once more), then run the command again"


def test_all_rows_of_the_deployment_gone(edited: Edited) -> None:
    for row in edited.rows():
        if row["sk"]["S"].startswith("000002|"):
            edited.delete(row["pk"]["S"], row["sk"]["S"])
    refused(edited.project.run("deploy", "dev"), "the flags disagree", "exists and holds items; nothing is written")


def test_a_lease_that_is_gone_and_the_rest_of_the_way(at_gate: Edited) -> None:
    """The last one: with everything put back the deployment ends as if nothing had been, and no token comes twice."""
    project = at_gate.project
    before = max(record.token for record in project.records())
    at_gate.delete("verdigris|lease")
    at_gate.delete(CHECKPOINT, "tail")
    project.raw("alpha").write([fee(11)])
    project.ok("deploy", "dev", "--yes")
    assert {record.token for record in project.records()} >= {before, before + 1}
    assert max(record.token for record in project.records()) == before + 1
    assert project.items("beta")["fee|11", "fee|11"]["cents"] == {"N": "1100"}
    assert len([key for key in project.items("beta") if key[0].startswith("fee")]) == 11

    project.ok("finalize", "dev", "--confirm", "dev")
    at_gate.delete("migration|0001_fee.py")
    refused(project.run("deploy", "dev"), "0001_fee.py was applied by deployment 2", "verdigris migrations repair")
    assert "accepted 0001_fee.py" in project.ok("migrations", "repair", "dev").out
    assert project.ok("migrations", "list", "dev").out.split() == ["0001_fee.py", "applied"]
    assert project.items("beta")["fee|3", "fee|3"]["cents"] == {"N": "300"}
