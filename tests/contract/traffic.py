"""What the contract suite of `TrafficPointer` runs over: each kind, the AWS ones on moto's server."""

from __future__ import annotations

import io
import itertools
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verdigris.core.model import Color
from verdigris.stores.aws import Aws
from verdigris.stores.base import TrafficPointer
from verdigris.stores.pointers.api_gateway import ApiGatewayMapping
from verdigris.stores.pointers.command import CommandPointer
from verdigris.stores.pointers.lambda_alias import LambdaAlias
from verdigris.stores.pointers.load_balancer import LoadBalancerRule
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
    if not cloud.client("iam").list_roles()["Roles"]:
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
