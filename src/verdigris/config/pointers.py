"""`[[pointer]]`: what sends the traffic to a color, one kind each. Names may hold `{color}`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, Strict

from verdigris.config.section import Section
from verdigris.config.values import Colored, ColorName, Command, Region
from verdigris.config.values import UnversionedName as Name

_KIND: Any = Field(description="What kind of pointer it is.")


class ApiGatewayPointer(Section):
    """A base path mapping of an API Gateway v1 custom domain, in one region or in several, in their order."""

    kind: Literal["api-gateway"] = _KIND
    domain: Name = Field(description="The custom domain.")
    path: str = Field(default="", description="The base path; empty for the domain's root.")
    api: Colored = Field(description="The name of the color's REST API, with `{color}` in it.")
    stage: ColorName = Field(description="The stage of that API.")
    own_domain: Colored | None = Field(
        default=None,
        description="The custom domain of a color alone, with `{color}` in it, where there is one: finalize deletes "
        "the old color's mappings there, too.",
    )
    regions: Annotated[tuple[Region, ...], Strict(False)] = Field(
        default=(), description="The regions that have the mapping, in the order of the switch; else the home region."
    )


class LambdaAliasPointer(Section):
    """The alias of a Lambda function that callers use; it follows the version of the live color's own alias."""

    kind: Literal["lambda-alias"] = _KIND
    function: Name = Field(description="The function's name.")
    alias: Name = Field(description="The alias that callers use.")
    version_of: Colored = Field(
        default="{color}", description="The alias that names a color's version, with `{color}` in it."
    )


class LoadBalancerPointer(Section):
    """A rule, or a listener's default action, of an Application Load Balancer."""

    kind: Literal["load-balancer"] = _KIND
    arn: Name = Field(description="The rule's ARN, or the listener's.")
    target_group: Colored = Field(description="The name of the color's target group, with `{color}` in it.")


class ParameterPointer(Section):
    """A parameter of the Systems Manager's store."""

    kind: Literal["parameter"] = _KIND
    name: Name = Field(description="The parameter's name.")
    value: Colored = Field(default="{color}", description="What it holds for a color, with `{color}` in it.")


class CommandPointer(Section):
    """Two programs: one that moves the traffic, and one that says where it goes."""

    kind: Literal["command"] = _KIND
    set: Command = Field(description="Moves the traffic to `VERDIGRIS_COLOR`; may be run twice.")
    read: Command = Field(description="Prints `blue`, `green`, or nothing before the first deployment.")
    limit_seconds: float = Field(default=60, gt=0, le=600, description="How long each may take.")


PointerSettings: TypeAlias = Annotated[
    ApiGatewayPointer | LambdaAliasPointer | LoadBalancerPointer | ParameterPointer | CommandPointer,
    Discriminator("kind"),
]
