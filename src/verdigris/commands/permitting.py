"""iam: what AWS must allow to whoever runs Verdigris, by this configuration. Asks nobody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from verdigris.config.applications import CdkApplication, SamApplication
from verdigris.config.around import CircleCiNotify
from verdigris.config.model import Config, Environment
from verdigris.config.pointers import ApiGatewayPointer, LambdaAliasPointer, LoadBalancerPointer, ParameterPointer
from verdigris.core.model import Color, DataVersion, Phase
from verdigris.core.permissions import On, policy
from verdigris.errors import UsageError

_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}


def iam(config: Config, env: str, *, phases: Sequence[Phase] = tuple(Phase), account: str = "*") -> dict[str, Any]:
    """The policy document for these phases, and for looking; `account` is the number in its ARNs.

    Raises UsageError for an environment on the embedded engines, which ask nobody for permission.
    """
    environment = config.environment(env)
    if environment.local:
        raise UsageError(
            f"{env} is served by the embedded engines, which need no permission",
            next_command=f"verdigris plan {env}",
        )
    return policy(phases, _Resources(environment, account).all())


class _Resources:
    """What this environment's configuration names, as ARNs."""

    def __init__(self, env: Environment, account: str) -> None:
        self._env = env
        self._account = account
        self._partition = next((name for at, name in _PARTITIONS.items() if env.region.startswith(at)), "aws")

    def all(self) -> dict[On, list[str]]:
        env, pointers = self._env, self._env.config.pointer
        tables = [self._table(env.table(version), region) for region in env.regions for version in DataVersion]
        at_home = [self._table(env.table(version)) for version in DataVersion]
        functions = sorted({one.function.partition(":")[0] for color in Color for one in env.consumers(color)})
        live = {name for color in Color if (name := env.live_function(color))}
        return {
            On.DEPLOY_TABLE: [self._table(env.deploy_table)],
            On.CLAIMS: [self._table(f"{env.deploy_table}-claims")],
            On.TABLES: tables,
            On.STREAMS: [f"{table}/stream/*" for table in tables],
            On.BACKUPS: [f"{table}/backup/*" for table in at_home] if env.backs_up else [],
            On.LISTS: ["*"] if env.backs_up else [],
            On.LIVE_FUNCTIONS: [self._function(name) for name in sorted(live)],
            On.CONSUMERS: [
                self._arn("lambda", f"function:{name}{end}", region)
                for name in functions
                for region in env.regions
                for end in ("", ":*")
            ],
            On.CONSUMER_LISTS: ["*"] if functions else [],
            On.CONSUMER_MAPPINGS: [
                self._arn("lambda", "event-source-mapping:*", region) for region in env.regions if functions
            ],
            On.METRICS: ["*"] if any(one.read_within_s for color in Color for one in env.consumers(color)) else [],
            On.ALIASES: [
                self._function(env.expanded(one.function)) for one in pointers if isinstance(one, LambdaAliasPointer)
            ],
            **self._gateway([one for one in pointers if isinstance(one, ApiGatewayPointer)]),
            On.LOAD_BALANCERS: (
                balancers := [env.expanded(one.arn) for one in pointers if isinstance(one, LoadBalancerPointer)]
            ),
            On.LOAD_BALANCER_LISTS: ["*"] if balancers else [],
            On.PARAMETERS: [
                self._parameter(env.expanded(one.name)) for one in pointers if isinstance(one, ParameterPointer)
            ],
            On.ALARMS: [
                self._arn("cloudwatch", f"alarm:{env.colored(alarm.name, color)}", region)
                for alarm in env.alarms
                for region in alarm.regions or (env.region,)
                for color in (Color if alarm.colored else (Color.BLUE,))
            ],
            **self._secrets(),
            # They are listed: the stack of a color may not be there yet.
            On.STACKS: ["*"] if isinstance(env.application, SamApplication | CdkApplication) else [],
            On.SEARCH: self._search(),
            On.DOMAINS: self._domains(),
        }

    def _arn(self, service: str, resource: str, region: str | None = None) -> str:
        return f"arn:{self._partition}:{service}:{region or self._env.region}:{self._account}:{resource}"

    def _table(self, name: str, region: str | None = None) -> str:
        return self._arn("dynamodb", f"table/{name}", region)

    def _function(self, name: str) -> str:
        return self._arn("lambda", f"function:{name}")

    def _parameter(self, name: str) -> str:
        return self._arn("ssm", f"parameter/{name.removeprefix('/')}")

    def _gateway(self, pointers: Sequence[ApiGatewayPointer]) -> dict[On, list[str]]:
        env, apis, paths = self._env, set(), set()
        for pointer in pointers:
            for region in pointer.regions or (env.region,):
                root = f"arn:{self._partition}:apigateway:{region}::"
                apis.add(f"{root}/restapis")
                own = pointer.own_domain
                domains = {env.colored(own, color, region) for color in Color} if own else set()
                for domain in {env.expanded(pointer.domain, region), *domains}:
                    paths |= {f"{root}/domainnames/{domain}/basepathmappings{end}" for end in ("", "/*")}
        return {On.REST_APIS: sorted(apis), On.BASE_PATHS: sorted(paths)}

    def _secrets(self) -> dict[On, list[str]]:
        env = self._env
        kept = [notice.token if isinstance(notice, CircleCiNotify) else notice.secret for notice in env.notices]
        kept += [hook.secret for hook in env.hooks if hook.secret]
        kept += [env.endpoints.search_password] if env.endpoints.search_password else []
        return {
            On.SECRET_PARAMETERS: [self._parameter(name) for name in _of_kind("ssm", kept)],
            # The service puts six characters behind a secret's name.
            On.SECRETS: [
                name if name.startswith("arn:") else self._arn("secretsmanager", f"secret:{name}-??????")
                for name in (one.partition("#")[0] for one in _of_kind("secretsmanager", kept))
            ],
        }

    def _domains(self) -> list[str]:
        env = self._env
        names = [env.domain(version) for version in DataVersion] if env.config.index else []
        return [self._arn("es", f"domain/{name}") for name in names if name]

    def _search(self) -> list[str]:
        """`search-NAME-….REGION.es.amazonaws.com`, or `vpc-NAME-…`. A cluster of another kind asks AWS for nothing."""
        if domains := self._domains():
            return [] if self._env.endpoints.search_user else [f"{domain}/*" for domain in domains]
        host = urlsplit(self._env.endpoints.search or "").hostname or ""
        if (
            self._env.endpoints.search_user
            or not self._env.config.index
            or not host.endswith((".amazonaws.com", ".amazonaws.com.cn", ".on.aws"))
        ):
            return []
        domain = host.partition(".")[0].removeprefix("search-").removeprefix("vpc-").rpartition("-")[0]
        return [self._arn("es", f"domain/{domain or '*'}/*")]


def _of_kind(kind: str, references: Iterable[str]) -> list[str]:
    return sorted({name for found, _, name in (one.partition(":") for one in references) if found == kind})
