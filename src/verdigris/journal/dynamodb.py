"""The deploy table in DynamoDB. Through plain boto3 but for `write`, which bulk work calls for every page."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from verdigris.errors import UsageError
from verdigris.journal.base import Check, Delete, Expect, Put, Row, Value
from verdigris.stores.aws_errors import mapped


class Transport(Protocol):
    """What sends a request, and again where that may help. Raises StoreErrors."""

    def call(self, operation: str, body: bytes, *, where: str) -> bytes: ...


class Clients(Protocol):
    """Where both ways to the service come from: `stores.aws.Aws`."""

    def client(self, service: str) -> Any: ...

    def json(self, service: str) -> Transport: ...


class DynamoRows:
    """`Rows` over one table; `token` gives a new name to each transaction."""

    def __init__(self, aws: Clients, name: str, *, token: Callable[[], str] = lambda: uuid.uuid4().hex) -> None:
        self.name = name
        self._aws = aws
        self._client = aws.client("dynamodb")
        self._token = token

    def exists(self) -> bool:
        """Raises UsageError if it is a table of another kind."""
        with self._mapping("describe"):
            try:
                table = self._client.describe_table(TableName=self.name)["Table"]
            except self._client.exceptions.ResourceNotFoundException:
                return False
        types = {one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]}
        keys = [f"{one['AttributeName']} ({types[one['AttributeName']]})" for one in table["KeySchema"]]
        if keys != ["pk (S)", "sk (S)"]:
            raise UsageError(
                f"the keys of {self.name} are {', '.join(keys)}; a deploy table has pk (S) and sk (S)",
                where=self.name,
                state="nothing was changed",
                next_command="mend [deploy_table] name in verdigris.toml",
            )
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
        # One token for every attempt: a transaction whose answer was lost takes effect once.
        body = msgspec.json.encode({"TransactItems": items, "ClientRequestToken": self._token()})
        self._aws.json("dynamodb").call("TransactWriteItems", body, where=self.name)

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
        except (ClientError, BotoCoreError) as error:
            raise mapped(error, where=f"{action} {self.name}") from error


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
