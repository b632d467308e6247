"""The contract of `SearchDomains`: both of AWS's APIs against moto's server, and those in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber
from tests.contract.control_plane import aws, control_plane

from verdigris.errors import AlreadyThere, Invalid
from verdigris.stores.aws_domains import AwsDomains
from verdigris.stores.memory_domains import MemoryDomains
from verdigris.stores.searching import SearchDomains


@pytest.fixture(scope="module")
def cloud() -> Iterator[str]:
    with control_plane() as url:
        yield url


@pytest.fixture(params=["memory", "opensearch", "es"])
def domains(request: pytest.FixtureRequest) -> Iterator[SearchDomains]:
    if request.param == "memory":
        yield MemoryDomains()
        return
    client = aws(request.getfixturevalue("cloud")).client(request.param)
    made = AwsDomains(request.param, lambda: client)
    yield made
    made.delete("court-dev-beta")


def test_one_comes_and_goes(domains: SearchDomains) -> None:
    assert domains.describe("court-dev-beta") is None
    domains.create("court-dev-beta", {}, "court-dev-deploy/3")
    found = domains.describe("court-dev-beta")
    assert found
    assert found.ready
    assert found.owner == "court-dev-deploy/3"
    assert str(found.endpoint).startswith("https://")
    domains.delete("court-dev-beta")
    domains.delete("court-dev-beta")
    assert domains.describe("court-dev-beta") is None


def test_one_that_is_there_is_not_made_again_in_memory() -> None:
    domains = MemoryDomains()
    domains.create("court-dev-beta", {}, "court-dev-deploy/3")
    with pytest.raises(AlreadyThere):
        domains.create("court-dev-beta", {}, "court-dev-deploy/4")
    found = domains.describe("court-dev-beta")
    assert found
    assert found.owner == "court-dev-deploy/3"


@pytest.mark.parametrize("service", ["opensearch", "es"])
def test_one_that_is_there_is_not_made_again(service: str) -> None:
    """As the API reference has it: moto takes a second CreateDomain for a change."""
    client = aws("http://127.0.0.1:1").client(service)
    call = "create_domain" if service == "opensearch" else "create_elasticsearch_domain"
    with Stubber(client) as stub:
        stub.add_client_error(call, "ResourceAlreadyExistsException", http_status_code=409)
        with pytest.raises(AlreadyThere):
            AwsDomains(service, lambda: client).create("court-dev-beta", {}, "court-dev-deploy/4")


@pytest.mark.parametrize("service", ["opensearch", "es"])
@pytest.mark.parametrize(
    ("body", "said"),
    [({"NodeCount": 3}, '"NodeCount"'), ({"EBSOptions": {"VolumeSize": "ten"}}, "EBSOptions.VolumeSize")],
)
def test_a_body_that_is_no_request_is_found_without_asking(service: str, body: dict[str, Any], said: str) -> None:
    client = aws("http://127.0.0.1:1").client(service)
    with pytest.raises(Invalid, match=said) as caught:
        AwsDomains(service, lambda: client).check("court-dev-beta", body)
    assert "[search_domain] create" in caught.value.next_command
    AwsDomains(service, lambda: client).check("court-dev-beta", {"EBSOptions": {"VolumeSize": 10}})


def test_a_body_with_a_name_of_its_own_is_refused(domains: SearchDomains) -> None:
    with pytest.raises(Invalid):
        domains.create("court-dev-beta", {"DomainName": "other"}, "court-dev-deploy/3")
    assert domains.describe("court-dev-beta") is None
    assert domains.describe("other") is None
