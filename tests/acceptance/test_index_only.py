"""A changed mapping on real engines, under live writes: another index from the same table, and the alias moves."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import SessionStack
from tests.contract.search import CLUSTERS
from tests.project import Project

from verdigris.stores.opensearch_index import OpenSearchIndex
from verdigris.stores.search_http import SearchHttp

SECTIONS = """
[[index]]
name = "{app}-{env}-case"
mappings = "case.json"
document = "search:case"
"""
SEARCH = """
def case(item):
    if item["kind"] != "case":
        return None
    return f"{item['pk']} of {item['court']}", {"title": item["title"]}
"""


def mappings(kind: str) -> str:
    settings = {"number_of_shards": 1, "number_of_replicas": 0}
    return json.dumps(
        {"settings": settings, "mappings": {"dynamic": "strict", "properties": {"title": {"type": kind}}}}
    )


def item(number: int, dice: random.Random) -> dict[str, Any]:
    kind, court = dice.choice(["case", "case", "draft"]), dice.choice(["tax", "appeals"])
    return {"pk": f"{number:04}", "sk": "case", "kind": kind, "court": court, "title": f"Title {dice.random()}"}


def raw(one: dict[str, Any]) -> bytes:
    return json.dumps({name: {"S": value} for name, value in one.items()}).encode()


@pytest.fixture
def search(request: pytest.FixtureRequest, search_cluster: Callable[[str], str]) -> str:
    """The address of the cluster that a test asks for."""
    return search_cluster(getattr(request, "param", "opensearch"))


@pytest.fixture
def project(tmp_path: Path, stack: SessionStack, search: str) -> Project:
    """Blue serves 300 items; its index is as the application left it."""
    endpoints = f'endpoints = {{ dynamodb = "{stack.dynamodb_url}", search = "{search}" }}'
    made = Project(
        tmp_path / "search", stack.dynamodb_url, environment=f"{endpoints}\nenable_stream = true", sections=SECTIONS
    )
    made.write("case.json", mappings("text"))
    made.write("search.py", SEARCH)
    made.ok("deploy", "dev", "--yes")
    dice = random.Random(1)
    made.raw("alpha").write([raw(item(number, dice)) for number in range(300)])
    return made


@contextmanager
def writing(project: Project) -> Iterator[None]:
    """Puts, changes that move documents, and deletes, all the time."""
    table, dice, ended = project.raw("alpha"), random.Random(2), threading.Event()

    def write() -> None:
        while not ended.wait(0.01):
            number = dice.randrange(400)
            if dice.random() < 0.2:
                table.write([], [(f"{number:04}", "case")])
            else:
                table.write([raw(item(number, dice))])

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def wanted(project: Project) -> dict[str, Any]:
    cases = [one for one in project.items("alpha").values() if one["kind"]["S"] == "case"]
    return {f"{one['pk']['S']} of {one['court']['S']}": {"title": one["title"]["S"]} for one in cases}


@pytest.mark.parametrize("search", CLUSTERS, indirect=True)
def test_a_changed_mapping_builds_another_index_from_the_same_table(project: Project, search: str) -> None:
    index, alias = OpenSearchIndex(search), f"{project.name}-dev-case"
    assert index.alias(alias) == f"{alias}-alpha-1"
    assert "new color, same data" in project.ok("plan", "dev").out
    project.write("case.json", mappings("keyword"))
    planned = project.ok("plan", "dev").out
    assert "index only" in planned
    assert f"{alias}-alpha-1 → {alias}-alpha-2 (its mappings or settings changed)" in planned
    with writing(project):
        assert "documents proven equal" in project.ok("deploy", "dev", "--until", "exercise").err
    assert index.alias(alias) == f"{alias}-alpha-1"
    project.ok("deploy", "dev", "--yes")
    assert index.alias(alias) == f"{alias}-alpha-2"
    index.refresh(alias)
    assert dict(index.documents(f"{alias}-alpha-2")) == wanted(project)
    answer = SearchHttp(search).call("GET", f"/{alias}-alpha-2", where=alias)
    assert json.loads(answer)[f"{alias}-alpha-2"]["mappings"]["properties"]["title"] == {"type": "keyword"}
    project.ok("finalize", "dev", "--confirm", "dev")
    assert index.named(alias) == [f"{alias}-alpha-2"]
    assert "new color, same data" in project.ok("plan", "dev").out, "what it was made of is known"


def test_an_alias_that_is_an_index_is_refused_before_anything_is_built(project: Project, search: str) -> None:
    index, alias = OpenSearchIndex(search), f"{project.name}-dev-docket"
    index.create(alias, {})
    project.replace("verdigris.toml", "[environments.dev]", SECTIONS.replace("-case", "-docket") + "[environments.dev]")
    refused = project.run("deploy", "dev", "--yes")
    assert refused.code == 1
    assert f"{alias}: this is an index, and must be an alias" in refused.err
    assert index.named(alias) == [alias]
    assert len(project.journal().records()) == len(project.journal().records(1)), "no deployment was begun"
    index.delete(alias)
