"""The table that a Lambda function was told to use: one variable of its environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verdigris.core.model import Color
from verdigris.errors import NotFound
from verdigris.stores.aws_errors import aws_errors


class LambdaEnvironment:
    """The port `LiveData`, over a boto3 Lambda client. The function's other variables are looked at by nobody."""

    def __init__(self, client: Any, functions: Mapping[Color, str], variable: str) -> None:
        self._client = client
        self._functions = functions
        self._variable = variable

    def table(self, color: Color) -> str:
        function = self._functions[color]
        with aws_errors(f"Lambda function {function}"):
            found = self._client.get_function_configuration(FunctionName=function)
        value: str = found.get("Environment", {}).get("Variables", {}).get(self._variable, "")
        if not value:
            raise NotFound(
                f"the function {function} has no variable {self._variable}",
                where=function,
                state="nothing was changed",
                next_command="set [live] variable to the one that holds the table's name",
            )
        return value
