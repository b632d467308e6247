"""Writes on their way to other regions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import suppress
from typing import Any, TypeAlias

import orjson

from verdigris.local.forward import Answer, Broken, NotSent
from verdigris.testing.faults.answers import Refused
from verdigris.testing.faults.calls import Call

Item: TypeAlias = Mapping[str, Any]
WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})


def written(call: Call, answer: Answer) -> Iterator[tuple[str, Item]]:
    """(table, item or key) of everything that this answered call wrote, perhaps."""
    content = call.content
    match call.operation:
        case "PutItem" | "UpdateItem" | "DeleteItem":
            yield content["TableName"], content.get("Item") or content["Key"]
        case "BatchWriteItem":
            left = orjson.loads(answer.body).get("UnprocessedItems", {})
            for table, requests in content["RequestItems"].items():
                for request in requests:
                    if request not in left.get(table, ()):
                        (kind, body) = next(iter(request.items()))
                        yield table, body["Item" if kind == "PutRequest" else "Key"]
        case "TransactWriteItems":
            for operation in content["TransactItems"]:
                for kind, body in operation.items():
                    if kind != "ConditionCheck":
                        yield body["TableName"], body.get("Item") or body["Key"]


class Replication:
    """Carries what was written in one region to the others, `lag_s` later. `must` asks a region, or raises Refused.

    What the item is then, not what was written, since quick changes may be merged; of writers in two regions the last
    one wins (both DDG V2globaltables_HowItWorks).
    """

    def __init__(self, lag_s: float, must: Callable[..., Awaitable[dict[str, Any]]]) -> None:
        self._lag_s = lag_s
        self._must = must
        #: cleared: nothing arrives
        self.flowing = asyncio.Event()
        self.flowing.set()
        self._one_at_a_time = asyncio.Lock()
        self._keys: dict[str, list[str]] = {}
        self._last_writer: dict[tuple[str, bytes], str] = {}

    async def of(self, call: Call, name: str, item: Item, region: str, other: str) -> Coroutine[Any, Any, None]:
        """What has to be done for one item of a write in `region`; to be done beside its answer."""
        if name not in self._keys:
            table = (await self._must(call, region, "DescribeTable", {"TableName": name}))["Table"]
            self._keys[name] = [entry["AttributeName"] for entry in table["KeySchema"]]
        key = {attribute: item[attribute] for attribute in self._keys[name]}
        self._last_writer[name, _text(key)] = region
        return self._carry(call, name, key, region, other)

    def forget(self, name: str) -> None:
        self._keys.pop(name, None)

    async def _carry(self, call: Call, name: str, key: Item, region: str, other: str) -> None:
        await asyncio.sleep(self._lag_s)
        await self.flowing.wait()
        where = {"TableName": name}
        async with self._one_at_a_time:
            with suppress(NotSent, Broken, Refused):  # a copy that goes meanwhile needs nothing
                found = await self._must(call, region, "GetItem", {**where, "Key": key, "ConsistentRead": True})
                if self._last_writer[name, _text(key)] != region:
                    return
                if item := found.get("Item"):
                    await self._must(call, other, "PutItem", {**where, "Item": item})
                else:
                    await self._must(call, other, "DeleteItem", {**where, "Key": key})


def _text(key: Item) -> bytes:
    return orjson.dumps(key, option=orjson.OPT_SORT_KEYS)
