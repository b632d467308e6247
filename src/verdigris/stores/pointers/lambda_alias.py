"""The alias of a Lambda function that callers use: it has the version that the live color's own alias has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verdigris.core.model import Color
from verdigris.errors import Invalid, NotFound
from verdigris.stores.aws_errors import aws_errors


class LambdaAlias:
    """A `TrafficPointer`. `client` is boto3's for `lambda`; `colors` are the aliases that name each color's version.

    The service compares and sets by RevisionId (API reference, UpdateAlias): who changes the alias between our look
    and our change makes it fail with Conflict.
    """

    def __init__(self, client: Any, function: str, alias: str, colors: Mapping[Color, str]) -> None:
        self.name = f"{function}:{alias}"
        self._client = client
        self._function = function
        self._alias = alias
        self._colors = colors

    def read(self) -> Color | None:
        live = self._find(self._alias)
        if live is None or (live.get("RoutingConfig") or {}).get("AdditionalVersionWeights"):
            return None  # absent, or shared between two versions
        version = live["FunctionVersion"]
        there = {color: self._find(alias) for color, alias in self._colors.items()}
        found = [color for color, alias in there.items() if alias and alias["FunctionVersion"] == version]
        if len(found) > 1:
            raise Invalid(
                f"both colors are version {version} of the function: which one is live cannot be told",
                where=self.name,
                next_command="publish a version for each color, and point its alias to it",
            )
        return found[0] if found else None

    def demand(self, color: Color) -> None:
        self._target(color)

    def set(self, color: Color) -> None:
        target = self._target(color)
        live = self._find(self._alias)
        wanted = {
            "FunctionName": self._function,
            "Name": self._alias,
            "FunctionVersion": target["FunctionVersion"],
        }
        with aws_errors(self.name):
            if live is None:
                self._client.create_alias(**wanted)
            else:
                weights: dict[str, Any] = {"AdditionalVersionWeights": {}}
                self._client.update_alias(**wanted, RevisionId=live["RevisionId"], RoutingConfig=weights)

    def _target(self, color: Color) -> dict[str, Any]:
        target = self._find(self._colors[color])
        if target is None:
            raise NotFound(f"there is no alias {self._colors[color]}", where=self.name, state="no traffic moved")
        return target

    def _find(self, alias: str) -> dict[str, Any] | None:
        try:
            with aws_errors(self.name):
                found: dict[str, Any] = self._client.get_alias(FunctionName=self._function, Name=alias)
                return found
        except NotFound:
            return None
