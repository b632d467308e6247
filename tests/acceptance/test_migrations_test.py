"""`verdigris migrations test` on real items of a real table: what it shows, and that it writes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.project import SHAPE, Project

FEE = '''"""Fees are kept in cents."""
selects = {"kind": "fee"}


def up(item):
    return item | {"cents": int(item.pop("fee") * 100)}
'''
USER = '''"""A user's mail moves into an item of its own; guests go."""
selects = {"kind": "user"}


def up(item):
    if item["sk"] == "guest":
        return None
    return [item, {"pk": item["pk"], "sk": "mail|" + item["sk"], "kind": "mail", "mail": item.pop("mail")}]


def source(item):
    return {"pk": item["pk"], "sk": item["sk"].removeprefix("mail|")} if item["kind"] == "mail" else None
'''
ITEMS: list[dict[str, Any]] = [
    *({"pk": {"S": "case|1"}, "sk": {"S": f"fee|{n}"}, "kind": {"S": "fee"}, "fee": {"N": f"{n}.5"}} for n in range(5)),
    {"pk": {"S": "user|1"}, "sk": {"S": "ada"}, "kind": {"S": "user"}, "mail": {"S": "ada@here"}},
    {"pk": {"S": "user|2"}, "sk": {"S": "guest"}, "kind": {"S": "user"}},
    *({"pk": {"S": f"other|{n}"}, "sk": {"S": "x"}, "kind": {"S": "other"}} for n in range(30)),
]


@pytest.fixture
def project(stack: Any, tmp_path: Path) -> Project:
    """An environment as another tool left it: a table with items, and no deploy table."""
    made = Project(tmp_path, stack.dynamodb_url)
    client = made.aws.client("dynamodb")
    client.create_table(TableName=made.table("alpha"), **SHAPE)
    for item in ITEMS:
        client.put_item(TableName=made.table("alpha"), Item=item)
    made.write("migrations/0001_fee_in_cents.py", FEE)
    made.write("migrations/0002_user_mail.py", USER)
    return made


def test_every_pending_migration_is_tried_and_nothing_is_written(project: Project) -> None:
    before = project.items("alpha")
    done = project.run("migrations", "test", "dev")
    assert done.code == 0, done.err
    text = done.out
    assert ("case|1, sk=fee|3: changed\n  0001_fee_in_cents.py\n    + cents  350\n    - fee    3.5\n") in text
    assert "pk=user|2, sk=guest: dropped\n  0002_user_mail.py: dropped\n" in text
    assert (
        "pk=user|1, sk=ada: split into 2\n"
        "  0002_user_mail.py\n"
        "    → pk=user|1, sk=ada\n"
        '      - mail  "ada@here"\n'
        "    → pk=user|1, sk=mail|ada (new)\n"
        '      + kind  "mail"\n'
    ) in text
    assert text.endswith(f"37 items of {project.table('alpha')}: 30 untouched, 5 changed, 1 split, 1 dropped\n")
    assert done.last == "next: verdigris plan dev"
    assert project.items("alpha") == before
    assert project.aws.client("dynamodb").list_tables()["TableNames"].count(project.table("deploy")) == 0


def test_a_named_migration_on_one_key(project: Project) -> None:
    found = json.loads(
        project.ok("migrations", "test", "dev", "0001_fee_in_cents.py", "--key", "pk=case|1, sk=fee|2", "--json").out
    )
    key = {"pk": {"S": "case|1"}, "sk": {"S": "fee|2"}}
    assert (found["ok"], found["read"], found["migrations"]) == (True, 1, ["0001_fee_in_cents.py"])
    (item,) = found["items"]
    assert (item["key"], item["outcome"], item["outputs"]) == (key, "changed", [key])
    assert item["steps"][0]["outputs"] == [
        {"key": key, "new": False, "added": {"cents": {"N": "250"}}, "removed": {"fee": {"N": "2.5"}}, "changed": {}}
    ]


def test_a_refused_item_gives_the_reason_and_exit_code_1(project: Project) -> None:
    project.replace("migrations/0001_fee_in_cents.py", "int(item.pop", "float(item.pop")
    done = project.run("migrations", "test", "dev", "0001_fee_in_cents.py", "--sample", "2")
    assert done.code == 1
    assert done.out.count(": refused") == 2
    assert "0001_fee_in_cents.py: up returned an item that cannot be stored: `cents` is a float" in done.out
    assert done.last.startswith("next: mend the migration, then: verdigris migrations test dev")


def test_two_items_of_the_sample_that_come_to_one_key_are_named(project: Project) -> None:
    project.write(
        "migrations/0001_fee_in_cents.py",
        '"""One fee a case."""\nselects = {"kind": "fee"}\n\n\n'
        'def up(item):\n    return item | {"sk": "fee", "was": item["sk"]}\n\n\n'
        'def source(item):\n    return {"pk": item["pk"], "sk": item["was"]} if "was" in item else None\n',
    )
    done = project.run("migrations", "test", "dev", "0001_fee_in_cents.py")
    assert done.code == 1
    assert "all come to pk=case|1, sk=fee" in done.out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("0009_none.py",), 2, "no such migration: 0009_none.py"),
        (("--key", "pk=a"), 2, "'pk=a' is no key of this table; keys look like pk=…,sk=…"),
        (("--key", "pk=a,sk=b"), 1, "there is no item pk=a, sk=b"),
    ],
)
def test_what_is_not_there_is_said(project: Project, arguments: tuple[str, ...], code: int, said: str) -> None:
    done = project.run("migrations", "test", "dev", *arguments)
    assert done.code == code
    assert said in done.err


def test_no_table_and_no_pending_migration(stack: Any, tmp_path: Path, project: Project) -> None:
    empty = Project(tmp_path / "empty", stack.dynamodb_url)
    done = empty.run("migrations", "test", "dev")
    assert (done.code, "there is no table" in done.err) == (1, True)
    for file in (project.folder / "migrations").glob("*.py"):
        file.unlink()
    assert "no migration is pending" in project.ok("migrations", "test", "dev").out
