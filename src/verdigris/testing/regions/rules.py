"""What AWS allows of global tables, and when: pure, on a clock that is a parameter.

Sources: DDG is the DynamoDB Developer Guide, API the DynamoDB API Reference; L-nnn are measurements on AWS that the
"ack-api-quirks" lab notes published as DDB-TABLE-nnn. Only version 2019.11.21 of global tables (MREC) is played.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from verdigris.testing.faults import answers
from verdigris.testing.faults.answers import Refused

ACTED_AS_SOURCE = (
    "Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the table in "
    "the last 24 hours."
)


@dataclass(frozen=True)
class Timing:
    """How long things take, in seconds. What they take on AWS is said at each."""

    #: until a replica that was asked for is in the description: about 6 s (L-226)
    shown_s: float = 0.05
    #: until a replica of an empty table is ACTIVE: 14 to 49 s (L-226)
    made_s: float = 0.2
    #: the same for a table that holds items: 11 min for one item (L-226)
    filled_s: float = 2.0
    #: until a replica is gone: 121 to 244 s (L-228)
    gone_s: float = 0.2
    #: until a write is in the other regions: usually within a second (DDG V2globaltables_HowItWorks)
    lag_s: float = 0.05
    #: between two changes of deletion protection: 15 s (L-438)
    protection_s: float = 0.0
    #: until a backup is AVAILABLE: seconds, whatever the size (DDG BackupRestore)
    backup_s: float = 0.1
    #: until a new table takes a backup: 3 to 6 s (DDB-BACKUP-011)
    young_s: float = 0.0
    #: how long a region that a replica was made from cannot be deleted while that is there: 24 h (DDG GlobalTables)
    source_s: float = 86_400.0


@dataclass
class Copy:
    """A region's copy of a global table. `made_from`: the region that it was added from, and when; None: it was there
    first."""

    made_from: str | None = None
    made_s: float = 0.0
    status: str = "ACTIVE"
    shown_s: float = 0.0
    until_s: float = 0.0


@dataclass
class GlobalTable:
    """One name in several regions."""

    copies: dict[str, Copy] = field(default_factory=dict)

    @property
    def changing(self) -> bool:
        return any(copy.status != "ACTIVE" for copy in self.copies.values())

    def status(self, region: str, now: float) -> str:
        """`TableStatus`: UPDATING until a new copy is shown, and ACTIVE again long before that copy is (L-226)."""
        copy = self.copies[region]
        unseen = any(now < other.shown_s for other in self.copies.values())
        return "UPDATING" if unseen and copy.status == "ACTIVE" else copy.status


class GlobalTables:
    """The global tables of one account. Names that are in one region only are no concern of this.

    Each verb raises `Refused`, or notes that what was asked for is under way; `passed` says what has ended since.
    """

    def __init__(self, timing: Timing, now: Callable[[], float]) -> None:
        self._timing = timing
        self._now = now
        self._tables: dict[str, GlobalTable] = {}
        self._protection_s: dict[tuple[str, str], float] = {}

    def passed(self) -> Iterator[tuple[str, str]]:
        """Lets time pass; the (region, name) of each copy that is gone."""
        for name, table in list(self._tables.items()):
            for region, copy in list(table.copies.items()):
                if copy.status == "ACTIVE" or self._now() < copy.until_s:
                    continue
                if copy.status == "DELETING":
                    del table.copies[region]
                    self.forget(region, name)
                    yield region, name
                copy.status = "ACTIVE"
            if len(table.copies) < 2:
                del self._tables[name]

    def forget(self, region: str, name: str) -> None:
        """A table of this name is gone from the region: the next one has a history of its own."""
        self._protection_s.pop((region, name), None)

    def copy(self, region: str, name: str) -> Copy | None:
        """The region's copy, if it is one of several."""
        return self._copies(name).get(region)

    def others(self, region: str, name: str) -> list[str]:
        """The other regions that a write goes to."""
        return [other for other, copy in self._copies(name).items() if other != region and copy.status != "DELETING"]

    def regions(self, name: str) -> list[str]:
        return list(self._copies(name))

    def described(self, region: str, name: str) -> list[dict[str, str]]:
        """`Replicas` of a description: the other copies that are shown by now."""
        return [
            {"RegionName": other, "ReplicaStatus": copy.status}
            for other, copy in self._copies(name).items()
            if other != region and self._now() >= copy.shown_s
        ]

    def status(self, region: str, name: str) -> str:
        """`TableStatus` of the region's copy. Before a new copy is shown at home, there is none (L-226)."""
        copy = self._copies(name)[region]
        if self._now() < copy.shown_s:
            raise not_found(name)
        return self._tables[name].status(region, self._now())

    def demand_there(self, region: str, name: str) -> None:
        """What is being made is not there yet, for reads and writes (API: the table must be ACTIVE)."""
        copy = self.copy(region, name)
        if copy and copy.status == "CREATING":
            raise not_found(name)

    def add(self, region: str, name: str, update: Mapping[str, Any], home: Mapping[str, Any], *, there: bool) -> str:
        """UpdateTable with a Create of ReplicaUpdates. `home` describes the table, `there`: the name is taken there.

        The region that is added.
        """
        one = self._only(update)
        new = str(one["Create"]["RegionName"])
        self.demand_unchanging(name)
        if new == region:
            raise _of_itself()
        # The codes of the API of 2017.11.29 are not used; a member and a table of somebody else's read alike (L-203).
        if there or new in self._copies(name):
            raise invalid(
                f"Failed to create a the new replica of table with name: '{name}' because one or more replicas already "
                "existed as tables."
            )
        if home.get("BillingModeSummary", {}).get("BillingMode") != "PAY_PER_REQUEST":
            # L-222, DDG globaltables-capacity: provisioned tables need write autoscaling, which nobody has set here
            raise invalid("Table write capacity should either be Pay-Per-Request or AutoScaled.")
        if not home.get("LatestStreamArn"):
            raise AssertionError("the stream is turned on before")
        now, timing = self._now(), self._timing
        table = self._tables.setdefault(name, GlobalTable({region: Copy()}))
        takes_s = timing.filled_s if home["ItemCount"] else timing.made_s
        table.copies[new] = Copy(region, now, "CREATING", now + timing.shown_s, now + takes_s)
        return new

    def remove(self, region: str, name: str, update: Mapping[str, Any], *, protected: Callable[[str], bool]) -> str:
        """UpdateTable with a Delete of ReplicaUpdates; the region that goes. `protected` tells of a region's copy."""
        leaving = str(self._only(update)["Delete"]["RegionName"])
        self.demand_unchanging(name)
        if leaving == region:
            raise _of_itself()
        if leaving not in self._copies(name):  # L-203
            raise invalid(
                "Update global table operation failed because one or more replicas were not part of the global table. "
                f"Please retry the request without these replicas: [{leaving}]."
            )
        if protected(leaving):
            raise protection()
        self._leave(leaving, name)
        return leaving

    def delete(self, region: str, name: str) -> bool:
        """DeleteTable: whether it is a global table's copy, which then goes; its protection was looked at before."""
        copy = self.copy(region, name)
        if copy is None:
            return False
        self.demand_unchanging(name)
        self._leave(region, name)
        return True

    def demand_unchanging(self, name: str) -> None:
        """While a replica comes or goes every other change is refused (L-226, L-267)."""
        table = self._tables.get(name)
        if table and table.changing:
            raise Refused(answers.error("ResourceInUseException", f"Table is being updated: {name}"))

    def demand_stream_kept(self, name: str) -> None:
        """The stream of a global table cannot be changed (DDG V2globaltables_HowItWorks, L-305)."""
        if name in self._tables:
            raise invalid("Cannot modify the stream specification of a table that has replicas.")

    def toggle_protection(self, region: str, name: str) -> None:
        """Deletion protection can be changed again after a while only (L-438)."""
        last_s = self._protection_s.get((region, name))
        if last_s is not None and self._now() - last_s < self._timing.protection_s:
            raise Refused(answers.error("ResourceInUseException", "deletion protection was changed a moment ago"))
        self._protection_s[region, name] = self._now()

    def _only(self, update: Mapping[str, Any]) -> Mapping[str, Any]:
        """One replica a call, and nothing else in it (L-224, L-228)."""
        updates: list[Mapping[str, Any]] = update["ReplicaUpdates"]
        if update.keys() - {"TableName", "ReplicaUpdates"}:
            raise invalid(
                "One or more parameter values were invalid: Replica modification must be the only operation in the "
                "request"
            )
        if len(updates) != 1:
            raise invalid("Update table operation with more than one replica action is not allowed")
        return updates[0]

    def _leave(self, region: str, name: str) -> None:
        """Not while a replica is there that was made from it in the last 24 hours (DDG GlobalTables; measured: L-266,
        L-267)."""
        copies, since_s = self._copies(name), self._now() - self._timing.source_s
        if any(copy.made_from == region and copy.made_s > since_s for copy in copies.values()):
            raise invalid(ACTED_AS_SOURCE)
        copies[region].status = "DELETING"
        copies[region].until_s = self._now() + self._timing.gone_s

    def _copies(self, name: str) -> dict[str, Copy]:
        table = self._tables.get(name)
        return table.copies if table else {}


def invalid(message: str) -> Refused:
    return Refused(answers.error("ValidationException", message))


def _of_itself() -> Refused:
    return invalid(  # L-203
        "Cannot add, delete, or update the local region through ReplicaUpdates. Use CreateTable, DeleteTable, or "
        "UpdateTable as required."
    )


def protection() -> Refused:
    message = (
        "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."
    )
    return invalid(message)


def not_found(name: str) -> Refused:
    return Refused(answers.error("ResourceNotFoundException", f"Requested resource not found: Table: {name} not found"))
