"""The control plane's waits and its answers from AWS that DynamoDB Local does not give."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from verdigris.core.model import KeySchema
from verdigris.errors import AccessRefused, AlreadyThere, Invalid, NotFound, Unreachable
from verdigris.stores.aws import Aws
from verdigris.stores.dynamodb_admin import DynamoAdmin
from verdigris.stores.table_shape import shape_with_key

SHAPE = shape_with_key(KeySchema((("pk", "S"),)))


def error(code: str, operation: str = "Operation") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "as told"}}, operation)


class Client:
    """Answers each operation from a list, the last answer again and again; an exception is raised."""

    def __init__(self, **answers: list[Any]) -> None:
        self.answers = {
            "describe_time_to_live": [{"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}],
            **answers,
        }
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.meta = SimpleNamespace(events=SimpleNamespace(register=lambda *_: None))

    def __getattr__(self, operation: str) -> Any:
        def call(**request: Any) -> Any:
            self.calls.append((operation, request))
            answers = self.answers[operation]
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call

    def get_paginator(self, operation: str) -> Any:
        client = self

        class Paginator:
            def paginate(self, **request: Any) -> list[Any]:
                return [getattr(client, operation)(**request)]

        return Paginator()

    def made(self, operation: str) -> list[dict[str, Any]]:
        return [request for name, request in self.calls if name == operation]


def table(status: str = "ACTIVE", **parts: Any) -> dict[str, Any]:
    return {
        "Table": {
            **SHAPE.create,
            "TableStatus": status,
            "TableArn": "arn",
            "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
            **parts,
        }
    }


def admin(client: Client, slept: list[float], wait_s: float = 900) -> DynamoAdmin:
    class Fake(Aws):
        def __init__(self) -> None:
            pass

        def client(self, service: str, region: str | None = None) -> Any:
            assert service == "dynamodb"
            return client

    return DynamoAdmin(Fake(), wait_s=wait_s, sleep=slept.append)


GONE = error("ResourceNotFoundException")


def test_create_waits_until_table_and_indexes_are_active() -> None:
    slept: list[float] = []
    building = table(GlobalSecondaryIndexes=[{"IndexStatus": "CREATING"}])
    client = Client(create_table=[{}], describe_table=[GONE, GONE, table("CREATING"), building, table()])
    admin(client, slept).create("court", SHAPE)
    assert slept == [0.1, 0.2, 0.4]
    assert client.made("create_table") == [{"TableName": "court", **SHAPE.create}]


def test_a_wait_has_an_end() -> None:
    slept: list[float] = []
    client = Client(create_table=[{}], describe_table=[table("CREATING")])
    with pytest.raises(Unreachable, match="become active"):
        admin(client, slept, wait_s=30).create("court", SHAPE)
    assert 30 <= sum(slept) <= 35
    assert max(slept) == 5.0


@pytest.mark.parametrize("before", [table(), GONE], ids=["before we look", "after we looked"])
def test_create_of_a_table_that_is_there(before: Any) -> None:
    client = Client(describe_table=[before, table()], create_table=[error("ResourceInUseException")])
    with pytest.raises(AlreadyThere):
        admin(client, []).create("court", SHAPE)


def test_delete_is_asked_for_until_it_is_accepted_and_waits_until_the_table_is_gone() -> None:
    slept: list[float] = []
    client = Client(
        describe_table=[table("UPDATING"), table(), table("DELETING"), GONE],
        delete_table=[error("ResourceInUseException"), {}],
    )
    admin(client, slept).delete("court")
    assert (len(client.made("delete_table")), len(slept)) == (2, 3)


def test_tags_and_time_to_live_are_part_of_the_shape() -> None:
    client = Client(
        describe_table=[table()],
        describe_time_to_live=[{"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}}],
        list_tags_of_resource=[{"Tags": [{"Key": "team", "Value": "court"}, {"Key": "aws:stack", "Value": "x"}]}],
        create_table=[{}],
        update_time_to_live=[{}],
    )
    control = admin(client, [])
    facts = control.describe("court")
    assert facts is not None
    assert (facts.shape.tags, facts.shape.ttl_attribute) == ((("team", "court"),), "expires")
    control.create("copy", facts.shape)
    assert client.made("create_table")[0]["Tags"] == [{"Key": "team", "Value": "court"}]
    assert client.made("update_time_to_live")[0]["TimeToLiveSpecification"] == {
        "Enabled": True,
        "AttributeName": "expires",
    }


def test_a_service_without_tags_has_none_but_a_refusal_is_an_error() -> None:
    facts = admin(
        Client(describe_table=[table()], list_tags_of_resource=[error("UnknownOperationException")]), []
    ).describe("court")
    assert facts is not None
    assert facts.shape.tags == ()
    with pytest.raises(AccessRefused):
        admin(Client(describe_table=[table()], list_tags_of_resource=[error("AccessDeniedException")]), []).describe(
            "court"
        )


def test_a_stream_is_enabled_when_nothing_else_changes_the_table() -> None:
    on: dict[str, Any] = {
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        "LatestStreamArn": "s",
    }
    client = Client(
        describe_table=[table("UPDATING"), table(), table("UPDATING", **on), table(**on)], update_table=[{}]
    )
    slept: list[float] = []
    assert admin(client, slept).enable_stream("court") == "s"
    assert len(slept) == 2


def test_a_stream_with_another_view_is_never_replaced_silently() -> None:
    keys = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    client = Client(describe_table=[table(StreamSpecification=keys, LatestStreamArn="s")])
    with pytest.raises(Invalid, match="KEYS_ONLY") as caught:
        admin(client, []).enable_stream("court")
    assert "StreamEnabled=false" in caught.value.next_command


def test_is_empty_reads_on_past_empty_pages() -> None:
    more = {"Items": [], "LastEvaluatedKey": {"pk": {"S": "p"}}}
    assert not admin(Client(scan=[more, {"Items": [{"pk": {"S": "q"}}]}]), []).is_empty("court")
    assert admin(Client(scan=[more, {"Items": []}]), []).is_empty("court")
    with pytest.raises(NotFound):
        admin(Client(scan=[GONE]), []).is_empty("court")
