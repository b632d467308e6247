"""The calls that adapters really make, as the actions that IAM knows them by."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Set
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.client import BaseClient

from verdigris.stores.http import AwsJson
from verdigris.stores.search_http import SearchHttp

#: What stands between an adapter and the wire.
_BETWEEN = ("botocore.", "boto3.", "verdigris.stores.http", "verdigris.stores.search_http", "contextlib", __name__)
_ADAPTERS = ("verdigris.stores.", "verdigris.journal.")
#: Where the name that a service signs with is not the one that IAM has for it.
_SERVICES = {"monitoring": "cloudwatch"}
_IN_TRANSACTIONS = {
    "Put": "PutItem",
    "Delete": "DeleteItem",
    "Update": "UpdateItem",
    "ConditionCheck": "ConditionCheckItem",
}


@contextmanager
def recorded() -> Iterator[Set[str]]:
    """Every action that an adapter asks for while this is open; what tests ask for themselves does not count."""
    actions: set[str] = set()
    by_bytes, by_search = AwsJson.call, SearchHttp.call
    by_boto: Any = BaseClient._make_api_call  # type: ignore[attr-defined]

    def make_api_call(self: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if _by_an_adapter():
            model = self.meta.service_model
            service = model.signing_name
            if service == "apigateway":  # its actions are HTTP's
                actions.add(f"{service}:{model.operation_model(operation).http['method']}")
            else:
                actions.update(f"{_SERVICES.get(service, service)}:{one}" for one in _asked(operation, parameters))
        return by_boto(self, operation, parameters)

    def call(self: AwsJson, operation: str, body: bytes, **more: Any) -> bytes:
        if _by_an_adapter():
            actions.update(f"dynamodb:{one}" for one in _asked(operation, json.loads(body)))
        return by_bytes(self, operation, body, **more)

    def search(self: SearchHttp, method: str, *parts: Any, **more: Any) -> bytes:
        if _by_an_adapter():
            actions.add(f"es:ESHttp{method.capitalize()}")
        return by_search(self, method, *parts, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", make_api_call)
        patch.setattr(AwsJson, "call", call)
        patch.setattr(SearchHttp, "call", search)
        yield actions


def _asked(operation: str, body: dict[str, Any]) -> Iterable[str]:
    """A transaction needs what stands in it."""
    if operation == "TransactWriteItems":
        return {_IN_TRANSACTIONS[kind] for item in body["TransactItems"] for kind in item}
    return {operation}


def _by_an_adapter() -> bool:
    frame = sys._getframe(1)
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if not name.startswith(_BETWEEN):
            return name.startswith(_ADAPTERS)
        frame = frame.f_back  # type: ignore[assignment]
    return False
