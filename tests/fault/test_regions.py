"""Two regions on DynamoDB Local behind the shim: what a client of AWS sees of a global table."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.conftest import SessionStack
from tests.contract.stores import local_aws
from tests.project import SHAPE

from verdigris.errors import Conflict, Invalid
from verdigris.stores.dynamodb_admin import DynamoAdmin
from verdigris.stores.dynamodb_backups import DynamoBackups
from verdigris.testing import VirtualClock
from verdigris.testing.regions import Regions, Timing

EAST, WEST = "us-east-1", "us-west-1"
_numbers = itertools.count(1)


class Place:
    def __init__(self, regions: Regions) -> None:
        self.regions = regions
        self.name = f"regions-{next(_numbers)}"
        self.east, self.west = (local_aws(regions.url, region).client("dynamodb") for region in (EAST, WEST))
        self.east.create_table(TableName=self.name, Tags=[{"Key": "team", "Value": "court"}], **SHAPE)

    def ask(self, kind: str) -> None:
        self.east.update_table(TableName=self.name, ReplicaUpdates=[{kind: {"RegionName": WEST}}])

    def replicas(self) -> list[str]:
        described = self.east.describe_table(TableName=self.name)["Table"]
        return [replica["ReplicaStatus"] for replica in described.get("Replicas", ())]

    def add(self) -> None:
        self.ask("Create")
        eventually(lambda: self.replicas() == ["ACTIVE"])

    def west_items(self) -> dict[str, Any]:
        found = self.west.scan(TableName=self.name, ConsistentRead=True)["Items"]
        return {item["pk"]["S"]: item.get("n", {}).get("N") for item in found}


def eventually(true: Callable[[], bool], within_s: float = 20) -> None:
    until_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < until_s
        time.sleep(0.02)


def item(pk: str, n: int = 0) -> dict[str, Any]:
    return {**key(pk), "n": {"N": str(n)}}


def key(pk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": "a"}}


@pytest.fixture
def place(stack: SessionStack) -> Iterator[Place]:
    with Regions(stack.dynamodb_url, Timing()) as regions:
        yield Place(regions)


def test_every_kind_of_write_is_in_the_other_region_after_a_while(place: Place) -> None:
    place.east.update_time_to_live(
        TableName=place.name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}
    )
    place.east.put_item(TableName=place.name, Item=item("early"))
    place.add()
    stream = place.west.describe_table(TableName=place.name)["Table"]["StreamSpecification"]
    assert stream == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    ttl = place.west.describe_time_to_live(TableName=place.name)["TimeToLiveDescription"]
    assert ttl["AttributeName"] == "expires"
    name = place.name
    place.east.put_item(TableName=name, Item=item("put"))
    place.east.update_item(
        TableName=name, Key=key("put"), UpdateExpression="SET n = :n", ExpressionAttributeValues={":n": {"N": "7"}}
    )
    place.east.batch_write_item(RequestItems={name: [{"PutRequest": {"Item": item("batch", 2)}}]})
    place.east.transact_write_items(TransactItems=[{"Put": {"TableName": name, "Item": item("transact", 3)}}])
    place.east.delete_item(TableName=name, Key=key("early"))
    place.west.put_item(TableName=name, Item=item("west", 4))
    wanted = {"put": "7", "batch": "2", "transact": "3", "west": "4"}
    eventually(lambda: place.west_items() == wanted)
    eventually(lambda: len(place.east.scan(TableName=name, ConsistentRead=True)["Items"]) == 4)


def test_the_last_writer_wins(place: Place) -> None:
    place.add()
    place.regions.hold_replication()
    place.east.put_item(TableName=place.name, Item=item("x", 1))
    place.west.put_item(TableName=place.name, Item=item("x", 2))
    place.regions.release_replication()
    eventually(
        lambda: place.east.get_item(TableName=place.name, Key=key("x"), ConsistentRead=True)["Item"]["n"]["N"] == "2"
    )
    assert place.west_items() == {"x": "2"}


def test_nothing_arrives_while_it_is_held(place: Place) -> None:
    place.add()
    place.regions.hold_replication()
    place.east.put_item(TableName=place.name, Item=item("x"))
    assert place.west_items() == {}
    place.regions.release_replication()
    eventually(lambda: place.west_items() == {"x": "0"})


def test_verdigris_deletes_it_in_the_order_that_is_accepted(place: Place) -> None:
    place.add()
    control = DynamoAdmin(local_aws(place.regions.url, EAST))
    facts = control.describe(place.name)
    assert facts is not None
    assert facts.shape.tags == (("team", "court"),)
    assert [replica.region for replica in facts.replicas] == [WEST]
    place.west.update_table(TableName=place.name, DeletionProtectionEnabled=True)
    with pytest.raises(Invalid, match="deletion protection is on"):
        control.delete(place.name)
    place.west.update_table(TableName=place.name, DeletionProtectionEnabled=False)
    control.delete(place.name)
    assert place.regions.changes[-2:] == [(EAST, "UpdateTable", WEST), (EAST, "DeleteTable", place.name)]
    for client in (place.east, place.west):
        assert place.name not in client.list_tables()["TableNames"]


def test_a_backup_is_made_once_and_waited_for(place: Place) -> None:
    backups = DynamoBackups(place.east)
    made = backups.make(place.name, "before")
    assert backups.make(place.name, "before") == made
    eventually(lambda: backups.available(made))


def test_a_backup_outlives_its_table(place: Place) -> None:
    backups = DynamoBackups(place.east)
    made = backups.make(place.name, "before")
    place.add()
    DynamoAdmin(local_aws(place.regions.url, EAST)).delete(place.name)
    assert backups.available(made)
    assert backups.make(place.name, "before") == made, "what a lost answer told is found though the table is gone"


def test_a_table_that_changes_takes_no_backup(stack: SessionStack) -> None:
    clock = VirtualClock()
    with Regions(stack.dynamodb_url, Timing(shown_s=6, made_s=30, gone_s=180, young_s=5), now=clock) as regions:
        place = Place(regions)
        east, west = DynamoBackups(place.east), DynamoBackups(place.west)
        with pytest.raises(Conflict, match="being enabled"):
            east.make(place.name, "before")
        place.ask("Create")
        with pytest.raises(Conflict, match="being created or deleted"):
            east.make(place.name, "before")
        clock.sleep(6)
        assert east.make(place.name, "before")
        with pytest.raises(Conflict, match="being created or deleted"):
            west.make(place.name, "before")
        clock.sleep(24)
        assert west.make(place.name, "before")


def test_what_is_in_the_way_of_a_replica_is_refused(place: Place) -> None:
    place.west.create_table(TableName=place.name, **SHAPE)
    with pytest.raises(place.east.exceptions.ClientError, match="already existed as tables"):
        place.ask("Create")
    assert place.replicas() == []
