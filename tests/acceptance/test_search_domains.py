"""A search domain for each data version: OpenSearch holds both, and moto's server says that they come and go."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from moto.opensearch.models import OpenSearchDomain, OpenSearchServiceBackend
from tests.acceptance.lambda_functions import cloud
from tests.acceptance.search_cluster_of_a_domain import cluster_of, make_certificate
from tests.conftest import SessionStack
from tests.contract.control_plane import aws
from tests.project import Project, finish

from verdigris import commands
from verdigris.config.load import load
from verdigris.errors import ConfigError, Invalid
from verdigris.stores.opensearch_index import OpenSearchIndex

SECTIONS = """
[search_domain]
name = "s{env}-{version}"
create = "domain.json"
[[index]]
name = "{app}-{env}-case"
mappings = "case.json"
document = "search:case"
"""
SEARCH = """
def case(item):
    return item["pk"], {"cents": int(item["cents"])}
"""
CENTS = """
def up(item):
    return item | {"cents": item.pop("dollars") * 100}


def down(item, old):
    return item | {"dollars": item.pop("cents") // 100}
"""
DOMAIN = {"EngineVersion": "OpenSearch_2.19", "ClusterConfig": {"InstanceCount": 1}}
WANTED = {f"case|{number}": number * 100 for number in range(50)}


class World:
    """A project, and what is around it."""

    def __init__(self, project: Project, cloud: str, engine: str) -> None:
        self.project = project
        self._domains = aws(cloud).client("opensearch")
        self._search = OpenSearchIndex(engine)
        self.processing: set[str] = set()

    def domains(self) -> set[str]:
        return {one["DomainName"] for one in self._domains.list_domain_names()["DomainNames"]}

    def make_domain(self, name: str) -> None:
        self._domains.create_domain(DomainName=name)

    def serving(self, domain: str) -> str | None:
        """What the alias points to within a domain's cluster."""
        return self._search.alias(f"{domain}.{self.project.name}-dev-case")

    def documents(self, domain: str) -> dict[str, int]:
        name = str(self.serving(domain))
        self._search.refresh(name)
        return {id_: body["cents"] for id_, body in self._search.documents(name)}


@pytest.fixture
def world(stack: SessionStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with ExitStack() as running:
        moto = running.enter_context(cloud())
        endpoints = f'endpoints = {{ dynamodb = "{stack.dynamodb_url}", aws = "{moto}" }}'
        environment = f"enable_stream = true\n{endpoints}"
        project = Project(tmp_path, stack.dynamodb_url, environment=environment, sections=SECTIONS)
        project.write("case.json", '{"mappings": {"properties": {"cents": {"type": "long"}}}}')
        project.write("search.py", SEARCH)
        certificate = make_certificate(tmp_path)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        for variable, value in project.variables.items():
            monkeypatch.setenv(variable, value)
        prefix = f"{project.name}-dev-case"
        hosts = {
            domain: running.enter_context(cluster_of(domain, stack.search_url, prefix, certificate))
            for domain in ("sdev-alpha", "sdev-beta")
        }
        made = World(project, moto, stack.search_url)
        describe = OpenSearchServiceBackend.describe_domain

        def described(backend: OpenSearchServiceBackend, domain_name: str) -> OpenSearchDomain:
            found = describe(backend, domain_name)
            found.processing = domain_name in made.processing
            found.endpoint = None if found.processing else hosts[domain_name]
            return found

        monkeypatch.setattr(OpenSearchServiceBackend, "describe_domain", described)
        yield made


def item(number: int) -> bytes:
    made: dict[str, Any] = {"pk": {"S": f"case|{number}"}, "sk": {"S": "case"}, "dollars": {"N": str(number)}}
    return json.dumps(made).encode()


def test_domains_come_and_go_with_their_data(world: World) -> None:
    project = world.project
    config = load(None, project.folder)
    with pytest.raises(ConfigError) as missing:
        commands.deploy(config, "dev", yes=True)
    assert "domain.json: there is no such file; search_domain.create in" in missing.value.faults[0]
    (looked,) = (one for one in commands.doctor(config, "dev") if one.name == "search")
    assert (looked.ok, "domain.json: there is no such file" in looked.said) == (False, True)
    project.write("domain.json", json.dumps({**DOMAIN, "InstanceCount": 1}))
    with pytest.raises(Invalid, match='Unknown parameter in input: "InstanceCount"'):
        commands.deploy(config, "dev", yes=True)
    assert world.domains() == set(), "nothing was made"

    project.write("domain.json", json.dumps(DOMAIN))
    said = {one.name: one.said for one in commands.doctor(config, "dev")}
    assert said["search"] == "there is no domain sdev-alpha yet: a deployment makes it"
    assert said["engines"].endswith("search at the domains sdev-alpha and sdev-beta")
    project.ok("deploy", "dev", "--yes")
    assert world.domains() == {"sdev-alpha"}
    old = world.serving("sdev-alpha")

    project.raw("alpha").write([item(number) for number in range(50)])
    project.write("migrations/0001_cents.py", CENTS)
    assert commands.plan(config, "dev").plan.destination_domain == "sdev-beta"
    world.processing.add("sdev-beta")
    deploying = project.start("deploy", "dev", "--yes")
    until_s = time.monotonic() + 60
    try:
        while commands.status(config, "dev").slow != "the search domain sdev-beta is being made or changed":
            assert time.monotonic() < until_s, "status does not say why it waits"
            time.sleep(0.1)
    finally:
        world.processing.clear()
        done = finish(deploying)
    assert done.code == 0, done.err
    assert world.domains() == {"sdev-alpha", "sdev-beta"}
    assert world.documents("sdev-beta") == WANTED
    assert world.serving("sdev-alpha") == old, "the old color searches on in its own domain"

    project.ok("finalize", "dev", "--confirm", "dev")
    assert world.domains() == {"sdev-beta"}
    assert world.documents("sdev-beta") == WANTED

    world.make_domain("sdev-alpha")
    shown = project.run("clean", "dev")
    assert shown.code == 3
    assert "to be deleted with all that is in it: the search domain sdev-alpha" in shown.out
    assert "deleted the search domain sdev-alpha" in project.ok(*shown.last.split()[2:]).out
    assert world.domains() == {"sdev-beta"}
