"""The pointers of an environment, from its configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from verdigris.config import pointers as settings
from verdigris.config.model import Environment
from verdigris.core.model import Color
from verdigris.stores.aws import Aws
from verdigris.stores.base import TrafficPointer
from verdigris.stores.pointers.api_gateway import ApiGatewayMapping
from verdigris.stores.pointers.api_mappings import ApiMappings
from verdigris.stores.pointers.command import CommandPointer
from verdigris.stores.pointers.lambda_alias import LambdaAlias
from verdigris.stores.pointers.load_balancer import LoadBalancerRule
from verdigris.stores.pointers.parameter import Parameter


def traffic_pointers(
    env: Environment, aws: Callable[[str], Aws], interpreter: Callable[[str], str]
) -> list[TrafficPointer]:
    """In the order in which they are set. `aws` gives a region's clients, `interpreter` completes a command's word."""
    return [made for pointer in env.config.pointer for made in _made(pointer, env, aws, interpreter)]


def _made(
    pointer: settings.PointerSettings, env: Environment, aws: Callable[[str], Aws], interpreter: Callable[[str], str]
) -> Iterator[TrafficPointer]:
    match pointer:
        case settings.ApiGatewayPointer():
            for region in pointer.regions or (env.region,):
                yield ApiGatewayMapping(
                    aws(region).client("apigateway"),
                    env.expanded(pointer.domain, region),
                    pointer.path,
                    _each(env, pointer.api, region),
                    _each(env, pointer.stage, region),
                    region if pointer.regions else "",
                )
        case settings.LambdaAliasPointer():
            client = aws(env.region).client("lambda")
            yield LambdaAlias(
                client, env.expanded(pointer.function), env.expanded(pointer.alias), _each(env, pointer.version_of)
            )
        case settings.LoadBalancerPointer():
            yield LoadBalancerRule(
                aws(env.region).client("elbv2"), env.expanded(pointer.arn), _each(env, pointer.target_group)
            )
        case settings.ParameterPointer():
            yield Parameter(aws(env.region).client("ssm"), env.expanded(pointer.name), _each(env, pointer.value))
        case settings.CommandPointer():
            read, move = ([interpreter(word) for word in words] for words in (pointer.read, pointer.set))
            yield CommandPointer(read, move, env.config.root, pointer.limit_seconds)


def color_mappings(env: Environment, aws: Callable[[str], Aws]) -> list[ApiMappings]:
    """What leads to a color beside the pointers themselves. `aws` gives a region's clients."""
    return [
        ApiMappings(
            aws(region).client("apigateway"),
            env.expanded(pointer.domain, region),
            _each(env, pointer.own_domain, region) if pointer.own_domain else {},
            _each(env, pointer.api, region),
            region if pointer.regions else "",
        )
        for pointer in env.config.pointer
        if isinstance(pointer, settings.ApiGatewayPointer)
        for region in pointer.regions or (env.region,)
    ]


def _each(env: Environment, template: str, region: str | None = None) -> dict[Color, str]:
    return {color: env.colored(template, color, region) for color in Color}
