"""The deploy table in DynamoDB, through plain boto3: a handful of small requests a second."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from verdigris.errors import Conflict, Invalid, StoreError, Throttled
from verdigris.journal.base import Check, Delete, Expect, Put, Row, Value
from verdigris.stores.aws_errors import mapped

# The heartbeat and a checkpoint touch the lease's row at the same moment; the service then cancels one of the two
# transactions. So it does when it is too busy for one of the rows; boto3 does not look at these reasons. A transaction
# that was cancelled did nothing and may simply be sent again.
_PASSING = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
_ATTEMPTS = 8


class DynamoRows:
    """`Rows` over a boto3 DynamoDB client (shape: `boto3.client("dynamodb")`)."""

    def __init__(
        self,
        client: Any,
        name: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = random.random,
        token: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        self.name = name
        self._client = client
        self._sleep = sleep
        self._random = random
        self._token = token

    def exists(self) -> bool:
        with self._mapping("describe"):
            try:
                self._client.describe_table(TableName=self.name)
            except self._client.exceptions.ResourceNotFoundException:
                return False
            return True

    def create(self) -> None:
        with self._mapping("create"):
            with suppress(self._client.exceptions.ResourceInUseException):  # it is there, or being made
                self._client.create_table(
                    TableName=self.name,
                    AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
                    KeySchema=[
                        {"AttributeName": "pk", "KeyType": "HASH"},
                        {"AttributeName": "sk", "KeyType": "RANGE"},
                    ],
                    BillingMode="PAY_PER_REQUEST",
                )
            self._client.get_waiter("table_exists").wait(
                TableName=self.name, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
            )

    def get(self, pk: str, sk: str) -> Row | None:
        with self._mapping("read"):
            answer = self._client.get_item(TableName=self.name, Key=_key(pk, sk), ConsistentRead=True)
        return _row(answer["Item"]) if "Item" in answer else None

    def query(self, pk: str, prefix: str = "") -> list[Row]:
        condition, values = "pk = :pk", {":pk": {"S": pk}}
        if prefix:
            condition, values = condition + " AND begins_with(sk, :sk)", values | {":sk": {"S": prefix}}
        return self._pages("query", KeyConditionExpression=condition, ExpressionAttributeValues=values)

    def scan(self, prefix: str) -> list[Row]:
        # An empty text may not stand in this condition.
        condition = {"FilterExpression": "begins_with(pk, :pk)", "ExpressionAttributeValues": {":pk": {"S": prefix}}}
        rows = self._pages("scan", **(condition if prefix else {}))
        return sorted(rows, key=lambda row: (row["pk"], row["sk"]))

    def last(self, pk: str) -> Row | None:
        with self._mapping("read"):
            answer = self._client.query(
                TableName=self.name,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": pk}},
                ScanIndexForward=False,
                Limit=1,
                ConsistentRead=True,
            )
        return _row(answer["Items"][0]) if answer["Items"] else None

    def write(self, *operations: Put | Delete | Check) -> None:
        items = [self._item(operation) for operation in operations]
        # One token for every attempt, boto3's and ours: a transaction whose answer was lost takes effect once.
        token = self._token()
        for attempt in range(_ATTEMPTS):
            with self._mapping("write"):
                try:
                    self._client.transact_write_items(TransactItems=items, ClientRequestToken=token)
                    return
                except self._client.exceptions.TransactionCanceledException as error:
                    if attempt + 1 == _ATTEMPTS or not _reasons(error) <= _PASSING:
                        raise
            self._sleep(self._random() * 0.05 * 2**attempt)

    def _pages(self, operation: str, **request: Any) -> list[Row]:
        with self._mapping("read"):
            pages = self._client.get_paginator(operation).paginate(TableName=self.name, ConsistentRead=True, **request)
            return [_row(item) for page in pages for item in page["Items"]]

    def _item(self, operation: Put | Delete | Check) -> dict[str, Any]:
        match operation:
            case Put(row, expect):
                item = {name: _value(value) for name, value in row.items()}
                return {"Put": {"TableName": self.name, "Item": item, **_condition(expect or {})}}
            case Delete(pk, sk):
                return {"Delete": {"TableName": self.name, "Key": _key(pk, sk)}}
            case Check(pk, sk, expect):
                return {"ConditionCheck": {"TableName": self.name, "Key": _key(pk, sk), **_condition(expect)}}

    @contextmanager
    def _mapping(self, action: str) -> Iterator[None]:
        try:
            yield
        except self._client.exceptions.TransactionCanceledException as error:
            raise _cancelled(error, self.name) from error
        except (ClientError, BotoCoreError) as error:
            raise mapped(error, where=f"{action} {self.name}") from error


def _cancelled(error: Any, name: str) -> StoreError:
    """Only a condition that failed says that somebody else was first."""
    reasons = _reasons(error)
    if "ConditionalCheckFailed" in reasons:
        return Conflict("a condition did not hold: somebody else was first", where=name)
    kind = Throttled if reasons <= _PASSING else Invalid
    return kind(f"a transaction was cancelled: {', '.join(sorted(reasons))}", where=name)


def _reasons(error: Any) -> set[str]:
    return {reason["Code"] for reason in error.response.get("CancellationReasons", ())} - {"None"}


def _key(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _value(value: Value) -> dict[str, Any]:
    match value:
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case bytes():
            return {"B": value}
        case str():
            return {"S": value}


def _row(item: dict[str, Any]) -> Row:
    return {name: _plain(value) for name, value in item.items()}


def _plain(value: dict[str, Any]) -> Value:
    kind, content = next(iter(value.items()))
    if kind == "N":
        return int(content) if content.lstrip("-").isdigit() else str(content)
    if kind in ("S", "BOOL", "B"):
        return content  # type: ignore[no-any-return]
    return repr(content)  # other types are not ours; they are shown, never written back


def _condition(expect: Expect) -> dict[str, Any]:
    if not expect:
        return {}
    names = {f"#{index}": name for index, name in enumerate(expect)}
    values = {f":{index}": _value(value) for index, value in enumerate(expect.values()) if value is not None}
    terms = [
        f"attribute_not_exists(#{index})" if value is None else f"#{index} = :{index}"
        for index, value in enumerate(expect.values())
    ]
    condition: dict[str, Any] = {"ConditionExpression": " AND ".join(terms), "ExpressionAttributeNames": names}
    return condition | ({"ExpressionAttributeValues": values} if values else {})
