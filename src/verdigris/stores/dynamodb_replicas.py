"""Replicas of DynamoDB tables (global tables, version 2019.11.21). Plain boto3; waits poll.

Asked for, a replica is in its table's description after some seconds, and ACTIVE there after less than a minute as long
as the table is empty; with items in it that takes more than ten minutes and cannot be cancelled. The table itself says
ACTIVE all the while, so it is the replica's own state that is waited for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from verdigris.errors import Conflict, Invalid, NotFound, Throttled
from verdigris.stores.aws_errors import aws_errors
from verdigris.stores.base import Replica, Table
from verdigris.stores.dynamodb_admin import DynamoAdmin
from verdigris.stores.dynamodb_removal import replicas_of


class DynamoReplicas:
    """The port `Replicas`. `admin` is the home region's; `table` gives a table's data path in a region."""

    def __init__(self, admin: DynamoAdmin, table: Callable[[str, str], Table]) -> None:
        self._admin = admin
        self._table = table

    def states(self, name: str) -> Sequence[Replica]:
        facts = self._admin.describe(name)
        if facts is None:
            raise NotFound(f"no table {name}", where=name)
        return facts.replicas

    def add(self, name: str, region: str) -> None:
        joining = _Joining(self._admin.client_of, name, region)
        self._admin.wait(name, joining.step, f"to have its replica in {region}", lambda: joining.reason)

    def table(self, name: str, region: str) -> Table:
        return self._table(name, region)


class _Joining:
    """Call `step` with each new description of the table until it says that the replica is active."""

    def __init__(self, client: Callable[[str | None], Any], name: str, region: str) -> None:
        self._client = client
        self._name = name
        self._region = region
        self._asked = False
        self.reason = ""

    def step(self, table: Mapping[str, Any] | None) -> bool:
        if table is None:
            raise NotFound(f"no table {self._name}", where=self._name)
        status = next((one.status for one in replicas_of(table) if one.region == self._region), None)
        if status == "CREATION_FAILED":
            raise Invalid(
                f"AWS could not make the replica of {self._name} in {self._region}",
                where=self._name,
                next_command=f"aws dynamodb update-table --table-name {self._name}"
                f" --replica-updates Delete={{RegionName={self._region}}}",
            )
        if status is not None:
            self.reason = f"the replica of {self._name} in {self._region} is {status}"
            return status == "ACTIVE" and self._is_there()
        if self._asked:
            self.reason = f"the replica of {self._name} in {self._region} was asked for and is not shown yet"
        elif table["TableStatus"] != "ACTIVE":
            self.reason = f"{self._name} is {table['TableStatus']}"
        else:
            self._ask(table["TableArn"].split(":")[3])
        return False

    def _ask(self, home: str) -> None:
        try:
            with aws_errors(f"{self._name} in {self._region}"):
                self._client(None).update_table(
                    TableName=self._name, ReplicaUpdates=[{"Create": {"RegionName": self._region}}]
                )
        except (Conflict, Throttled) as error:  # an earlier request may be the one that is under way
            self.reason = f"the replica in {self._region} cannot be made yet: {error.what.partition(':')[0]}"
        except Invalid:  # so is a replica that is there; the description at home may be older than an earlier request
            if not self._has_joined(home):
                raise
            self.reason = f"the replica of {self._name} in {self._region} is not shown yet"
        else:
            self._asked = True
            self.reason = f"the replica of {self._name} in {self._region} was asked for"

    def _is_there(self) -> bool:
        """That region's own word: requests go there."""
        found = self._there()
        return found is not None and found["TableStatus"] == "ACTIVE"

    def _has_joined(self, home: str) -> bool:
        """Whether the table of that name there is a replica of this one, by its own word."""
        found = self._there()
        return found is not None and any(one.region == home for one in replicas_of(found))

    def _there(self) -> Mapping[str, Any] | None:
        try:
            with aws_errors(f"{self._name} in {self._region}"):
                found: Mapping[str, Any] = self._client(self._region).describe_table(TableName=self._name)["Table"]
                return found
        except NotFound:
            return None
