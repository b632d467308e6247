"""Planted secrets are nowhere: in no output, log, plan or file, and in no row of the deploy table."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import SessionStack
from tests.contract.control_plane import aws
from tests.moto import Moto
from tests.project import Done, Project
from tests.receiver import Receiver, receiver

from verdigris.journal.base import Row

#: Where each lies → what it is. All of them begin alike, so that a part of one is found, too.
PLANTED = {
    "variable": "planted-variable",
    "secretsmanager": "planted-secretsmanager",
    "ssm": "planted-ssm",
    "query": "planted-query",
    "body": "planted-body",
    "url": "planted-url",
    "search": "planted-search",
}
MARK = "planted-"
SECTIONS = """
[[hook]]
at = "after-provision"
url = "{url}?token=planted-query"
secret = "env:HOOK_SECRET"

[[hook]]
at = "exercise"
url = "{url}?token=planted-query"
secret = "ssm:/{id}/hook"

[[notify]]
after = "exercise"
to = "webhook"
url = "{url}?token=planted-query"
secret = "secretsmanager:{id}#key"
"""
#: Python quotes what it cannot convert.
MIGRATION = "def up(item):\n    return item | {'ssn': int(item['ssn'])}\n"
GOOD = (200, {"status": "SUCCEEDED"})
SURROUNDINGS: dict[str, str | None] = {
    "HOOK_SECRET": PLANTED["variable"],
    "VERDIGRIS_SEARCH_USER": "somebody",
    "VERDIGRIS_SEARCH_PASSWORD": PLANTED["search"],
}


@pytest.fixture
def service() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


@pytest.fixture
def project(tmp_path: Path, stack: SessionStack, moto: Moto, service: Receiver) -> Project:
    id_ = f"secret-{uuid.uuid4().hex}"
    aws(moto.url).client("ssm").put_parameter(Name=f"/{id_}/hook", Value=PLANTED["ssm"], Type="SecureString")
    text = json.dumps({"key": PLANTED["secretsmanager"]})
    aws(moto.url).client("secretsmanager").create_secret(Name=id_, SecretString=text)
    endpoints = f'endpoints = {{ dynamodb = "{stack.dynamodb_url}", aws = "{moto.url}" }}'
    return Project(
        tmp_path / "secrets",
        stack.dynamodb_url,
        environment=f'approve = "auto"\nenable_stream = true\n{endpoints}\n',
        sections=SECTIONS.format(url=service.url, id=id_),
    )


class Watched:
    """Runs commands and keeps all that they say."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.said: list[str] = []

    def run(self, *words: str, code: int) -> Done:
        done = self.project.run(*words, env=SURROUNDINGS)
        assert done.code == code, (words, done)
        self.said += [done.out, done.err]
        return done


def test_they_are_nowhere_whatever_fails(project: Project, service: Receiver) -> None:
    watched = Watched(project)
    _refused_by_the_configuration(watched)
    for before in (0, 1, 1):  # the hook after provision, the one at exercise, the webhook
        service.answers = [GOOD] * before + [(403, {"message": "no"})]
        assert "HTTP 403" in watched.run("deploy", "dev", "--verbose", code=1).err
    service.answers = [GOOD] * 9
    watched.run("deploy", "dev", "--json", code=0)
    assert {"webhook-signature"} <= set.intersection(*(set(one.headers) for one in service.messages)), "all were used"

    item = {"pk": {"S": "case|1"}, "sk": {"S": "case|1"}, "ssn": {"S": PLANTED["body"]}}
    project.raw("alpha").write([json.dumps(item).encode()])
    project.write("migrations/0001_ssn.py", MIGRATION)
    watched.run("plan", "dev", "--out", str(project.folder / "next.plan"), code=0)
    watched.run("migrations", "lint", "dev", code=0)
    done = watched.run("deploy", "dev", "--verbose", code=1)
    assert "ValueError: invalid literal for int()" in done.err + watched.run("quarantine", "list", "dev", code=0).out
    for words in (("status", "dev"), ("history", "dev", "--json"), ("doctor", "dev"), ("quarantine", "list", "--json")):
        watched.run(*words, code=0)

    assert not [text for text in watched.said if MARK in text]
    assert not [path for path, text in _files(project) if MARK in text]
    assert not [row["pk"] for row in _rows(project) if MARK in str(row)]


def _refused_by_the_configuration(watched: Watched) -> None:
    """An address with a password in it, and a secret where the place of one belongs."""
    file = watched.project.folder / "verdigris.toml"
    good = file.read_text()
    for old, new in (
        ('aws = "http://', f'aws = "http://somebody:{PLANTED["url"]}@'),
        ("env:HOOK_SECRET", PLANTED["variable"]),
    ):
        watched.project.replace("verdigris.toml", old, new)
        watched.run("plan", "dev", "--verbose", code=2)
        file.write_text(good)


def _files(project: Project) -> Iterator[tuple[Path, str]]:
    """All that was written; what the user wrote (an address's query, in the configuration) is the user's."""
    for path in project.folder.rglob("*"):
        if path.is_file() and path.name != "verdigris.toml":
            yield path, path.read_text("utf-8", errors="replace")


def _rows(project: Project) -> list[Row]:
    """The deploy table. An item in quarantine is kept there whole, compressed: for those who may read the table."""
    rows = project.journal().rows.scan("")
    assert any(str(row["sk"]).startswith("body|") for row in rows), "the item is kept"
    return rows
