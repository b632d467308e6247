"""The base path mappings of API Gateway v1 that lead to a color's REST API, beside the pointer's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from verdigris.core.model import Color
from verdigris.errors import NotFound
from verdigris.stores.aws_errors import aws_errors


class ApiMappings:
    """The port `ColorMappings`, over boto3's `apigateway` client of one region, which is part of each mapping's name
    where it is given: the same domain may stand in several.

    It looks at the pointer's `domain`, and at a color's own domain where there is one (`own`). API Gateway refuses to
    delete a REST API as long as a mapping leads to it.
    """

    def __init__(
        self, client: Any, domain: str, own: Mapping[Color, str], apis: Mapping[Color, str], region: str = ""
    ) -> None:
        self._where = f" in {region}" if region else ""
        self.name = f"{domain}{self._where}"
        self._client = client
        self._domain = domain
        self._own = own
        self._apis = apis

    def leading_to(self, color: Color) -> Sequence[str]:
        ids = self._ids(color)
        domains = dict.fromkeys([self._domain, *([self._own[color]] if color in self._own else [])])
        return [
            f"{domain}/{mapping['basePath']}{self._where}"
            for domain in domains
            for mapping in self._mappings(domain)
            if mapping.get("restApiId") in ids
        ]

    def delete(self, mapping: str, color: Color) -> None:
        if mapping not in self.leading_to(color):
            return
        domain, _, path = mapping.removesuffix(self._where).partition("/")
        try:
            with aws_errors(mapping):
                self._client.delete_base_path_mapping(domainName=domain, basePath=path)
        except NotFound:
            pass  # gone since it was listed

    def _ids(self, color: Color) -> set[str]:
        """Names of REST APIs are not unique."""
        with aws_errors(self._apis[color]):
            pages = self._client.get_paginator("get_rest_apis").paginate()
            return {api["id"] for page in pages for api in page["items"] if api["name"] == self._apis[color]}

    def _mappings(self, domain: str) -> list[Mapping[str, Any]]:
        try:
            with aws_errors(domain):
                pages = self._client.get_paginator("get_base_path_mappings").paginate(domainName=domain)
                return [mapping for page in pages for mapping in page.get("items", ())]
        except NotFound:
            return []  # the domain went with its color, or never had a mapping
