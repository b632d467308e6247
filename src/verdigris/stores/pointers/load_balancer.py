"""A rule, or the default of a listener, of an Application Load Balancer: all weight is with the live color's group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verdigris.core.model import Color
from verdigris.errors import Invalid, NotFound
from verdigris.stores.aws_errors import aws_errors

#: The whole of the traffic, of 0 to 999 (API reference, TargetGroupTuple).
_ALL = 100


class LoadBalancerRule:
    """A `TrafficPointer`. `client` is boto3's for `elbv2`, `arn` a rule's or a listener's, `groups` target group names.

    Only the weights change: what else the action list holds (authentication, stickiness) goes back as it came. Target
    group stickiness keeps a client with the old color for as long as it says (up to 7 days), so it is refused.
    """

    def __init__(self, client: Any, arn: str, groups: Mapping[Color, str]) -> None:
        self.name = arn.rpartition(":")[2]
        self._client = client
        self._arn = arn
        self._groups = groups

    def read(self) -> Color | None:
        forward = self._forward(self._actions())
        weights = {group["TargetGroupArn"]: group.get("Weight", 1) for group in forward["TargetGroups"]}
        found = [arn for arn, weight in weights.items() if weight]
        arns = self._arns()
        return next((color for color in Color if found == [arns.get(color)]), None)

    def demand(self, color: Color) -> None:
        if color not in self._arns():
            raise NotFound(f"there is no target group {self._groups[color]}", where=self.name, state="no traffic moved")

    def set(self, color: Color) -> None:
        self.demand(color)
        arns = self._arns()
        actions = self._actions()
        forward = self._forward(actions)
        if (forward.get("TargetGroupStickinessConfig") or {}).get("Enabled"):
            raise Invalid("target group stickiness keeps clients with the old color", where=self.name)
        forward["TargetGroups"] = [
            {"TargetGroupArn": arn, "Weight": _ALL if each is color else 0} for each, arn in arns.items()
        ]
        with aws_errors(self.name):
            if self._is_rule:
                self._client.modify_rule(RuleArn=self._arn, Actions=actions)
            else:
                self._client.modify_listener(ListenerArn=self._arn, DefaultActions=actions)

    @property
    def _is_rule(self) -> bool:
        return ":listener-rule/" in self._arn

    def _actions(self) -> list[dict[str, Any]]:
        with aws_errors(self.name):
            if self._is_rule:
                (rule,) = self._client.describe_rules(RuleArns=[self._arn])["Rules"]
                actions = rule["Actions"]
            else:
                (listener,) = self._client.describe_listeners(ListenerArns=[self._arn])["Listeners"]
                actions = listener["DefaultActions"]
        # A request names the groups in one place only: the short form stands beside the long one in an answer.
        return [{name: value for name, value in action.items() if name != "TargetGroupArn"} for action in actions]

    def _forward(self, actions: list[dict[str, Any]]) -> dict[str, Any]:
        for action in actions:
            if action["Type"] == "forward":
                config: dict[str, Any] = action["ForwardConfig"]
                return config
        raise Invalid("it forwards to no target group", where=self.name)

    def _arns(self) -> dict[Color, str]:
        found = {}
        for color, group in self._groups.items():
            try:
                with aws_errors(self.name):
                    answer = self._client.describe_target_groups(Names=[group])
            except NotFound:
                continue
            found[color] = answer["TargetGroups"][0]["TargetGroupArn"]
        return found
