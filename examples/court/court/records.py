"""The entities in the table. Writes carry a revision and may be repeated: the same one twice is the same as once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from court.entities import Entity, Ref
from court.errors import Busy, Gone, Missing, Outdated
from court.layout import Item, Part, Shape, assignee_partition, key_of
from court.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_to_wire = TypeSerializer().serialize
_from_wire = TypeDeserializer().deserialize
_NOT_OLDER = "attribute_not_exists(pk) OR rev <= :rev"
_THERE_AND_NOT_OLDER = "attribute_exists(pk) AND rev <= :rev"
_THERE_AND_OLDER = "attribute_exists(pk) AND rev < :rev"


class Refused(Exception):
    """A write's condition did not hold."""


class Records:
    """One table. Safe to share between threads. Everything raises Gone for kinds that the shape no longer has, and
    Busy when the table cannot be asked now."""

    def __init__(self, settings: Settings, shape: Shape) -> None:
        self._client = _client(settings)
        self._table = settings.table
        self._shape = shape

    def items(self, ref: Ref) -> list[Item]:
        """The items that are there of an entity now: strongly consistent, all of one moment."""
        keys = [_wire(part.key) for part in self._parts(ref, {})]
        with _mapped():
            if len(keys) == 1:
                found = [self._client.get_item(TableName=self._table, Key=keys[0], ConsistentRead=True)]
            else:
                gets = [{"Get": {"TableName": self._table, "Key": key}} for key in keys]
                found = self._client.transact_get_items(TransactItems=gets)["Responses"]  # type: ignore[arg-type, assignment]
        return [_python(answer["Item"]) for answer in found if answer.get("Item")]

    def get(self, ref: Ref) -> Entity:
        """The entity as it is now. Raises Missing."""
        items = self.items(ref)
        if not items:
            raise Missing(ref.path)
        return self._shape.entity(ref, items)

    def put(self, ref: Ref, entity: Entity) -> None:
        """Creates or replaces the entity. Raises Outdated."""
        try:
            self._write([self._put(part, entity["rev"]) for part in self._parts(ref, entity)])
        except Refused:
            raise Outdated(ref.path) from None

    def patch(self, ref: Ref, fields: Entity) -> None:
        """Sets some fields, and `rev` among them, of an entity that is there. Raises Missing, Outdated."""
        updates = [self._update(part, fields["rev"]) for part in self._parts(ref, fields)]
        try:
            self._write(updates)
        except Refused:
            self.get(ref)
            raise Outdated(ref.path) from None

    def delete(self, ref: Ref, rev: int) -> None:
        """Removes the entity, if it is there. Raises Outdated."""
        try:
            self._write([self._delete(part, rev) for part in self._parts(ref, {})])
        except Refused:
            raise Outdated(ref.path) from None

    def file(self, case: Ref, rev: int, entry: Ref, fields: Entity) -> None:
        """Files a docket entry and counts it on its case, which becomes revision `rev`: both or none.

        Done already (the case is at `rev`) counts as done. Raises Missing (no such case), Outdated.
        """
        count = {
            "Update": {
                "TableName": self._table,
                "Key": _wire(key_of(case)),
                "UpdateExpression": "SET entryCount = entryCount + :one, lastFiledAt = :at, rev = :rev",
                "ConditionExpression": _THERE_AND_OLDER,
                "ExpressionAttributeValues": _wire({":one": 1, ":at": fields["filedAt"], ":rev": rev}),
            }
        }
        try:
            self._write([count, *(self._put(part, fields["rev"]) for part in self._parts(entry, fields))])
        except Refused:
            if self.get(case)["rev"] != rev:
                raise Outdated(case.path) from None

    def assigned(self, user_id: str) -> list[str]:
        """The ids of the work items of a user, at most a page of them, as far as the index has heard."""
        with _mapped():
            found = self._client.query(
                TableName=self._table,
                IndexName="gsi2",
                KeyConditionExpression="gsi2pk = :user",
                ExpressionAttributeValues=_wire({":user": assignee_partition(user_id)}),
                ProjectionExpression="workItemId",
                Limit=50,
            )
        return [_python(item)["workItemId"] for item in found["Items"]]

    def _parts(self, ref: Ref, fields: Entity) -> list[Part]:
        if ref.kind in self._shape.GONE:
            raise Gone(ref.path)
        return self._shape.parts(ref, fields)

    def _put(self, part: Part, rev: int) -> dict[str, Any]:
        condition = {"ConditionExpression": _NOT_OLDER, "ExpressionAttributeValues": _wire({":rev": rev})}
        return {"Put": {"TableName": self._table, "Item": _wire(part.item), **condition}}

    def _delete(self, part: Part, rev: int) -> dict[str, Any]:
        condition = {"ConditionExpression": _NOT_OLDER, "ExpressionAttributeValues": _wire({":rev": rev})}
        return {"Delete": {"TableName": self._table, "Key": _wire(part.key), **condition}}

    def _update(self, part: Part, rev: int) -> dict[str, Any]:
        names = list(part.attributes)
        return {
            "Update": {
                "TableName": self._table,
                "Key": _wire(part.key),
                "UpdateExpression": "SET " + ", ".join(f"#{n} = :{name}" for n, name in enumerate(names)),
                "ConditionExpression": _THERE_AND_NOT_OLDER,
                "ExpressionAttributeNames": {f"#{n}": name for n, name in enumerate(names)},
                "ExpressionAttributeValues": _wire({f":{name}": part.attributes[name] for name in names}),
            }
        }

    def _write(self, writes: list[dict[str, Any]]) -> None:
        """One write as itself, several as a transaction. Raises Refused."""
        with _mapped():
            if len(writes) > 1:
                self._client.transact_write_items(TransactItems=writes)  # type: ignore[arg-type]
                return
            [(kind, request)] = writes[0].items()
            getattr(self._client, f"{kind.lower()}_item")(**request)


def _client(settings: Settings) -> DynamoDBClient:
    return boto3.client(
        "dynamodb",
        region_name=settings.region,
        endpoint_url=settings.dynamodb_url,
        config=Config(
            max_pool_connections=50,
            parameter_validation=False,
            connect_timeout=2,
            read_timeout=5,
            retries={"mode": "standard", "total_max_attempts": 2},
        ),
    )


@contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        reasons = [reason.get("Code") for reason in error.response.get("CancellationReasons", [])]
        if "ConditionalCheckFailed" in reasons or error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            raise Refused from None
        raise Busy(f"the table answers {error.response['Error']['Code']}") from error
    except BotoCoreError as error:
        raise Busy(f"the table does not answer: {type(error).__name__}") from error


def _wire(item: Item) -> dict[str, Any]:
    return {name: _to_wire(value) for name, value in item.items()}


def _python(item: dict[str, Any]) -> Item:
    return {name: _from_wire(value) for name, value in item.items()}
