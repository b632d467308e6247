"""A deployment that tells CircleCI, from the command line; and its token is nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.circleci import TOKEN, CircleCi, circleci
from tests.conftest import SessionStack
from tests.project import Project

from verdigris.journal.base import Row

SECTIONS = """
[[notify]]
after = "exercise"
to = "circleci"
job = "go-on"
token = "env:CIRCLECI_TOKEN"
url = "{url}"

[[hook]]
at = "exercise"
command = ["/bin/sh", "-c", "echo hook at $VERDIGRIS_HOOK of $VERDIGRIS_COLOR"]
"""


@pytest.fixture
def service() -> Iterator[CircleCi]:
    with circleci() as made:
        made.workflow("w1", "go-on", status="on_hold")
        yield made


@pytest.fixture
def project(tmp_path: Path, stack: SessionStack, service: CircleCi) -> Project:
    environment = 'approve = "manual"\nenable_stream = true\n'
    sections = SECTIONS.format(url=service.url)
    return Project(tmp_path / "ci", stack.dynamodb_url, environment=environment, sections=sections)


def test_an_expired_token_stops_it_and_a_new_one_goes_on_from_elsewhere(project: Project, service: CircleCi) -> None:
    service.tokens = {"a-new-one"}
    expired = project.run("deploy", "dev", env={"CIRCLE_WORKFLOW_ID": "w1", "CIRCLECI_TOKEN": TOKEN})
    assert expired.code == 1
    assert "CircleCI refused the token (HTTP 401): it has expired" in expired.err
    assert "hook at exercise of blue" in expired.err
    assert service.approvals == []
    resumed = project.run("deploy", "dev", env={"CIRCLE_WORKFLOW_ID": None, "CIRCLECI_TOKEN": "a-new-one"})
    assert resumed.code == 3, resumed.err
    assert service.approvals == [("w1", "go-on")]
    waited = project.run("wait", "dev", "--for", "exercise")
    assert waited.code == 0
    said = [expired.out, expired.err, resumed.out, resumed.err, waited.err, *written(project)]
    for token in (TOKEN, "a-new-one"):
        assert not any(token in text for text in said)


def written(project: Project) -> Iterator[str]:
    """Everything that is left in files and in the deploy table."""
    for path in project.folder.rglob("*"):
        if path.is_file():
            yield path.read_text("utf-8", errors="replace")
    rows: list[Row] = project.journal().rows.scan("")
    assert rows
    yield from map(str, rows)
