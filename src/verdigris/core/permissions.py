"""What AWS must allow, phase by phase: one table. `tests/contract/test_permissions.py` holds it against the calls that
the adapters make, both ways: a new call needs a row here, and a row needs a call.

Names of actions and the resources that each takes: Service Authorization Reference,
https://docs.aws.amazon.com/service-authorization/latest/reference/.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from verdigris.core.model import Phase


class On(StrEnum):
    """What actions are on; the value names the statement."""

    DEPLOY_TABLE = "DeployTable"
    CLAIMS = "Claims"
    TABLES = "Tables"
    STREAMS = "Streams"
    BACKUPS = "Backups"
    LISTS = "Lists"  # of what has no resource of its own
    LIVE_FUNCTIONS = "LiveFunctions"
    CONSUMERS = "Consumers"
    CONSUMER_LISTS = "ConsumerLists"
    CONSUMER_MAPPINGS = "ConsumerMappings"
    METRICS = "Metrics"  # CloudWatch has no resource for them
    ALIASES = "Aliases"
    REST_APIS = "RestApis"
    BASE_PATHS = "BasePaths"
    LOAD_BALANCERS = "LoadBalancers"
    LOAD_BALANCER_LISTS = "LoadBalancerLists"
    PARAMETERS = "Parameters"
    ALARMS = "Alarms"
    SECRET_PARAMETERS = "SecretParameters"
    SECRETS = "Secrets"
    STACKS = "Stacks"
    SEARCH = "Search"
    DOMAINS = "SearchDomains"


@dataclass(frozen=True)
class Grant:
    """Actions of one service on one kind of thing. `phases` of a runner that need it; `always`: commands that only
    look (plan, status, doctor) need it, too, and so does every phase."""

    on: On
    actions: tuple[str, ...]
    phases: tuple[Phase, ...] = ()

    @property
    def always(self) -> bool:
        return not self.phases


_ALL = tuple(Phase)
_COPYING = (Phase.BACKFILL, Phase.REPLAY, Phase.VERIFY, Phase.REINDEX, Phase.EXERCISE, Phase.APPROVE, Phase.SWITCH)
#: From the first read of the stream until nobody can go back.
_FOLLOWING = (*_COPYING, Phase.BAKE)
_READING = (Phase.PREFLIGHT, *_FOLLOWING)

GRANTS = (
    Grant(On.DEPLOY_TABLE, ("dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan")),
    Grant(
        On.DEPLOY_TABLE,
        ("dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:PutItem"),
        _ALL,
    ),
    Grant(On.DEPLOY_TABLE, ("dynamodb:CreateTable",), (Phase.PREFLIGHT,)),
    Grant(On.CLAIMS, ("dynamodb:DescribeTable",)),
    Grant(On.CLAIMS, ("dynamodb:BatchWriteItem", "dynamodb:CreateTable", "dynamodb:Query"), _COPYING),
    # Deleted by finalize, or by abort as the way back of what made it.
    Grant(On.CLAIMS, ("dynamodb:DeleteTable",), (Phase.BACKFILL, Phase.FINALIZE)),
    Grant(
        On.TABLES,
        (
            "dynamodb:DescribeTable",
            "dynamodb:DescribeTimeToLive",
            "dynamodb:ListTagsOfResource",
            "dynamodb:Scan",
        ),
    ),
    Grant(On.TABLES, ("dynamodb:BatchGetItem",), _READING),
    Grant(On.TABLES, ("dynamodb:BatchWriteItem",), _COPYING),
    Grant(
        On.TABLES,
        (
            "dynamodb:CreateTable",
            "dynamodb:CreateTableReplica",
            "dynamodb:DeleteTable",
            "dynamodb:DeleteTableReplica",
            "dynamodb:TagResource",
            "dynamodb:UpdateTable",
            "dynamodb:UpdateTimeToLive",
        ),
        (Phase.PROVISION,),
    ),
    Grant(
        On.TABLES,
        ("dynamodb:CreateBackup", "dynamodb:DeleteTable", "dynamodb:DeleteTableReplica", "dynamodb:UpdateTable"),
        (Phase.FINALIZE,),
    ),
    Grant(On.STREAMS, ("dynamodb:DescribeStream",)),
    Grant(On.STREAMS, ("dynamodb:GetRecords", "dynamodb:GetShardIterator"), _FOLLOWING),
    Grant(On.BACKUPS, ("dynamodb:DescribeBackup",), (Phase.FINALIZE,)),
    Grant(On.LISTS, ("dynamodb:ListBackups",), (Phase.FINALIZE,)),
    Grant(On.LIVE_FUNCTIONS, ("lambda:GetFunctionConfiguration",)),
    Grant(On.CONSUMERS, ("lambda:GetFunctionConfiguration",)),
    Grant(On.CONSUMER_LISTS, ("lambda:ListEventSourceMappings",)),
    Grant(On.CONSUMER_MAPPINGS, ("lambda:UpdateEventSourceMapping",), (Phase.PROVISION, *_FOLLOWING)),
    Grant(On.METRICS, ("cloudwatch:GetMetricData",), (Phase.REINDEX, Phase.SWITCH)),
    Grant(On.ALIASES, ("lambda:GetAlias",)),
    Grant(On.ALIASES, ("lambda:CreateAlias", "lambda:UpdateAlias"), (Phase.SWITCH,)),
    Grant(On.REST_APIS, ("apigateway:GET",)),
    Grant(On.BASE_PATHS, ("apigateway:GET",)),
    Grant(On.BASE_PATHS, ("apigateway:PATCH", "apigateway:POST"), (Phase.SWITCH,)),
    Grant(On.BASE_PATHS, ("apigateway:DELETE",), (Phase.FINALIZE,)),
    Grant(
        On.LOAD_BALANCER_LISTS,
        (
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeRules",
            "elasticloadbalancing:DescribeTargetGroups",
        ),
    ),
    Grant(
        On.LOAD_BALANCERS, ("elasticloadbalancing:ModifyListener", "elasticloadbalancing:ModifyRule"), (Phase.SWITCH,)
    ),
    Grant(On.PARAMETERS, ("ssm:GetParameter",)),
    Grant(On.PARAMETERS, ("ssm:PutParameter",), (Phase.SWITCH,)),
    Grant(On.ALARMS, ("cloudwatch:DescribeAlarms",), (Phase.PREFLIGHT, Phase.SWITCH, Phase.BAKE)),
    Grant(On.SECRET_PARAMETERS, ("ssm:GetParameter",)),
    Grant(On.SECRETS, ("secretsmanager:GetSecretValue",)),
    Grant(On.STACKS, ("cloudformation:DescribeStacks",), _ALL),
    Grant(On.SEARCH, ("es:ESHttpGet", "es:ESHttpPost")),
    Grant(
        On.SEARCH,
        ("es:ESHttpDelete", "es:ESHttpPut"),
        (Phase.PROVISION, *_FOLLOWING, Phase.FINALIZE),
    ),
    Grant(On.DOMAINS, ("es:DescribeDomain", "es:DescribeElasticsearchDomain", "es:ListTags")),
    Grant(
        On.DOMAINS,
        (
            "es:AddTags",
            "es:CreateDomain",
            "es:CreateElasticsearchDomain",
            "es:DeleteDomain",
            "es:DeleteElasticsearchDomain",
        ),
        (Phase.PROVISION,),
    ),
    Grant(On.DOMAINS, ("es:DeleteDomain", "es:DeleteElasticsearchDomain"), (Phase.FINALIZE,)),
)

#: Actions that are no call of their own → the call that AWS asks them for (Developer Guide, "DynamoDB API permissions"
#: and "Global tables: security"): a table that is made with tags, and replicas that come and go.
IMPLIED = {
    "dynamodb:TagResource": "dynamodb:CreateTable",
    "es:AddTags": "es:CreateDomain",
    "dynamodb:CreateTableReplica": "dynamodb:UpdateTable",
    "dynamodb:DeleteTableReplica": "dynamodb:UpdateTable",
}


def policy(phases: Collection[Phase], resources: Mapping[On, Sequence[str]]) -> dict[str, Any]:
    """An IAM policy document for these phases and for looking; no phase: for looking only.

    What the environment has no resources of is left out.
    """
    statements = []
    for on in On:
        granted = (grant for grant in GRANTS if grant.on is on and (grant.always or {*grant.phases} & {*phases}))
        actions = sorted({action for grant in granted for action in grant.actions})
        if actions and resources.get(on):
            statements.append({"Sid": on, "Effect": "Allow", "Action": actions, "Resource": list(resources[on])})
    return {"Version": "2012-10-17", "Statement": statements}
