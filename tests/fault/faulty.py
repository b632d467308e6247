"""A fault proxy with a plain boto3 client that never tries again, and an empty table."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import boto3
from botocore.config import Config

from verdigris.testing.fault_proxy import FaultProxy, Rules

ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1}, read_timeout=10)
_names = count(1)


@contextmanager
def faulty(
    stack: Any,
    rules: Rules | None = None,
    seed: int = 1,
    *,
    table: str = "",
    account: str = "faulty",
    now: Callable[[], float] = time.time,
) -> Iterator[tuple[FaultProxy, Client]]:
    """A proxy, and a client of it that never tries again, with an empty table."""
    with FaultProxy(stack.dynamodb_url, seed, now=now) as proxy:
        client = boto3.client(
            "dynamodb",
            endpoint_url=proxy.url,
            region_name="us-east-1",
            aws_access_key_id=account,
            aws_secret_access_key="faulty",
            config=ONCE,
        )
        table = table or f"faulty-{next(_names)}"
        client.create_table(
            TableName=table,
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        proxy.set(rules)
        yield proxy, Client(client, table)


class Client:
    def __init__(self, boto: Any, table: str) -> None:
        self.boto = boto
        self.table = table

    def put(self, pk: str, value: str = "") -> None:
        self.boto.put_item(TableName=self.table, Item=item(pk, value))

    def value(self, pk: str) -> str | None:
        found = self.boto.get_item(TableName=self.table, Key={"pk": {"S": pk}}, ConsistentRead=True)
        return found["Item"]["value"]["S"] if "Item" in found else None

    def batch(self, *pks: str) -> Any:
        puts = [{"PutRequest": {"Item": item(pk)}} for pk in pks]
        return self.boto.batch_write_item(RequestItems={self.table: puts})

    def transact(self, *pks: str) -> Any:
        puts = [{"Put": {"TableName": self.table, "Item": item(pk)}} for pk in pks]
        return self.boto.transact_write_items(TransactItems=puts)

    def keys(self) -> set[str]:
        return {found["pk"]["S"] for found in self.boto.scan(TableName=self.table, ConsistentRead=True)["Items"]}


def item(pk: str, value: str = "") -> dict[str, Any]:
    return {"pk": {"S": pk}, "value": {"S": value}}
