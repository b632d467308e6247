"""A DynamoDB table on its way out: replicas first, one at a time, then the table itself.

AWS refuses to delete a table that a replica was made from within the last 24 hours, and one whose replica is being
deleted; measured, both end when the replica is gone from the table's description. So nothing here waits for a time: the
description says what can be asked for next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from verdigris.errors import Conflict, Invalid, NotFound, StoreError, Throttled
from verdigris.stores.aws_errors import aws_errors
from verdigris.stores.base import Replica

#: A replica that is one of these can be asked to go; any other is on its way somewhere.
_SETTLED = frozenset({"ACTIVE", "CREATION_FAILED", "REGION_DISABLED", "INACCESSIBLE_ENCRYPTION_CREDENTIALS"})


def replicas_of(table: Mapping[str, Any]) -> tuple[Replica, ...]:
    """The replicas of a described table in other regions than its own."""
    home = table["TableArn"].split(":")[3] if table["TableArn"].startswith("arn:") else ""
    return tuple(
        Replica(one["RegionName"], one.get("ReplicaStatus", "ACTIVE"))
        for one in table.get("Replicas", ())
        if one["RegionName"] != home
    )


class Removal:
    """Removes the table `name`. `client` gives a boto3 DynamoDB client of a region; None is the table's own.

    Call `step` with each new description until it says that nothing is left; `reason` is what is waited for.
    """

    def __init__(self, client: Callable[[str | None], Any], name: str) -> None:
        self._client = client
        self._name = name
        self._refused: dict[str, StoreError] = {}
        self._checked: set[str] = set()
        self.reason = ""

    def step(self, table: Mapping[str, Any] | None) -> bool:
        """Asks for what can be asked for now (`table`: DescribeTable's, None if gone). Raises Invalid."""
        if table is None:
            return True
        if table["TableStatus"] == "DELETING":
            self.reason = f"{self._name} is being deleted"
            return False
        if table.get("DeletionProtectionEnabled"):
            raise _protected(self._name, "")
        replicas = replicas_of(table)
        for replica in replicas:
            self._check_protection(replica.region)
        if replicas:
            self._remove_one(replicas)
        else:
            self._delete(table["TableStatus"])
        return False

    def _check_protection(self, region: str) -> None:
        """Each region's copy is protected by itself."""
        if region in self._checked:
            return
        try:
            with aws_errors(f"{self._name} in {region}"):
                table = self._client(region).describe_table(TableName=self._name)["Table"]
        except NotFound:
            table = {}
        if table.get("DeletionProtectionEnabled"):
            raise _protected(self._name, region)
        self._checked.add(region)

    def _remove_one(self, replicas: tuple[Replica, ...]) -> None:
        """One request a time is accepted; a replica that another was made from goes after that."""
        for replica in replicas:
            if replica.status not in _SETTLED:
                self.reason = f"the replica in {replica.region} is {replica.status}"
                return
        untried = [one for one in replicas if one.region not in self._refused]
        for replica in untried or replicas:
            try:
                with aws_errors(f"{self._name} in {replica.region}"):
                    self._client(None).update_table(
                        TableName=self._name, ReplicaUpdates=[{"Delete": {"RegionName": replica.region}}]
                    )
            except (Conflict, Throttled) as error:
                self.reason = f"the replica in {replica.region} cannot be deleted yet: {_code(error)}"
                return
            except NotFound:
                continue  # gone since the description
            except Invalid as error:
                self._refused[replica.region] = error
                self.reason = f"AWS keeps the replica in {replica.region}: {error.what}"
                continue
            self._refused.clear()  # what was refused for its sake may go when it is gone
            self.reason = f"the replica in {replica.region} is being deleted"
            return

    def _delete(self, status: str) -> None:
        try:
            with aws_errors(self._name):
                self._client(None).delete_table(TableName=self._name)
            self.reason = f"{self._name} is being deleted"
        except (Conflict, Throttled) as error:
            self.reason = f"{self._name} is {status} and cannot be deleted yet: {_code(error)}"
        except Invalid as error:  # protection was looked at: this is the source region of a replica that has just gone
            self.reason = f"AWS keeps {self._name}: {error.what}"
        except NotFound:
            pass  # gone since the description


def _code(error: StoreError) -> str:
    """`ResourceInUseException`, of an error that was mapped from AWS."""
    return error.what.partition(":")[0]


def _protected(name: str, region: str) -> Invalid:
    option = f" --region {region}" if region else ""
    return Invalid(
        f"deletion protection is on for {name}" + (f" in {region}" if region else ""),
        where=name,
        state="nothing more was deleted",
        next_command=f"aws dynamodb update-table --table-name {name}{option} --no-deletion-protection-enabled",
    )
