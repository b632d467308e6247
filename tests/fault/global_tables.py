"""The control plane of global tables, which DynamoDB Local lacks: replicas with their states, and AWS's refusals.

Time is counted in descriptions: what is being deleted is gone after `polls` of them. The rules are those of the guide
(GlobalTables, V2globaltables_HowItWorks) and of measurements on AWS: a replica is deleted by one UpdateTable that does
nothing else; while one changes, every other change is ResourceInUseException; a table that a replica was made from
cannot be deleted before that replica is gone; each region's copy has its own deletion protection.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fault.scripted import Answer, Request, fault

ACTED_AS_SOURCE = (
    "Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the table in "
    "the last 24 hours."
)
_KEY = {
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
}


@dataclass
class Copy:
    """One region's copy of a table. `made_from`: the region that this replica was added from."""

    made_from: str | None = None
    status: str = "ACTIVE"
    protected: bool = False
    polls: int = 0


@dataclass
class GlobalTable:
    """A table of this name in one or more regions. `polls`: how many descriptions a deletion takes."""

    name: str
    copies: dict[str, Copy]
    polls: int = 2
    items: int = 0
    #: calls that changed something: (region, operation, what)
    changes: list[tuple[str, str, str]] = field(default_factory=list)

    def answer(self, request: Request) -> Answer | None:
        """The answer, or None for what is not about this table."""
        body = json.loads(request.body)
        if body.get("TableName") != self.name:
            return None
        copy = self.copies.get(request.region)
        if copy is None:
            return fault("ResourceNotFoundException", f"Requested resource not found: Table: {self.name} not found")
        handler: Callable[[str, Copy, dict[str, Any]], Answer] = {
            "DescribeTable": self._describe,
            "UpdateTable": self._update,
            "DeleteTable": self._delete,
            "Scan": lambda *_: Answer({"Items": [{"pk": {"S": "x"}, "sk": {"S": "x"}}] if self.items else []}),
            "DescribeTimeToLive": lambda *_: Answer({"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}),
        }[request.operation]
        return handler(request.region, copy, body)

    def _describe(self, region: str, _: Copy, __: dict[str, Any]) -> Answer:
        self._pass_time()
        if region not in self.copies:
            return fault("ResourceNotFoundException", "gone")
        copy = self.copies[region]
        described = {
            **_KEY,
            "TableName": self.name,
            "TableArn": f"arn:aws:dynamodb:{region}:123456789012:table/{self.name}",
            "TableStatus": copy.status,
            "ItemCount": self.items,
            "TableSizeBytes": 100 * self.items,
            "DeletionProtectionEnabled": copy.protected,
            "Replicas": [
                {"RegionName": other, "ReplicaStatus": one.status}
                for other, one in self.copies.items()
                if other != region and (one.made_from or copy.made_from)
            ],
        }
        return Answer({"Table": described})

    def _pass_time(self) -> None:
        for region, copy in list(self.copies.items()):
            if copy.status == "DELETING":
                copy.polls += 1
                if copy.polls > self.polls:
                    del self.copies[region]

    def _update(self, region: str, _: Copy, body: dict[str, Any]) -> Answer:
        (update,) = body["ReplicaUpdates"]
        leaving = update["Delete"]["RegionName"]
        if any(one.status != "ACTIVE" for one in self.copies.values()):
            return fault("ResourceInUseException", "another change is under way")
        if leaving not in self.copies:
            return fault("ReplicaNotFoundException", "no such replica")
        if self.copies[leaving].protected:
            return fault("ValidationException", "deletion protection is enabled")
        if any(one.made_from == leaving for one in self.copies.values()):
            return fault("ValidationException", ACTED_AS_SOURCE)
        return self._leave(region, "UpdateTable", leaving)

    def _delete(self, region: str, copy: Copy, _: dict[str, Any]) -> Answer:
        if copy.protected:
            return fault("ValidationException", "deletion protection is enabled")
        if any(one.made_from == region for one in self.copies.values()):
            return fault("ValidationException", ACTED_AS_SOURCE)
        if copy.status != "ACTIVE":
            return fault("ResourceInUseException", f"the table is {copy.status}")
        return self._leave(region, "DeleteTable", region)

    def _leave(self, region: str, operation: str, leaving: str) -> Answer:
        self.changes.append((region, operation, leaving))
        self.copies[leaving].status = "DELETING"
        return Answer({"TableDescription": {"TableName": self.name, "TableStatus": "UPDATING"}})


def answer(*tables: GlobalTable, otherwise: Callable[[Request], Answer]) -> Callable[[Request], Answer]:
    """What a server answers that has these tables; anything else goes to `otherwise`."""

    def respond(request: Request) -> Answer:
        if request.operation == "ListTagsOfResource":
            return Answer({"Tags": []})
        return next((found for table in tables if (found := table.answer(request))), None) or otherwise(request)

    return respond
