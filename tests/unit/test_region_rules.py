"""The rules of global tables as the shim plays them, one by one, on a clock that is set."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from verdigris.testing import VirtualClock
from verdigris.testing.faults.answers import Refused
from verdigris.testing.regions.backups import Backups
from verdigris.testing.regions.rules import GlobalTables, Timing

EAST, WEST, NORTH = "us-east-1", "us-west-1", "eu-north-1"
TIMING = Timing(shown_s=6, made_s=30, filled_s=660, gone_s=180, protection_s=15)
HOME = {"BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}, "LatestStreamArn": "arn", "ItemCount": 0}
STATES = [(5, []), (6, ["CREATING"]), (29, ["CREATING"]), (30, ["ACTIVE"])]


class Court:
    """One table, "court", and what is asked of it."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.tables = GlobalTables(TIMING, self.clock)

    def add(self, region: str = WEST, *, by: str = EAST, there: bool = False, **home: Any) -> None:
        update = {"TableName": "court", "ReplicaUpdates": [{"Create": {"RegionName": region}}]}
        self.tables.add(by, "court", update, HOME | home, there=there)

    def remove(self, region: str, *, protected: bool = False) -> None:
        update = {"TableName": "court", "ReplicaUpdates": [{"Delete": {"RegionName": region}}]}
        self.tables.remove(EAST, "court", update, protected=lambda _: protected)

    def later(self, seconds: float) -> list[tuple[str, str]]:
        self.clock.sleep(seconds)
        return list(self.tables.passed())

    def states(self, region: str = EAST) -> list[str]:
        return [replica["ReplicaStatus"] for replica in self.tables.described(region, "court")]


@pytest.fixture
def court() -> Court:
    return Court()


def refused(code: str, message: str = "") -> Any:
    """What is raised must be this answer."""

    def check(error: Refused) -> bool:
        said = orjson.loads(error.answer.body)
        return bool(said["__type"].endswith(f"#{code}") and message in said["message"])

    return pytest.RaisesExc(Refused, check=check)


@pytest.mark.parametrize(("seconds", "states"), STATES)
def test_a_replica_is_shown_after_a_while_and_active_after_another(
    court: Court, seconds: float, states: list[str]
) -> None:
    court.add()
    court.later(seconds)
    assert court.states() == states


def test_it_is_not_there_for_reads_and_writes_until_it_is_active(court: Court) -> None:
    court.add()
    with refused("ResourceNotFoundException"):
        court.tables.demand_there(WEST, "court")
    court.tables.demand_there(EAST, "court")
    court.later(30)
    court.tables.demand_there(WEST, "court")
    assert court.states(WEST) == ["ACTIVE"]


def test_a_table_with_items_takes_minutes(court: Court) -> None:
    court.add(ItemCount=1)
    court.later(659)
    assert court.states() == ["CREATING"]
    court.later(1)
    assert court.states() == ["ACTIVE"]


def test_while_one_comes_or_goes_nothing_else_is_changed(court: Court) -> None:
    court.add()
    for change in (lambda: court.add(NORTH), lambda: court.remove(WEST), lambda: court.tables.delete(EAST, "court")):
        with refused("ResourceInUseException"):
            change()
    court.later(30)
    court.remove(WEST)
    with refused("ResourceInUseException"):
        court.tables.delete(EAST, "court")


def test_the_name_is_free_in_the_new_region(court: Court) -> None:
    with refused("ValidationException", "already existed as tables"):
        court.add(there=True)
    court.add()
    court.later(30)
    with refused("ValidationException", "already existed as tables"):
        court.add()


def test_provisioned_throughput_needs_autoscaling(court: Court) -> None:
    with refused("ValidationException", "AutoScaled"):
        court.add(BillingModeSummary={"BillingMode": "PROVISIONED"})


def test_the_table_itself_is_updating_until_the_replica_is_shown_and_that_is_not_there_yet(court: Court) -> None:
    court.add()
    court.later(5)
    assert court.tables.status(EAST, "court") == "UPDATING"
    with refused("ResourceNotFoundException"):
        court.tables.status(WEST, "court")
    court.later(1)
    assert [court.tables.status(region, "court") for region in (EAST, WEST)] == ["ACTIVE", "CREATING"]


def test_the_region_that_is_asked_is_no_replica_of_itself(court: Court) -> None:
    with refused("ValidationException", "local region"):
        court.add(EAST)
    with refused("ValidationException", "local region"):
        court.remove(EAST)


def test_who_is_no_member_cannot_be_removed(court: Court) -> None:
    with refused("ValidationException", "[eu-north-1]"):
        court.remove(NORTH)


@pytest.mark.parametrize(
    ("update", "message"),
    [
        (
            {"ReplicaUpdates": [{"Create": {"RegionName": WEST}}], "StreamSpecification": {"StreamEnabled": True}},
            "must be the only operation",
        ),
        (
            {"ReplicaUpdates": [{"Create": {"RegionName": WEST}}, {"Create": {"RegionName": NORTH}}]},
            "more than one replica action",
        ),
    ],
)
def test_one_replica_a_call_and_nothing_else(court: Court, update: dict[str, Any], message: str) -> None:
    with refused("ValidationException", message):
        court.tables.add(EAST, "court", {"TableName": "court", **update}, HOME, there=False)


def test_a_replica_goes_in_its_time(court: Court) -> None:
    court.add()
    court.later(30)
    court.remove(WEST)
    assert court.states() == ["DELETING"]
    assert court.later(179) == []
    assert court.later(1) == [(WEST, "court")]
    assert court.states() == []
    assert not court.tables.delete(EAST, "court"), "a table like any other"


def test_a_source_region_stays_as_long_as_its_replica(court: Court) -> None:
    court.add()
    court.later(30)
    court.add(NORTH, by=WEST)
    court.later(30)
    with refused("ValidationException", "acted as a source region"):
        court.tables.delete(EAST, "court")
    with refused("ValidationException", "acted as a source region"):
        court.remove(WEST)
    court.remove(NORTH)
    court.later(180)
    court.remove(WEST)


def test_a_source_region_is_free_after_a_day(court: Court) -> None:
    """The replica that was made from it stays."""
    court.add()
    court.later(86_399)
    with refused("ValidationException", "in the last 24 hours"):
        court.tables.delete(EAST, "court")
    court.later(1)
    assert court.tables.delete(EAST, "court")
    assert court.later(180) == [(EAST, "court")]
    assert not court.tables.delete(WEST, "court"), "it is a table of one region by now"


def test_a_region_may_delete_its_own_copy(court: Court) -> None:
    court.add()
    court.later(30)
    assert court.tables.delete(WEST, "court")
    assert court.later(180) == [(WEST, "court")]


def test_each_copy_is_protected_by_itself(court: Court) -> None:
    court.add()
    court.later(30)
    with refused("ValidationException", "protected against deletion"):
        court.remove(WEST, protected=True)


def test_protection_is_not_changed_twice_at_once(court: Court) -> None:
    court.tables.toggle_protection(EAST, "court")
    court.tables.toggle_protection(WEST, "court")
    court.later(14)
    with refused("ResourceInUseException"):
        court.tables.toggle_protection(EAST, "court")
    court.later(1)
    court.tables.toggle_protection(EAST, "court")


def test_protection_that_is_off_is_off_at_once(court: Court) -> None:
    court.add()
    court.later(30)
    with refused("ValidationException", "Disable deletion protection first"):
        court.remove(WEST, protected=True)
    court.tables.toggle_protection(WEST, "court")
    court.remove(WEST)


def test_another_table_of_the_name_is_protected_when_it_likes(court: Court) -> None:
    court.add()
    court.later(30)
    court.remove(WEST)
    court.later(179)
    court.tables.toggle_protection(WEST, "court")
    court.later(1)
    court.tables.toggle_protection(WEST, "court")
    court.tables.toggle_protection(EAST, "court")
    court.tables.forget(EAST, "court")
    court.tables.toggle_protection(EAST, "court")


def test_the_stream_of_a_global_table_stays_as_it_is(court: Court) -> None:
    court.tables.demand_stream_kept("court")
    court.add()
    with refused("ValidationException", "stream"):
        court.tables.demand_stream_kept("court")


def test_backups_become_available_and_names_are_not_unique() -> None:
    clock = VirtualClock()
    backups = Backups(10, 6, clock)
    first, second = (backups.make(EAST, "court", "before", status="ACTIVE")["BackupDetails"] for _ in range(2))
    assert (first["BackupStatus"], first["BackupArn"] != second["BackupArn"]) == ("CREATING", True)
    clock.sleep(10)
    found = backups.describe(first["BackupArn"])["BackupDescription"]["BackupDetails"]
    assert found["BackupStatus"] == "AVAILABLE"
    backups.delete(first["BackupArn"])
    with refused("BackupNotFoundException"):
        backups.describe(first["BackupArn"])
    assert [one["BackupArn"] for one in backups.listed(EAST, "court")["BackupSummaries"]] == [second["BackupArn"]]
    assert backups.listed(WEST, None) == {"BackupSummaries": []}


@pytest.mark.parametrize("status", ["CREATING", "UPDATING", "DELETING"])
def test_a_table_that_is_not_active_takes_no_backup(status: str) -> None:
    backups = Backups(10, 6, VirtualClock())
    with refused("TableInUseException"):
        backups.make(EAST, "court", "before", status=status)
    assert backups.listed(EAST, "court") == {"BackupSummaries": []}


def test_nor_does_a_new_one_for_a_while() -> None:
    clock = VirtualClock()
    backups = Backups(10, 6, clock)
    backups.born(EAST, "court")
    clock.sleep(5.9)
    with refused("ContinuousBackupsUnavailableException"):
        backups.make(EAST, "court", "before", status="ACTIVE")
    assert backups.make(WEST, "court", "before", status="ACTIVE"), "each region's copy has its own time"
    clock.sleep(0.1)
    assert backups.make(EAST, "court", "before", status="ACTIVE")
