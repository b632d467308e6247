"""A real HTTP proxy in front of DynamoDB Local, by which its regions know each other as those of AWS do.

    with Regions("http://127.0.0.1:8000") as regions:
        east = boto3.client("dynamodb", "us-east-1", endpoint_url=regions.url)
        east.update_table(TableName="court", ReplicaUpdates=[{"Create": {"RegionName": "us-west-1"}}])

DynamoDB Local without `-sharedDb` keeps the tables of each region and access key apart. The shim adds replicas with
their states and refusals (`rules.py` says which, and where AWS says so), replication of writes, tags and backups.
Not played: replicas of tables with provisioned throughput, indexes that are added later, PITR, other versions of global
tables, transactions over regions.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import orjson

from verdigris.local.forward import Answer, Broken, NotSent
from verdigris.testing.faults import answers
from verdigris.testing.faults.answers import Refused
from verdigris.testing.faults.calls import Call
from verdigris.testing.faults.serving import Serving
from verdigris.testing.regions.addressing import arn_of, in_region, region_of, regional
from verdigris.testing.regions.backups import Backups, Tags
from verdigris.testing.regions.replication import WRITES, Replication, written
from verdigris.testing.regions.rules import GlobalTables, Timing, invalid, not_found, protection

_STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
#: Answers a call of the control plane: the call, its region, what it says.
_Control: TypeAlias = Callable[[Call, str, dict[str, Any]], Awaitable[Answer]]

_COPIED = ("AttributeDefinitions", "KeySchema")


class Regions(Serving):
    """See `Serving`. One account: whoever asks with another access key has other tables, and no replicas."""

    def __init__(
        self,
        target_url: str,
        timing: Timing | None = None,
        *,
        port: int = 0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(target_url, port)
        self._timing = timing or Timing()
        self._tables = GlobalTables(self._timing, now)
        self._backups = Backups(self._timing.backup_s, self._timing.young_s, now)
        self._tags = Tags()
        self._replication = Replication(self._timing.lag_s, self._must)
        self._lock = asyncio.Lock()
        #: operations that changed a table as a whole, as they were accepted: (region, operation, table or replica)
        self.changes: list[tuple[str, str, str]] = []

    # ── from outside, any thread ─────────────────────────────────────────────────────────────────────────────────

    def hold_replication(self) -> None:
        """Nothing reaches another region until `release_replication`."""
        self._on_loop(_calling(self._replication.flowing.clear))

    def release_replication(self) -> None:
        self._on_loop(_calling(self._replication.flowing.set))

    # ── on the loop ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _handle(self, call: Call) -> Answer | None:
        try:
            if not call.operation or call.of_streams:
                return await self._forward(call)
            control = self._control.get(call.operation)
            if control is None:
                return await self._data(call)
            async with self._lock:
                await self._let_time_pass(call)
                return await control(call, region_of(call), call.content)
        except Refused as refused:
            return refused.answer
        except KeyError as missing:
            return answers.error("ValidationException", f"{missing} is missing")
        except (NotSent, Broken):
            return None  # the engine itself broke off: so do we

    @property
    def _control(self) -> dict[str, _Control]:
        return {
            "CreateTable": self._create,
            "DescribeTable": self._describe,
            "UpdateTable": self._update,
            "DeleteTable": self._delete,
            "UpdateTimeToLive": self._update_ttl,
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "ListTagsOfResource": self._list_tags,
            "CreateBackup": self._create_backup,
            "DescribeBackup": self._of_backups(lambda region, body: self._backups.describe(body["BackupArn"])),
            "DeleteBackup": self._of_backups(lambda region, body: self._backups.delete(body["BackupArn"])),
            "ListBackups": self._of_backups(lambda region, body: self._backups.listed(region, body.get("TableName"))),
        }

    async def _let_time_pass(self, call: Call) -> None:
        for region, name in self._tables.passed():
            self._tags.forget(arn_of(region, name))
            self._replication.forget(name)
            await self._forward(in_region(call.asking("DeleteTable", {"TableName": name}), region))

    # ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _create(self, call: Call, region: str, body: dict[str, Any]) -> Answer:
        answer = await self._forward(call)
        if answer.status == 200:
            self._tags.add(arn_of(region, body["TableName"]), body.get("Tags", []))
            self._backups.born(region, body["TableName"])
        return regional(answer, region)

    async def _describe(self, call: Call, region: str, body: dict[str, Any]) -> Answer:
        name = body["TableName"]
        answer = regional(await self._forward(call), region)
        copy = self._tables.copy(region, name)
        if answer.status != 200 or copy is None:
            return answer
        table = orjson.loads(answer.body)["Table"]
        return answers.fine(
            {
                "Table": {
                    **table,
                    "TableStatus": self._tables.status(region, name),
                    "Replicas": self._tables.described(region, name),
                    "GlobalTableVersion": "2019.11.21",
                }
            }
        )

    async def _update(self, call: Call, region: str, body: dict[str, Any]) -> Answer:
        name = body["TableName"]
        if "ReplicaUpdates" not in body:
            self._tables.demand_unchanging(name)
            if "StreamSpecification" in body:
                self._tables.demand_stream_kept(name)
            if "DeletionProtectionEnabled" in body:
                self._tables.toggle_protection(region, name)
            return regional(await self._forward(call), region)
        home = await self._table(call, region, name)
        if home is None:
            raise not_found(name)
        kind = next(iter(body["ReplicaUpdates"][0]), "")
        if kind == "Create":
            await self._add(call, region, body, home)
        elif kind == "Delete":
            protected = {
                other: (await self._table(call, other, name) or {}).get("DeletionProtectionEnabled", False)
                for other in self._tables.regions(name)
            }
            gone = self._tables.remove(region, name, body, protected=lambda other: protected[other])
            self.changes.append((region, "UpdateTable", gone))
        else:
            raise invalid("a replica is created or deleted here, nothing else")
        replicas = self._tables.described(region, name)
        return answers.fine({"TableDescription": {**home, "TableStatus": "UPDATING", "Replicas": replicas}})

    async def _add(self, call: Call, region: str, body: dict[str, Any], home: dict[str, Any]) -> None:
        """AWS turns the stream on itself, and leaves one that is on as it is (L-305). TTL is shared (L-230)."""
        name = body["TableName"]
        if not home.get("StreamSpecification", {}).get("StreamEnabled"):
            await self._must(call, region, "UpdateTable", {"TableName": name, "StreamSpecification": _STREAM})
            home = await self._table(call, region, name) or home
        wanted = body["ReplicaUpdates"][0].get("Create", {}).get("RegionName", "")
        there = await self._table(call, wanted, name) is not None
        new = self._tables.add(region, name, body, home, there=there)
        create = {part: home[part] for part in _COPIED} | {"TableName": name, "BillingMode": "PAY_PER_REQUEST"}
        for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
            if found := home.get(kind):
                create[kind] = [{part: one[part] for part in ("IndexName", "KeySchema", "Projection")} for one in found]
        await self._must(call, new, "CreateTable", {**create, "StreamSpecification": home["StreamSpecification"]})
        self._backups.born(new, name)
        await self._share_ttl(call, region, new, name)
        await self._fill(call, region, new, name)
        self.changes.append((region, "UpdateTable", new))

    async def _fill(self, call: Call, region: str, new: str, name: str) -> None:
        position: dict[str, Any] = {}
        while True:
            page = await self._must(call, region, "Scan", {"TableName": name, "ConsistentRead": True, **position})
            for item in page["Items"]:
                await self._must(call, new, "PutItem", {"TableName": name, "Item": item})
            if "LastEvaluatedKey" not in page:
                return
            position = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    async def _delete(self, call: Call, region: str, body: dict[str, Any]) -> Answer:
        name = body["TableName"]
        table = await self._table(call, region, name)
        if table and table.get("DeletionProtectionEnabled"):
            raise protection()
        if table and self._tables.delete(region, name):
            self.changes.append((region, "DeleteTable", region))
            return answers.fine({"TableDescription": {**table, "TableStatus": "DELETING"}})
        answer = await self._forward(call)
        if answer.status == 200:
            self._tags.forget(arn_of(region, name))
            self._tables.forget(region, name)
            self.changes.append((region, "DeleteTable", name))
        return regional(answer, region)

    async def _update_ttl(self, call: Call, region: str, body: dict[str, Any]) -> Answer:
        """Refused while a replica is made (L-306), shared by all of them (L-230)."""
        name = body["TableName"]
        self._tables.demand_unchanging(name)
        answer = await self._forward(call)
        if answer.status == 200:
            for other in self._tables.others(region, name):
                await self._share_ttl(call, region, other, name)
        return answer

    async def _share_ttl(self, call: Call, region: str, other: str, name: str) -> None:
        found = await self._must(call, region, "DescribeTimeToLive", {"TableName": name})
        ttl = found["TimeToLiveDescription"]
        if attribute := ttl.get("AttributeName"):
            wanted = {"Enabled": ttl["TimeToLiveStatus"] == "ENABLED", "AttributeName": attribute}
            await self._must(call, other, "UpdateTimeToLive", {"TableName": name, "TimeToLiveSpecification": wanted})

    async def _table(self, call: Call, region: str, name: str) -> dict[str, Any] | None:
        answer = await self._forward(in_region(call.asking("DescribeTable", {"TableName": name}), region))
        if answer.status != 200:
            return None
        described: dict[str, Any] = orjson.loads(regional(answer, region).body)["Table"]
        return described

    async def _must(self, call: Call, region: str, operation: str, content: dict[str, Any]) -> dict[str, Any]:
        answer = await self._forward(in_region(call.asking(operation, content), region))
        if answer.status != 200:
            raise Refused(answer)
        found: dict[str, Any] = orjson.loads(answer.body)
        return found

    # ── tags and backups ─────────────────────────────────────────────────────────────────────────────────────────

    async def _tag(self, call: Call, region: str, body: dict[str, Any]) -> Answer:
        self._tags.add(body["ResourceArn"], body["Tags"])
        return answers.fine({})

    async def _untag(self, call: Call, region: str, body: dict[str, Any]) -> Answer:
        self._tags.remove(body["ResourceArn"], body["TagKeys"])
        return answers.fine({})

    async def _list_tags(self, call: Call, region: str, body: dict[str, Any]) -> Answer:
        return answers.fine({"Tags": self._tags.of(body["ResourceArn"])})

    async def _create_backup(self, call: Call, region: str, body: dict[str, Any]) -> Answer:
        name = body["TableName"]
        table = await self._table(call, region, name)
        if table is None:
            raise Refused(answers.error("TableNotFoundException", f"Table not found: {name}"))
        status = self._tables.status(region, name) if self._tables.copy(region, name) else table["TableStatus"]
        return answers.fine(self._backups.make(region, name, body["BackupName"], status=status))

    def _of_backups(self, say: Callable[[str, dict[str, Any]], dict[str, Any]]) -> _Control:
        async def said(call: Call, region: str, body: dict[str, Any]) -> Answer:
            return answers.fine(say(region, body))

        return said

    # ── items ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _data(self, call: Call) -> Answer:
        region = region_of(call)
        for name in filter(None, call.table.split(",")):
            if self._tables.copy(region, name):
                async with self._lock:
                    await self._let_time_pass(call)
                self._tables.demand_there(region, name)
        answer = await self._forward(call)
        if answer.status == 200 and call.operation in WRITES:
            for name, item in written(call, answer):
                for other in self._tables.others(region, name):
                    self._later(await self._replication.of(call, name, item, region, other))
        return answer


async def _calling(function: Callable[[], None]) -> None:
    function()
