"""The port `TableAdmin`: what every adapter does alike."""

from __future__ import annotations

import itertools

import pytest
from tests.contract.stores import KEY, NUMBERED, DynamoStores, MemoryStores, Stores, raw

from verdigris.errors import AlreadyThere, Invalid, NotFound
from verdigris.stores.base import TableShape
from verdigris.stores.table_shape import shape_with_key

_numbers = itertools.count(1)

FULL = TableShape(
    {
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind}
            for name, kind in (("gsi1pk", "S"), ("at", "N"), ("pk", "S"), ("sk", "N"))
        ],
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": {"ReadCapacityUnits": 7, "WriteCapacityUnits": 5},
        "LocalSecondaryIndexes": [
            {
                "IndexName": "by-time",
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "gsi1",
                "KeySchema": [
                    {"AttributeName": "gsi1pk", "KeyType": "HASH"},
                    {"AttributeName": "at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["title"]},
                "ProvisionedThroughput": {"ReadCapacityUnits": 3, "WriteCapacityUnits": 2},
            }
        ],
    },
    ttl_attribute="expires",
)


@pytest.fixture(params=["memory", "dynamodb"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "memory":
        return MemoryStores()
    return DynamoStores(request.getfixturevalue("stack").dynamodb_url)


@pytest.fixture
def name() -> str:
    return f"admin-{next(_numbers)}"


def test_what_is_not_there(stores: Stores, name: str) -> None:
    assert stores.admin.describe(name) is None
    stores.admin.delete(name)
    with pytest.raises(NotFound):
        stores.admin.is_empty(name)
    with pytest.raises(NotFound):
        stores.admin.enable_stream(name)


def test_a_new_table_is_active_and_empty(stores: Stores, name: str) -> None:
    stores.admin.create(name, shape_with_key(KEY))
    facts = stores.admin.describe(name)
    assert facts is not None
    assert (facts.name, facts.key, facts.active, facts.items_estimate) == (name, KEY, True, 0)
    assert (facts.stream, facts.stream_view) == (None, None)
    assert stores.admin.is_empty(name)


def test_the_key_is_in_its_order_with_its_types(stores: Stores, name: str) -> None:
    stores.admin.create(name, shape_with_key(NUMBERED))
    facts = stores.admin.describe(name)
    assert facts is not None
    assert facts.key == NUMBERED


@pytest.mark.parametrize("shape", [FULL, shape_with_key(KEY)], ids=["everything", "least"])
def test_a_described_shape_makes_the_same_table_again(stores: Stores, name: str, shape: TableShape) -> None:
    stores.admin.create(name, shape)
    first = stores.admin.describe(name)
    assert first is not None
    stores.admin.create(f"{name}-copy", first.shape)
    second = stores.admin.describe(f"{name}-copy")
    assert second is not None
    assert second.shape == first.shape
    assert first.shape.ttl_attribute == shape.ttl_attribute
    for part, value in shape.create.items():
        assert sorted(map(str, _listed(first.shape.create[part]))) == sorted(map(str, _listed(value)))


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def test_a_table_that_is_there_is_not_made_again(stores: Stores, name: str) -> None:
    stores.admin.create(name, shape_with_key(KEY))
    stores.table(name, KEY).write([raw("p")])
    with pytest.raises(AlreadyThere):
        stores.admin.create(name, shape_with_key(KEY))
    assert not stores.admin.is_empty(name)


def test_a_shape_that_makes_no_table_is_invalid(stores: Stores, name: str) -> None:
    with pytest.raises(Invalid):
        stores.admin.create(name, TableShape({"AttributeDefinitions": [], "BillingMode": "PAY_PER_REQUEST"}))
    assert stores.admin.describe(name) is None


def test_a_deleted_table_is_gone_with_its_items(stores: Stores, name: str) -> None:
    stores.admin.create(name, shape_with_key(KEY))
    stores.table(name, KEY).write([raw("p")])
    stores.admin.delete(name)
    assert stores.admin.describe(name) is None
    stores.admin.delete(name)
    stores.admin.create(name, shape_with_key(KEY))
    assert stores.admin.is_empty(name)


def test_a_stream_is_turned_on_once(stores: Stores, name: str) -> None:
    stores.admin.create(name, shape_with_key(KEY))
    arn = stores.admin.enable_stream(name)
    assert stores.admin.enable_stream(name) == arn
    facts = stores.admin.describe(name)
    assert facts is not None
    assert (facts.stream, facts.stream_view) == (arn, "NEW_AND_OLD_IMAGES")
