"""DynamoDB tables as a whole: describe, create, delete, streams. Plain boto3; waits poll."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from itertools import count
from typing import Any

from botocore.exceptions import ClientError

from verdigris.errors import AlreadyThere, Conflict, Invalid, NotFound, StoreError, Unreachable
from verdigris.stores.aws import Aws
from verdigris.stores.aws_errors import aws_errors
from verdigris.stores.base import TableFacts, TableShape
from verdigris.stores.dynamodb_removal import Removal, replicas_of
from verdigris.stores.table_shape import key_schema, shape_of

NEW_AND_OLD_IMAGES = "NEW_AND_OLD_IMAGES"
_CHANGES = ("CreateTable", "DeleteTable", "UpdateTable", "UpdateTimeToLive")


class DynamoAdmin:
    """The port `TableAdmin` for one region.

    Waits poll after 0.1, 0.2, 0.4 … 5 s and give up with Unreachable when `wait_s` seconds have been slept for one and
    the same reason: making a table takes seconds, deleting a replica two to four minutes. `report` is told the reason.
    `may_go` is asked before each attempt to change something, after that attempt was signed; it raises LeaseLost.
    """

    def __init__(
        self,
        aws: Aws,
        *,
        wait_s: float = 900,
        sleep: Callable[[float], None] = time.sleep,
        report: Callable[[str], None] = lambda reason: None,
        may_go: Callable[[], None] = lambda: None,
    ) -> None:
        self._aws = aws
        self._may_go = may_go
        self._client = self.client_of(None)
        self._report = report
        self._wait_s = wait_s
        self._sleep = sleep

    def describe(self, name: str) -> TableFacts | None:
        table = self._describe(name)
        if table is None:
            return None
        with aws_errors(name):
            tags = self._tags(table["TableArn"])
        stream = table.get("StreamSpecification", {})
        on = stream.get("StreamEnabled", False)
        return TableFacts(
            name=name,
            key=key_schema(table),
            active=_is_active(table),
            items_estimate=table.get("ItemCount", 0),
            bytes_estimate=table.get("TableSizeBytes", 0),
            shape=shape_of(table, ttl=self._ttl(name), tags=tags),
            stream=table.get("LatestStreamArn") if on else None,
            stream_view=stream.get("StreamViewType") if on else None,
            replicas=replicas_of(table),
            protected=table.get("DeletionProtectionEnabled", False),
        )

    def create(self, name: str, shape: TableShape) -> None:
        tags = [{"Key": key, "Value": value} for key, value in shape.tags]
        there = self._describe(name) is not None
        try:
            with aws_errors(name):
                self._client.create_table(TableName=name, **shape.create, **({"Tags": tags} if tags else {}))
        except Conflict as error:
            # It was not there a moment ago, and an earlier request of ours was not answered: then it is ours.
            if there or not _tried_again(error):
                raise AlreadyThere(f"table {name} is there already", where=name) from error
        self.wait(name, lambda table: table is not None and _is_active(table), "to become active")
        if shape.ttl_attribute is not None:
            self.enable_ttl(name, shape.ttl_attribute)

    def enable_ttl(self, name: str, attribute: str) -> None:
        try:
            with aws_errors(name):
                self._client.update_time_to_live(
                    TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": attribute}
                )
        except Invalid:
            if self._ttl(name) != attribute:  # what is on already is refused: an earlier answer was lost
                raise

    def delete(self, name: str) -> None:
        clients = cache(self.client_of)
        removal = Removal(lambda region: clients(region) if region else self._client, name)
        self.wait(name, removal.step, "to be gone", lambda: removal.reason)

    def client_of(self, region: str | None) -> Any:
        """A client that asks first. Who was paused past its lease must not remove what its successor has made."""
        client = self._aws.client("dynamodb", region)
        for change in _CHANGES:
            client.meta.events.register(f"before-send.dynamodb.{change}", lambda **_: self._may_go())
        return client

    def is_empty(self, name: str) -> bool:
        position: dict[str, Any] = {}
        while True:
            with aws_errors(name):
                page = self._client.scan(TableName=name, ConsistentRead=True, Limit=1, **position)
            if page["Items"]:
                return False
            if "LastEvaluatedKey" not in page:
                return True
            position = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def enable_stream(self, name: str) -> str:
        # An update is refused while another runs.
        table = self.wait(name, lambda table: table is None or _is_active(table), "to become active")
        if table is None:
            raise NotFound(f"no table {name}", where=name)
        found = table.get("StreamSpecification", {})
        if not found.get("StreamEnabled"):
            self._turn_on(name)
            table = self.wait(name, _has_stream, "to have its stream")
        elif found["StreamViewType"] != NEW_AND_OLD_IMAGES:
            raise Invalid(
                f"the stream of {name} shows {found['StreamViewType']}; Verdigris needs {NEW_AND_OLD_IMAGES},"
                " and a stream's view cannot be changed: it must be turned off, which its consumers will notice",
                where=name,
                next_command=f"aws dynamodb update-table --table-name {name}"
                " --stream-specification StreamEnabled=false",
            )
        if table is None:
            raise NotFound(f"table {name} was deleted meanwhile", where=name)
        arn: str = table["LatestStreamArn"]
        return arn

    def _turn_on(self, name: str) -> None:
        try:
            with aws_errors(name):
                self._client.update_table(
                    TableName=name,
                    StreamSpecification={"StreamEnabled": True, "StreamViewType": NEW_AND_OLD_IMAGES},
                )
        except (Conflict, Invalid) as error:
            # Refused where it is on, or being turned on, already: an earlier request took effect, the answer was lost.
            found = (self._describe(name) or {}).get("StreamSpecification", {})
            if not _tried_again(error) or found.get("StreamViewType") != NEW_AND_OLD_IMAGES:
                raise

    def _describe(self, name: str) -> dict[str, Any] | None:
        try:
            with aws_errors(name):
                table: dict[str, Any] = self._client.describe_table(TableName=name)["Table"]
                return table
        except NotFound:
            return None

    def _ttl(self, name: str) -> str | None:
        with aws_errors(name):
            found = self._client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        attribute: str | None = found.get("AttributeName")
        return attribute if found["TimeToLiveStatus"] in {"ENABLED", "ENABLING"} else None

    def _tags(self, arn: str) -> list[dict[str, str]]:
        try:
            pages = self._client.get_paginator("list_tags_of_resource").paginate(ResourceArn=arn)
            return [tag for page in pages for tag in page["Tags"]]
        except ClientError as error:
            if error.response["Error"]["Code"] == "UnknownOperationException":  # DynamoDB Local has no tags
                return []
            raise

    def wait(
        self,
        name: str,
        done: Callable[[dict[str, Any] | None], bool],
        what: str,
        why: Callable[[], str] = lambda: "",
    ) -> dict[str, Any] | None:
        """Polls the table's description (None: no such table) until `done`; returns the last one."""
        slept_s: dict[str, float] = {"": 0.0}  # by reason: each has its own limit
        for poll in count():
            table = self._describe(name)
            if done(table):
                return table
            if reason := why():
                self._report(reason)
            if slept_s.setdefault(reason, 0.0) >= self._wait_s:
                break
            pause = min(5.0, 0.1 * 2**poll)
            self._sleep(pause)
            slept_s[reason] += pause
        raise Unreachable(
            f"waited {slept_s[reason]:.0f} s for table {name} {what}" + (f": {reason}" if reason else ""),
            where=name,
            state="the same command goes on waiting",
        )


def _tried_again(error: StoreError) -> bool:
    """Whether boto3 had sent the request before: the answer to that is not known."""
    cause = error.__cause__
    return isinstance(cause, ClientError) and cause.response.get("ResponseMetadata", {}).get("RetryAttempts", 0) > 0


def _is_active(table: dict[str, Any]) -> bool:
    parts = [table["TableStatus"], *(index.get("IndexStatus") for index in table.get("GlobalSecondaryIndexes", ()))]
    return all(status == "ACTIVE" for status in parts)


def _has_stream(table: dict[str, Any] | None) -> bool:
    return table is None or (_is_active(table) and "LatestStreamArn" in table)
