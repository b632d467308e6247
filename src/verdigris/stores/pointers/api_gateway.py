"""A base path mapping of an API Gateway v1 custom domain: the REST API of the color that is live stands behind it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from verdigris.core.model import Color
from verdigris.errors import NotFound
from verdigris.stores.aws_errors import aws_errors

#: How API Gateway spells the empty base path (API reference, UpdateBasePathMapping).
_NO_PATH = "(none)"


class ApiGatewayMapping:
    """A `TrafficPointer`. `client` is boto3's for `apigateway`; `apis` and `stages` are the names of each color.
    `region` tells mappings of one domain in several regions apart.

    Changed by PATCH in place, both properties in one call, so that there is no moment without a mapping. API Gateway
    offers no compare-and-set.
    """

    def __init__(
        self,
        client: Any,
        domain: str,
        path: str,
        apis: Mapping[Color, str],
        stages: Mapping[Color, str],
        region: str = "",
    ) -> None:
        self.name = f"{domain}/{path}" + (f" in {region}" if region else "")
        self._client = client
        self._where = {"domainName": domain, "basePath": path or _NO_PATH}
        self._apis = apis
        self._stages = stages

    def read(self) -> Color | None:
        try:
            with self._errors():
                found = self._client.get_base_path_mapping(**self._where)
        except NotFound:
            return None
        there = found.get("restApiId"), found.get("stage")
        return next((color for color in Color if there == (self._ids.get(color), self._stages[color])), None)

    def demand(self, color: Color) -> None:
        self._id(color)

    def set(self, color: Color) -> None:
        api, stage = self._id(color), self._stages[color]
        changes = [
            {"op": "replace", "path": path, "value": value} for path, value in (("/restapiId", api), ("/stage", stage))
        ]
        try:
            with self._errors():
                self._client.update_base_path_mapping(**self._where, patchOperations=changes)
        except NotFound:
            with self._errors():  # the first deployment; or somebody deleted it by hand
                self._client.create_base_path_mapping(**self._where, restApiId=api, stage=stage)

    def _id(self, color: Color) -> str:
        if color not in self._ids:
            self.__dict__.pop("_ids", None)  # the color may have been made since they were listed
        if color not in self._ids:
            raise NotFound(f"there is no REST API named {self._apis[color]}", where=self.name, state="no traffic moved")
        return self._ids[color]

    @cached_property
    def _ids(self) -> dict[Color, str]:
        with self._errors():
            pages = self._client.get_paginator("get_rest_apis").paginate()
            ids = {api["name"]: api["id"] for page in pages for api in page["items"]}
        return {color: ids[name] for color, name in self._apis.items() if name in ids}

    def _errors(self) -> Any:
        return aws_errors(self.name)
