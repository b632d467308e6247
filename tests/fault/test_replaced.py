"""A runner that was paused past its lease wakes up: it makes and removes nothing any more."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.conftest import SessionStack
from tests.contract.stores import KEY, local_aws

from verdigris.errors import LeaseLost
from verdigris.stores.dynamodb_admin import DynamoAdmin
from verdigris.stores.search_http import Answer, SearchHttp
from verdigris.stores.table_shape import shape_with_key

NAME = "replaced-alpha"
SHAPE = shape_with_key(KEY)


def replaced() -> None:
    raise LeaseLost("the lease was taken over")


@pytest.mark.parametrize(
    "change",
    [
        lambda admin: admin.delete(NAME),
        lambda admin: admin.create("replaced-beta", SHAPE),
        lambda admin: admin.enable_stream(NAME),
        lambda admin: admin.enable_ttl(NAME, "expires"),
    ],
    ids=["delete", "create", "enable stream", "enable ttl"],
)
def test_tables_are_left_alone(stack: SessionStack, change: Callable[[DynamoAdmin], object]) -> None:
    aws = local_aws(stack.dynamodb_url)
    admin = DynamoAdmin(aws)
    if admin.describe(NAME) is None:
        admin.create(NAME, SHAPE)
    before = admin.describe(NAME)
    with pytest.raises(LeaseLost):
        change(DynamoAdmin(aws, may_go=replaced))
    assert admin.describe(NAME) == before
    assert admin.describe("replaced-beta") is None


def test_indexes_are_left_alone() -> None:
    sent: list[str] = []

    def send(method: str, url: str, body: bytes, headers: object) -> Answer:
        sent.append(method)
        return Answer(200, b"{}")

    cluster = SearchHttp("http://127.0.0.1:9", send=send, may_go=replaced)
    cluster.call("GET", "/court-case", where="court-case")
    with pytest.raises(LeaseLost):
        cluster.call("DELETE", "/court-case", where="court-case")
    assert sent == ["GET"]
