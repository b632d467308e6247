"""A table with replicas is deleted in the order that AWS accepts, without waiting longer than it must."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from tests.contract.stores import local_aws
from tests.fault.global_tables import Copy, GlobalTable, answer
from tests.fault.scripted import Answer, Request, answering, fault

from verdigris.errors import AccessRefused, Invalid, Unreachable
from verdigris.stores.base import Replica
from verdigris.stores.dynamodb_admin import DynamoAdmin

EAST, WEST, NORTH = "us-east-1", "us-west-1", "eu-north-1"


@dataclass
class Told:
    slept: list[float] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


def nothing_else(request: Request) -> Answer:
    raise AssertionError(request)


@contextmanager
def admin(table: GlobalTable, region: str = EAST, wait_s: float = 900) -> Iterator[tuple[DynamoAdmin, Told]]:
    told = Told()
    with answering(answer(table, otherwise=nothing_else)) as script:
        aws = local_aws(script.url, region)
        yield DynamoAdmin(aws, wait_s=wait_s, sleep=told.slept.append, report=told.reasons.append), told


def court(**copies: Copy) -> GlobalTable:
    names = {"east": EAST, "west": WEST, "north": NORTH}
    return GlobalTable("court-dev-beta", {names[name]: copy for name, copy in copies.items()})


def test_a_description_names_the_replicas() -> None:
    with admin(court(east=Copy(), west=Copy(EAST, "CREATING"), north=Copy(EAST, protected=True))) as (control, _):
        facts = control.describe("court-dev-beta")
    assert facts is not None
    assert facts.replicas == (Replica(WEST, "CREATING"), Replica(NORTH, "ACTIVE"))
    assert not facts.protected


def test_the_replica_goes_first_and_the_home_when_it_knows() -> None:
    table = court(east=Copy(), west=Copy(EAST))
    with admin(table) as (control, told):
        control.delete("court-dev-beta")
        control.delete("court-dev-beta")  # a table that is gone is fine
    assert table.changes == [(EAST, "UpdateTable", WEST), (EAST, "DeleteTable", EAST)]
    assert table.copies == {}
    assert list(dict.fromkeys(told.reasons)) == [
        f"the replica in {WEST} is being deleted",
        f"the replica in {WEST} is DELETING",
        "court-dev-beta is being deleted",
    ]
    assert len(told.slept) == 6, "as long as AWS takes, not longer"


def test_a_replica_that_another_was_made_from_goes_after_it() -> None:
    table = court(east=Copy(), west=Copy(EAST), north=Copy(WEST))
    with admin(table) as (control, _):
        control.delete("court-dev-beta")
    assert [what for _, _, what in table.changes] == [NORTH, WEST, EAST]


def test_a_replica_that_is_being_deleted_already_is_waited_for() -> None:
    table = court(east=Copy(), west=Copy(EAST, "DELETING"))
    with admin(table) as (control, _):
        control.delete("court-dev-beta")
    assert table.changes == [(EAST, "DeleteTable", EAST)]


def test_the_copy_of_another_region_goes_when_home_is_gone() -> None:
    table = court(west=Copy(EAST))
    with admin(table, WEST) as (control, _):
        control.delete("court-dev-beta")
    assert table.changes == [(WEST, "DeleteTable", WEST)]


@pytest.mark.parametrize("where", ["east", "west"])
def test_protected_tables_stay_whole(where: str) -> None:
    table = court(east=Copy(), west=Copy(EAST))
    table.copies[{"east": EAST, "west": WEST}[where]].protected = True
    with admin(table) as (control, told), pytest.raises(Invalid, match="deletion protection") as caught:
        control.delete("court-dev-beta")
    assert (table.changes, told.slept) == ([], [])
    assert "--no-deletion-protection-enabled" in caught.value.next_command
    assert (f"--region {WEST}" in caught.value.next_command) == (where == "west")


def test_a_replica_that_never_goes_is_not_waited_for_forever() -> None:
    table = court(east=Copy(), west=Copy(EAST, "CREATING"))
    with admin(table, wait_s=30) as (control, told), pytest.raises(Unreachable, match=f"{WEST} is CREATING") as caught:
        control.delete("court-dev-beta")
    assert 30 <= sum(told.slept) <= 36
    assert caught.value.state == "the same command goes on waiting"


def test_what_aws_refuses_is_the_reason_for_waiting() -> None:
    """A table whose replica was made by hand and is gone from its description a moment before AWS forgets it."""
    table, refusals = court(east=Copy()), 3

    def forgetful(request: Request) -> Answer:
        nonlocal refusals
        if request.operation == "DeleteTable" and refusals:
            refusals -= 1
            return fault("ValidationException", "acted as a source region")
        return table.answer(request) or nothing_else(request)

    reasons: list[str] = []
    with answering(lambda request: answer(otherwise=forgetful)(request)) as script:
        control = DynamoAdmin(local_aws(script.url, EAST), sleep=lambda _: None, report=reasons.append)
        control.delete("court-dev-beta")
    assert reasons[0] == "AWS keeps court-dev-beta: ValidationException: acted as a source region"
    assert table.copies == {}


def test_too_many_changes_at_once_are_waited_for() -> None:
    table, refusals = court(east=Copy()), 10  # boto3 asks eight times by itself

    def busy(request: Request) -> Answer:
        nonlocal refusals
        if request.operation == "DeleteTable" and refusals:
            refusals -= 1
            return fault("ResourceInUseException", "being changed")
        return table.answer(request) or nothing_else(request)

    with answering(lambda request: answer(otherwise=busy)(request)) as script:
        DynamoAdmin(local_aws(script.url, EAST), sleep=lambda _: None).delete("court-dev-beta")
    assert table.changes == [(EAST, "DeleteTable", EAST)]


def test_no_permission_ends_it_at_once() -> None:
    table = court(east=Copy(), west=Copy(EAST))

    def refusing(request: Request) -> Answer:
        if request.operation == "UpdateTable":
            return fault("AccessDeniedException", "not authorized to perform dynamodb:DeleteTableReplica")
        return table.answer(request) or nothing_else(request)

    with answering(lambda request: answer(otherwise=refusing)(request)) as script:
        control = DynamoAdmin(local_aws(script.url, EAST), sleep=lambda _: None)
        with pytest.raises(AccessRefused, match="DeleteTableReplica"):
            control.delete("court-dev-beta")
    assert table.changes == []
