"""The contract of `ColorMappings`: API Gateway's against moto's server, and those in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from tests.contract.control_plane import aws, control_plane

from verdigris.core.model import Color
from verdigris.stores.memory_mappings import MemoryMappings
from verdigris.stores.outside import ColorMappings
from verdigris.stores.pointers.api_gateway import ApiGatewayMapping
from verdigris.stores.pointers.api_mappings import ApiMappings

BLUE, GREEN = Color.BLUE, Color.GREEN
STAGES = dict.fromkeys(Color, "dev")


@dataclass
class Made:
    """`lead` makes a mapping of this name lead to a color."""

    mappings: ColorMappings
    lead: Callable[[str, Color], object]


@pytest.fixture(scope="module")
def cloud() -> Iterator[str]:
    with control_plane() as url:
        yield url


@pytest.fixture(params=["memory", "api-gateway"])
def made(request: pytest.FixtureRequest) -> Iterator[Made]:
    if request.param == "memory":
        memory = MemoryMappings()
        yield Made(memory, lambda name, color: memory.mappings.update({name: color}))
        return
    client = aws(request.getfixturevalue("cloud")).client("apigateway")
    apis = {color: f"court_{color}" for color in Color}
    own = {color: f"{color}.example.com" for color in Color}
    for domain in ("court.example.com", own[BLUE]):
        client.create_domain_name(domainName=domain)
    ids = {color: _api(client, name) for color, name in apis.items()}
    other = _api(client, "other")
    for domain in ("court.example.com", own[BLUE]):  # moto fails on a domain without any mapping
        client.create_base_path_mapping(domainName=domain, basePath="other", restApiId=other, stage="dev")

    def lead(name: str, color: Color) -> None:
        domain, _, path = name.partition("/")
        client.create_base_path_mapping(domainName=domain, basePath=path, restApiId=ids[color], stage="dev")

    yield Made(ApiMappings(client, "court.example.com", own, apis), lead)
    for domain in ("court.example.com", own[BLUE]):
        for mapping in client.get_base_path_mappings(domainName=domain)["items"]:
            client.delete_base_path_mapping(domainName=domain, basePath=mapping["basePath"])
        client.delete_domain_name(domainName=domain)
    for api in (*ids.values(), other):
        client.delete_rest_api(restApiId=api)


def _api(client: object, name: str) -> str:
    api = client.create_rest_api(name=name)["id"]  # type: ignore[attr-defined]
    root = client.get_resources(restApiId=api)["items"][0]["id"]  # type: ignore[attr-defined]
    where = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    client.put_method(**where, authorizationType="NONE")  # type: ignore[attr-defined]
    client.put_integration(**where, type="MOCK")  # type: ignore[attr-defined]
    client.create_deployment(restApiId=api, stageName="dev")  # type: ignore[attr-defined]
    return str(api)


def test_nothing_leads_to_a_color_at_first(made: Made) -> None:
    assert list(made.mappings.leading_to(BLUE)) == []
    made.mappings.delete("court.example.com/admin", BLUE)


def test_only_what_leads_to_the_color_goes(made: Made) -> None:
    made.lead("court.example.com/(none)", GREEN)
    made.lead("court.example.com/admin", BLUE)
    made.lead("blue.example.com/(none)", BLUE)
    assert sorted(made.mappings.leading_to(BLUE)) == ["blue.example.com/(none)", "court.example.com/admin"]
    made.mappings.delete("court.example.com/(none)", BLUE)
    made.mappings.delete("court.example.com/admin", BLUE)
    made.mappings.delete("court.example.com/admin", BLUE)
    assert list(made.mappings.leading_to(BLUE)) == ["blue.example.com/(none)"]
    assert list(made.mappings.leading_to(GREEN)) == ["court.example.com/(none)"]


def test_the_pointers_own_mapping_stays_once_it_was_moved(cloud: str) -> None:
    client = aws(cloud).client("apigateway")
    apis = {color: f"moved_{color}" for color in Color}
    client.create_domain_name(domainName="moved.example.com")
    ids = {color: _api(client, name) for color, name in apis.items()}
    client.create_base_path_mapping(domainName="moved.example.com", restApiId=ids[BLUE], stage="dev")
    mappings = ApiMappings(client, "moved.example.com", {}, apis)
    assert len(mappings.leading_to(BLUE)) == 1
    ApiGatewayMapping(client, "moved.example.com", "", apis, STAGES).set(GREEN)
    assert list(mappings.leading_to(BLUE)) == []


def test_a_color_whose_api_is_gone(cloud: str) -> None:
    client = aws(cloud).client("apigateway")
    mappings = ApiMappings(client, "no-such.example.com", {}, dict.fromkeys(Color, "no-such-api"))
    assert list(mappings.leading_to(BLUE)) == []
