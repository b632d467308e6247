"""Links in a DynamoDB table of their own, made when the first one is added: most migrations need none.

Each link is one item: partition key `kind|hash(from)`, sort key `hash(to)`, the keys themselves beside them. Hashes,
because a key of the user's table may be longer than a partition key may be.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from typing import Any

import msgspec

from verdigris.core.model import Key, KeySchema
from verdigris.errors import AlreadyThere, NotFound
from verdigris.stores.base import LinkKind, TableAdmin, TableShape
from verdigris.stores.dynamodb_table import DynamoTable
from verdigris.stores.http import AwsJson

_SCHEMA = KeySchema((("pk", "S"), ("sk", "S")))
_SHAPE = TableShape(
    create={
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
)
_QUERIES = 8


class _To(msgspec.Struct):
    to: dict[str, str]


class _Answer(msgspec.Struct):
    Items: list[_To]
    LastEvaluatedKey: msgspec.Raw | None = None


_decode = msgspec.json.Decoder(_Answer).decode
_decode_key = msgspec.json.Decoder(tuple[str, ...]).decode


class DynamoLinks:
    """The port `Links` over table `name`."""

    def __init__(self, http: AwsJson, admin: TableAdmin, name: str) -> None:
        self.name = name
        self._http = http
        self._admin = admin
        self._table = DynamoTable(http, name, _SCHEMA)
        self._there: bool | None = None
        self._lock = threading.Lock()

    def add(self, links: Iterable[tuple[LinkKind, Key, Key]]) -> None:
        items = [_item(*link) for link in dict.fromkeys(links)]
        if not items:
            return
        self._ensure()
        self._table.write(items)

    def of(self, kind: LinkKind, keys: Iterable[Key]) -> dict[Key, set[Key]]:
        wanted = list(dict.fromkeys(keys))
        if not wanted or not self._exists():
            return {}
        with ThreadPoolExecutor(min(_QUERIES, len(wanted))) as pool:
            found = pool.map(lambda key: set(self._query(kind, key)), wanted)
        return {key: to for key, to in zip(wanted, found, strict=True) if to}

    def drop(self) -> None:
        with self._lock:
            self._admin.delete(self.name)
            self._there = False

    def there(self) -> bool:
        return self._admin.describe(self.name) is not None

    def _query(self, kind: LinkKind, key: Key) -> Iterator[Key]:
        request: dict[str, Any] = {
            "TableName": self.name,
            "ConsistentRead": True,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": _partition(kind, key)}},
            "ProjectionExpression": "#to",
            "ExpressionAttributeNames": {"#to": "to"},
        }
        while True:
            answer = _decode(self._http.call("Query", msgspec.json.encode(request), where=self.name))
            yield from (_decode_key(item.to["S"]) for item in answer.Items)
            if answer.LastEvaluatedKey is None:
                return
            request["ExclusiveStartKey"] = answer.LastEvaluatedKey

    def _exists(self) -> bool:
        with self._lock:
            if self._there is None:
                self._there = self._admin.describe(self.name) is not None
            return self._there

    def _ensure(self) -> None:
        if self._exists():
            return
        with self._lock:
            try:
                self._admin.create(self.name, _SHAPE)
            except AlreadyThere:
                if self._admin.describe(self.name) is None:
                    raise NotFound("the table of links comes and goes", where=self.name) from None
            self._there = True


def _item(kind: LinkKind, key: Key, to: Key) -> bytes:
    return msgspec.json.encode(
        {
            "pk": {"S": _partition(kind, key)},
            "sk": {"S": _hashed(to)},
            "from": {"S": _text(key)},
            "to": {"S": _text(to)},
        }
    )


def _partition(kind: LinkKind, key: Key) -> str:
    return f"{kind}|{_hashed(key)}"


def _hashed(key: Key) -> str:
    return blake2b(_text(key).encode(), digest_size=20).hexdigest()


def _text(key: Key) -> str:
    return msgspec.json.encode(key).decode()
