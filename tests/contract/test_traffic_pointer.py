"""The contract of `TrafficPointer`: every kind, the AWS ones against moto's server, and several of them in order."""

from __future__ import annotations

import io
import itertools
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.contract.control_plane import aws, control_plane

from verdigris.core.model import Color
from verdigris.errors import Conflict, Invalid, NotFound, StoreError, Unreachable
from verdigris.stores.aws import Aws
from verdigris.stores.base import TrafficPointer
from verdigris.stores.pointers.api_gateway import ApiGatewayMapping
from verdigris.stores.pointers.command import CommandPointer
from verdigris.stores.pointers.lambda_alias import LambdaAlias
from verdigris.stores.pointers.load_balancer import LoadBalancerRule
from verdigris.stores.pointers.ordered import OrderedPointers
from verdigris.stores.pointers.parameter import Parameter

BLUE, GREEN = Color.BLUE, Color.GREEN
_numbers = itertools.count(1)


@dataclass
class World:
    """A pointer whose blue is there and live from `begin` on, and whose green appears with `make_green`."""

    pointer: TrafficPointer
    begin: Callable[[], object]
    make_green: Callable[[], object]
    #: whether it can know that a color has nothing to send traffic to
    knows_colors: bool = True


@pytest.fixture(scope="module")
def cloud() -> Iterator[Aws]:
    with control_plane() as url:
        yield aws(url)


def api_gateway(cloud: Aws, folder: Path) -> World:
    client, number = cloud.client("apigateway"), next(_numbers)
    domain, names = f"api-{number}.example.com", {color: f"gateway_{number}_{color}" for color in Color}
    client.create_domain_name(domainName=domain)

    def make(color: Color) -> str:
        api = client.create_rest_api(name=names[color])["id"]
        root = client.get_resources(restApiId=api)["items"][0]["id"]
        where = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
        client.put_method(**where, authorizationType="NONE")
        client.put_integration(**where, type="MOCK")
        client.create_deployment(restApiId=api, stageName="dev")
        return str(api)

    blue = make(BLUE)
    # moto fails on a domain without any mapping.
    client.create_base_path_mapping(domainName=domain, basePath="other", restApiId=blue, stage="dev")
    return World(
        ApiGatewayMapping(client, domain, "", names, dict.fromkeys(Color, "dev")),
        lambda: client.create_base_path_mapping(domainName=domain, basePath="(none)", restApiId=blue, stage="dev"),
        lambda: make(GREEN),
    )


def lambda_alias(cloud: Aws, folder: Path) -> World:
    client, function = cloud.client("lambda"), f"court-{next(_numbers)}"
    role = "arn:aws:iam::123456789012:role/court"
    if function.endswith("-1") or not _roles(cloud):
        cloud.client("iam").create_role(RoleName="court", AssumeRolePolicyDocument="{}")
    client.create_function(
        FunctionName=function, Runtime="python3.12", Role=role, Handler="app.main", Code={"ZipFile": _zipped("1")}
    )

    def make(color: Color) -> str:
        client.update_function_code(FunctionName=function, ZipFile=_zipped(color))
        version = client.publish_version(FunctionName=function)["Version"]
        client.create_alias(FunctionName=function, Name=color.value, FunctionVersion=version)
        return str(version)

    blue = make(BLUE)
    return World(
        LambdaAlias(client, function, "live", {color: color.value for color in Color}),
        lambda: client.create_alias(FunctionName=function, Name="live", FunctionVersion=blue),
        lambda: make(GREEN),
    )


def load_balancer(cloud: Aws, folder: Path) -> World:
    """The default action of a listener, behind authentication that must stay as it is."""
    client, ec2, number = cloud.client("elbv2"), cloud.client("ec2"), next(_numbers)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    zones = ("us-east-1a", "us-east-1b")
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{place}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for place, zone in enumerate(zones)
    ]
    balancer = client.create_load_balancer(Name=f"court-{number}", Subnets=subnets)["LoadBalancers"][0]
    names = {color: f"court-{number}-{color}" for color in Color}

    def make(color: Color) -> str:
        made = client.create_target_group(Name=names[color], Protocol="HTTP", Port=80, VpcId=vpc)
        return str(made["TargetGroups"][0]["TargetGroupArn"])

    blue = make(BLUE)
    old = client.create_target_group(Name=f"old-{number}", Protocol="HTTP", Port=80, VpcId=vpc)
    old_arn = old["TargetGroups"][0]["TargetGroupArn"]
    listener = client.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[_forward(old_arn)],
    )["Listeners"][0]["ListenerArn"]
    return World(
        LoadBalancerRule(client, listener, names),
        lambda: client.modify_listener(ListenerArn=listener, DefaultActions=[_forward(blue)]),
        lambda: make(GREEN),
    )


def load_balancer_rule(cloud: Aws, folder: Path) -> World:
    """One rule of a listener; the same otherwise."""
    world = load_balancer(cloud, folder)
    listener: LoadBalancerRule = world.pointer  # type: ignore[assignment]
    client = cloud.client("elbv2")
    condition = {"Field": "path-pattern", "Values": ["/api/*"]}
    (default,) = client.describe_listeners(ListenerArns=[listener._arn])["Listeners"][0]["DefaultActions"]
    rule = client.create_rule(
        ListenerArn=listener._arn, Conditions=[condition], Priority=5, Actions=[_forward(default["TargetGroupArn"])]
    )["Rules"][0]["RuleArn"]

    def begin() -> None:
        blue = client.describe_target_groups(Names=[listener._groups[BLUE]])["TargetGroups"][0]["TargetGroupArn"]
        client.modify_rule(RuleArn=rule, Actions=[_forward(blue)])

    return World(LoadBalancerRule(client, rule, listener._groups), begin, world.make_green)


def parameter(cloud: Aws, folder: Path) -> World:
    client, name = cloud.client("ssm"), f"/court/live-{next(_numbers)}"
    values = {color: f"court-{color}" for color in Color}
    return World(
        Parameter(client, name, values),
        lambda: client.put_parameter(Name=name, Value="court-blue", Type="String"),
        lambda: None,
        knows_colors=False,
    )


def command(cloud: Aws, folder: Path) -> World:
    live = folder / "live"
    live.touch()
    move = "import os, pathlib; pathlib.Path('live').write_text(os.environ['VERDIGRIS_COLOR'])"
    tell = "import pathlib; print(pathlib.Path('live').read_text())"
    pointer = CommandPointer([sys.executable, "-c", tell], [sys.executable, "-c", move], folder, 60)
    return World(pointer, lambda: live.write_text("blue"), lambda: None, knows_colors=False)


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
    with pytest.raises(NotFound):
        world.pointer.set(GREEN)
    assert world.pointer.read() is BLUE


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


# ── several ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Remembered:
    """A `TrafficPointer` in memory; `moves` is shared, and `broken` makes the next `set` fail."""

    def __init__(self, name: str, moves: list[str], live: Color | None = BLUE) -> None:
        self.name = name
        self.live = live
        self.broken = self.deaf = False
        self._moves = moves

    def read(self) -> Color | None:
        return self.live

    def set(self, color: Color) -> None:
        if self.broken:
            raise Unreachable("no answer")
        self._moves.append(f"{self.name} {color}")
        if not self.deaf:
            self.live = color


def three() -> tuple[list[Remembered], list[str]]:
    moves: list[str] = []
    return [Remembered(name, moves) for name in ("public", "internal", "flag")], moves


def test_they_move_in_order_and_back_in_reverse() -> None:
    some, moves = three()
    pointers = OrderedPointers(some)
    pointers.set(BLUE, GREEN, "t")
    assert pointers.read().live is GREEN
    pointers.set(GREEN, BLUE, "t", back=True)
    assert moves == ["public green", "internal green", "flag green", "flag blue", "internal blue", "public blue"]


def test_what_was_left_half_done_is_finished() -> None:
    some, moves = three()
    some[1].broken = True
    with pytest.raises(Unreachable) as caught:
        OrderedPointers(some).set(BLUE, GREEN, "t")
    assert "moved to green so far: public" in caught.value.state
    with pytest.raises(Conflict, match="public → green, internal → blue"):
        OrderedPointers(some).read()
    some[1].broken = False
    OrderedPointers(some).set(BLUE, GREEN, "t")
    assert moves == ["public green", "internal green", "flag green"]


def test_nothing_moves_where_one_of_them_shows_a_third_thing() -> None:
    some, moves = three()
    some[2].live = None
    with pytest.raises(Conflict) as caught:
        OrderedPointers(some).set(BLUE, GREEN, "t")
    assert (caught.value.where, moves) == ("flag", [])


def test_each_is_read_back() -> None:
    some, _ = three()
    some[0].deaf = True
    with pytest.raises(StoreError, match="was set to green, and says blue"):
        OrderedPointers(some).set(BLUE, GREEN, "t")


def _forward(arn: str) -> dict[str, Any]:
    return {
        "Type": "forward",
        "TargetGroupArn": arn,
        "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": arn, "Weight": 1}]},
    }


def _zipped(text: str) -> bytes:
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("app.py", f"# {text}")
        return file.getvalue()


def _roles(cloud: Aws) -> list[Any]:
    found: list[Any] = cloud.client("iam").list_roles()["Roles"]
    return found
