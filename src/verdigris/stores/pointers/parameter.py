"""A parameter of the Systems Manager's store, which something else reads to know the live color."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verdigris.core.model import Color
from verdigris.errors import NotFound
from verdigris.stores.aws_errors import aws_errors


class Parameter:
    """A `TrafficPointer`. `client` is boto3's for `ssm`; `values` is what stands there for each color."""

    def __init__(self, client: Any, parameter: str, values: Mapping[Color, str]) -> None:
        self.name = parameter
        self._client = client
        self._values = values

    def read(self) -> Color | None:
        found = self._find()
        return next((color for color, value in self._values.items() if found and found["Value"] == value), None)

    def demand(self, color: Color) -> None:
        """A value needs nothing behind it."""

    def set(self, color: Color) -> None:
        found = self._find()
        kind = found["Type"] if found else "String"
        with aws_errors(self.name):
            self._client.put_parameter(Name=self.name, Value=self._values[color], Type=kind, Overwrite=True)

    def _find(self) -> dict[str, Any] | None:
        try:
            with aws_errors(self.name):
                found: dict[str, Any] = self._client.get_parameter(Name=self.name, WithDecryption=True)["Parameter"]
                return found
        except NotFound:
            return None
