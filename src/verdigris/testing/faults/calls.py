"""A request to DynamoDB or DynamoDB Streams, as far as rules look at it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, TypeAlias

import orjson

from verdigris.testing.faults.iterators import opened

Headers: TypeAlias = Sequence[tuple[bytes, bytes]]

_CREDENTIAL = re.compile(rb"Credential=([^/,]+)/\d+/([^/]+)/")


@dataclass(frozen=True)
class Call:
    """One request. `headers` have names in small letters."""

    method: str
    target: bytes
    headers: Headers
    body: bytes

    @cached_property
    def api(self) -> str:
        """`DynamoDB_20120810`, `DynamoDBStreams_20120810`, or "" for what is no call of theirs."""
        return self.header(b"x-amz-target").partition(".")[0]

    @cached_property
    def operation(self) -> str:
        return self.header(b"x-amz-target").partition(".")[2]

    @property
    def of_streams(self) -> bool:
        return self.api.startswith("DynamoDBStreams")

    @cached_property
    def content(self) -> dict[str, Any]:
        """The request's JSON; empty if it is none."""
        try:
            found = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return {}
        return found if isinstance(found, dict) else {}

    @cached_property
    def table(self) -> str:
        """The tables that it names, joined by commas."""
        return ",".join(sorted(_tables(self.content)))

    @cached_property
    def account(self) -> str:
        """Access key and region: DynamoDB Local keeps their tables apart."""
        found = _CREDENTIAL.search(self.header(b"authorization").encode())
        return b"/".join(found.groups()).decode() if found else ""

    @cached_property
    def signed_s(self) -> float | None:
        """The signing date (seconds since the epoch); None if there is none that can be read."""
        try:
            return datetime.strptime(self.header(b"x-amz-date"), "%Y%m%dT%H%M%S%z").timestamp()
        except ValueError:
            return None

    def header(self, name: bytes) -> str:
        return next((value.decode("latin-1") for found, value in self.headers if found == name), "")

    def batch_size(self) -> int:
        """How many operations a batch holds; 0 for all else."""
        match self.operation:
            case "BatchWriteItem":
                return sum(len(operations) for operations in self.content.get("RequestItems", {}).values())
            case "BatchGetItem":
                return sum(len(wanted["Keys"]) for wanted in self.content.get("RequestItems", {}).values())
        return 0

    def asking(self, operation: str, content: dict[str, Any]) -> Call:
        """Another call of the same API by the same sender. (DynamoDB Local does not look at signatures.)"""
        named = f"{self.api}.{operation}".encode()
        headers = [(name, named if name == b"x-amz-target" else value) for name, value in self.headers]
        return Call(self.method, self.target, headers, orjson.dumps(content))


def _tables(content: dict[str, Any]) -> set[str]:
    found = set(content.get("RequestItems", {}))
    for operation in content.get("TransactItems", ()):
        found |= {part["TableName"] for part in operation.values()}
    if "TableName" in content:
        found.add(content["TableName"])
    if "StreamArn" in content:
        found.add(table_of(content["StreamArn"]))
    if (iterator := opened(content.get("ShardIterator", ""))) is not None:
        found.add(table_of(iterator.stream))
    return found


def table_of(arn: str) -> str:
    """arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL → NAME."""
    parts = arn.split("/")
    return parts[1] if len(parts) > 1 else ""
