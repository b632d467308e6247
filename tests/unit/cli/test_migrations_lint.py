"""`verdigris migrations lint` as people and programs see it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from verdigris.cli.main import cli

CONFIG = """
[app]
name = "court"
[table]
name = "{app}-{env}-{version}"
shape = "table.json"
[environments.dev]
regions = ["us-east-1"]
"""
MAIL = {
    "IndexName": "gsi1",
    "KeySchema": [{"AttributeName": "mail", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}
SHAPE = {
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "mail")],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "GlobalSecondaryIndexes": [MAIL],
}
BAD = "import uuid\n\n\ndef up(item):\n    item.pop('mail')\n    return item | {'id': str(uuid.uuid4())}\n"
GOOD = (
    '"""Nothing changes."""\n\n\ndef up(item):\n    return item\n\n\n'
    "def down(item, old):\n    return item\n\n\ndef verify(item):\n    assert item\n"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "verdigris.toml").write_text(CONFIG)
    (tmp_path / "table.json").write_text(json.dumps(SHAPE))
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations/0001_bad.py").write_text(BAD)
    (tmp_path / "migrations/0002_good.py").write_text(GOOD)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_each_finding_has_its_place_its_code_and_how_to_mend_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["migrations", "lint"]) == 1
    said = capsys.readouterr()
    assert (
        "migrations/0001_bad.py:6: VM004 error: `uuid.uuid4` gives another value each time\n    use stable_id("
        in said.out
    )
    assert "migrations/0001_bad.py:5: VM010 error: `mail` is removed, a key attribute of the index gsi1" in said.out
    assert said.out.endswith("2 migrations: 2 errors, 2 warnings, 1 note\n")
    assert said.err == "next: mend the errors, then: verdigris migrations lint\n"


def test_a_named_file_without_findings(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["migrations", "lint", "0002_good.py"]) == 0
    assert capsys.readouterr().out == "1 migration: nothing found\n"


def test_without_a_shape_it_says_what_it_does_not_know(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "verdigris.toml").write_text(CONFIG.replace('shape = "table.json"', ""))
    assert cli.run(["migrations", "lint", "0002_good.py"]) == 0
    assert "keys and indexes are not known" in capsys.readouterr().out


def test_the_document(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["migrations", "lint", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["counts"] == {"error": 2, "warning": 2, "note": 1}
    assert (found["ok"], found["table"]) == (False, str(folder / "table.json"))
    assert found["migrations"] == ["0001_bad.py", "0002_good.py"]
    assert [one["code"] for one in found["findings"]] == ["VM002", "VM011", "VM012", "VM010", "VM004"]
    assert found["findings"][-1].keys() == {"code", "severity", "file", "line", "what", "why", "mend"}


def test_a_name_that_is_none(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["migrations", "lint", "0009_none.py"]) == 2
    assert "no such migration: 0009_none.py" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("part", "said"),
    [("AttributeDefinitions", "AttributeDefinitions is missing"), ("KeySchema", "KeySchema is missing")],
)
def test_a_shape_that_is_none(folder: Path, capsys: pytest.CaptureFixture[str], part: str, said: str) -> None:
    (folder / "table.json").write_text(json.dumps({name: value for name, value in SHAPE.items() if name != part}))
    assert cli.run(["migrations", "lint"]) == 2
    found = capsys.readouterr().err
    assert "the file of table.shape is not the body of a CreateTable request" in found
    assert f"table.json: {part} is missing" in found
