"""What the contract suites of tables run over: the in-memory stores, and DynamoDB Local."""

from __future__ import annotations

import itertools
import json
from decimal import Decimal
from typing import Any, Protocol

import botocore.session

from verdigris.core.model import KeySchema, RawItem
from verdigris.stores.aws import Aws
from verdigris.stores.base import ChangeStream, Table, TableAdmin, TableShape
from verdigris.stores.dynamodb_admin import DynamoAdmin
from verdigris.stores.dynamodb_stream import DynamoStream
from verdigris.stores.dynamodb_table import DynamoTable
from verdigris.stores.memory import MemoryTable, MemoryTables
from verdigris.stores.table_shape import shape_with_key

KEY = KeySchema((("pk", "S"), ("sk", "S")))
NUMBERED = KeySchema((("pk", "S"), ("sk", "N")))

_numbers = itertools.count(1)


class Stores(Protocol):
    @property
    def admin(self) -> TableAdmin: ...

    def table(self, name: str, key: KeySchema) -> Table: ...

    def stream(self, arn: str, key: KeySchema) -> ChangeStream: ...


class MemoryStores:
    def __init__(self, **options: Any) -> None:
        self.admin = MemoryTables(**options)

    def table(self, name: str, key: KeySchema) -> Table:
        return MemoryTable(self.admin, name, key)

    def stream(self, arn: str, key: KeySchema) -> ChangeStream:
        return self.admin.stream(arn)


class DynamoStores:
    def __init__(self, url: str) -> None:
        self.aws = local_aws(url)
        self.admin = DynamoAdmin(self.aws)

    def table(self, name: str, key: KeySchema) -> Table:
        return DynamoTable(self.aws.json("dynamodb"), name, key)

    def stream(self, arn: str, key: KeySchema) -> ChangeStream:
        return DynamoStream(self.aws.json("dynamodbstreams"), arn, key)


def local_aws(url: str, region: str = "us-east-1", **options: Any) -> Aws:
    session = botocore.session.get_session()
    session.set_credentials("contract", "contract")
    return Aws(region, endpoint_url=url, session=session, **options)


def new_table(stores: Stores, key: KeySchema = KEY, shape: TableShape | None = None) -> Table:
    """An empty table with a name of its own (DynamoDB Local slows on names that were used before)."""
    name = f"contract-{next(_numbers)}"
    stores.admin.create(name, shape or shape_with_key(key))
    return stores.table(name, key)


def raw(pk: str, sk: str = "a", **attributes: Any) -> RawItem:
    """An item with a key of two texts; attributes in DynamoDB's JSON."""
    return json.dumps({"pk": {"S": pk}, "sk": {"S": sk}, **attributes}).encode()


def plain(item: RawItem) -> Any:
    """An item to compare: numbers by value, sets unordered."""
    return _plain({"M": json.loads(item)})


def _plain(tagged: dict[str, Any]) -> Any:
    ((tag, value),) = tagged.items()
    match tag:
        case "M":
            return {name: _plain(member) for name, member in value.items()}
        case "L":
            return [_plain(member) for member in value]
        case "N":
            return Decimal(value)
        case "SS" | "BS" | "NS":
            return (tag, frozenset(_plain({tag[0]: member}) for member in value))
    return (tag, value)
