"""The contract of `TrafficPointer`: every kind keeps it, the AWS ones against moto's server."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.contract.control_plane import aws, control_plane
from tests.contract.traffic import (
    BLUE,
    GREEN,
    World,
    api_gateway,
    command,
    lambda_alias,
    load_balancer,
    load_balancer_rule,
    parameter,
)

from verdigris.errors import Invalid, NotFound, Unreachable
from verdigris.stores.aws import Aws
from verdigris.stores.pointers.api_gateway import ApiGatewayMapping
from verdigris.stores.pointers.command import CommandPointer
from verdigris.stores.pointers.lambda_alias import LambdaAlias


@pytest.fixture(scope="module")
def cloud() -> Iterator[Aws]:
    with control_plane() as url:
        yield aws(url)


WORLDS = (api_gateway, lambda_alias, load_balancer, load_balancer_rule, parameter, command)


@pytest.fixture(params=WORLDS, ids=lambda make: make.__name__)
def world(request: pytest.FixtureRequest, cloud: Aws, tmp_path: Path) -> World:
    make: Callable[[Aws, Path], World] = request.param
    return make(cloud, tmp_path)


def test_nothing_is_live_at_first(world: World) -> None:
    assert world.pointer.read() is None
    assert world.pointer.name


def test_it_moves_there_and_back(world: World) -> None:
    world.begin()
    assert world.pointer.read() is BLUE
    world.make_green()
    for color in (GREEN, GREEN, BLUE):
        world.pointer.set(color)
        assert world.pointer.read() is color


def test_the_first_color_is_set_where_nothing_was(world: World) -> None:
    world.pointer.set(BLUE)
    assert world.pointer.read() is BLUE


def test_a_color_that_is_not_there(world: World) -> None:
    if not world.knows_colors:
        return
    world.begin()
    for asked in (world.pointer.demand, world.pointer.set):
        with pytest.raises(NotFound):
            asked(GREEN)
    assert world.pointer.read() is BLUE
    world.make_green()
    world.pointer.demand(GREEN)
    assert world.pointer.read() is BLUE, "that is only looked at"


# ── what one kind alone can meet ─────────────────────────────────────────────────────────────────────────────────


def test_a_mapping_that_belongs_to_neither_color(cloud: Aws, tmp_path: Path) -> None:
    world = api_gateway(cloud, tmp_path)
    world.begin()
    mapping: ApiGatewayMapping = world.pointer  # type: ignore[assignment]
    other = ApiGatewayMapping(
        mapping._client, mapping.name.removesuffix("/"), "", {BLUE: "x", GREEN: "y"}, mapping._stages
    )
    assert other.read() is None


def test_an_alias_that_both_colors_share_says_nothing(cloud: Aws, tmp_path: Path) -> None:
    world = lambda_alias(cloud, tmp_path)
    world.begin()
    alias: LambdaAlias = world.pointer  # type: ignore[assignment]
    version = alias._client.get_alias(FunctionName=alias._function, Name="blue")["FunctionVersion"]
    alias._client.create_alias(FunctionName=alias._function, Name="green", FunctionVersion=version)
    with pytest.raises(Invalid, match="both colors are version"):
        alias.read()


def test_an_alias_that_is_split_is_no_color(cloud: Aws, tmp_path: Path) -> None:
    world = lambda_alias(cloud, tmp_path)
    world.begin()
    version = world.make_green()
    alias: LambdaAlias = world.pointer  # type: ignore[assignment]
    alias._client.update_alias(
        FunctionName=alias._function, Name="live", RoutingConfig={"AdditionalVersionWeights": {str(version): 0.5}}
    )
    assert alias.read() is None
    alias.set(GREEN)
    assert alias.read() is GREEN


def test_a_command_that_fails_says_why(tmp_path: Path) -> None:
    fail = [sys.executable, "-c", "import sys; sys.exit('no such load balancer')"]
    with pytest.raises(Unreachable, match="no such load balancer"):
        CommandPointer(fail, fail, tmp_path, 60).set(BLUE)
    with pytest.raises(Invalid, match="must print blue"):
        CommandPointer([sys.executable, "-c", "print('purple')"], fail, tmp_path, 60).read()
    with pytest.raises(Invalid, match="cannot be run"):
        CommandPointer(["./nothing"], fail, tmp_path, 60).read()
