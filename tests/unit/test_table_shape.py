"""Descriptions of tables as AWS gives them, with what DynamoDB Local leaves out."""

from __future__ import annotations

from typing import Any

from verdigris.core.model import KeySchema
from verdigris.stores.table_shape import key_schema, shape_of, shape_with_key

DESCRIBED: dict[str, Any] = {
    "TableName": "court",
    "TableStatus": "ACTIVE",
    "AttributeDefinitions": [
        {"AttributeName": "at", "AttributeType": "N"},
        {"AttributeName": "pk", "AttributeType": "S"},
    ],
    "KeySchema": [
        {"AttributeName": "at", "KeyType": "RANGE"},
        {"AttributeName": "pk", "KeyType": "HASH"},
    ],
    "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
    "ProvisionedThroughput": {"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0},
    "OnDemandThroughput": {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": 500},
    "TableClassSummary": {"TableClass": "STANDARD_INFREQUENT_ACCESS"},
    "SSEDescription": {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": "arn:aws:kms:key"},
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    "DeletionProtectionEnabled": True,
    "Replicas": [{"RegionName": "us-west-1"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "gsi1",
            "IndexStatus": "ACTIVE",
            "IndexArn": "arn",
            "KeySchema": [{"AttributeName": "at", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
            "ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0},
        }
    ],
}


def test_the_key_is_in_order_whatever_the_description_says() -> None:
    assert key_schema(DESCRIBED) == KeySchema((("pk", "S"), ("at", "N")))


def test_the_shape_is_a_request_that_makes_the_same_table() -> None:
    assert shape_of(DESCRIBED).create == {
        "AttributeDefinitions": DESCRIBED["AttributeDefinitions"],
        "KeySchema": DESCRIBED["KeySchema"],
        "BillingMode": "PAY_PER_REQUEST",
        "OnDemandThroughput": {"MaxWriteRequestUnits": 500},
        "TableClass": "STANDARD_INFREQUENT_ACCESS",
        "SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "arn:aws:kms:key"},
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "gsi1",
                "KeySchema": [{"AttributeName": "at", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    }


def test_a_table_that_never_was_on_demand_has_no_billing_summary() -> None:
    throughput = {"ReadCapacityUnits": 7, "WriteCapacityUnits": 5}
    index = DESCRIBED["GlobalSecondaryIndexes"][0] | {"ProvisionedThroughput": throughput | {"LastIncreaseDateTime": 1}}
    described = {
        name: part for name, part in DESCRIBED.items() if name not in {"BillingModeSummary", "SSEDescription"}
    } | {"ProvisionedThroughput": throughput, "GlobalSecondaryIndexes": [index]}
    create = shape_of(described).create
    assert (create["BillingMode"], create["ProvisionedThroughput"]) == ("PROVISIONED", throughput)
    assert create["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"] == throughput
    assert "SSESpecification" not in create


def test_the_least_shape_has_the_key_that_it_was_made_from() -> None:
    for key in (KeySchema((("pk", "B"),)), KeySchema((("pk", "S"), ("sk", "N")))):
        assert key_schema(shape_with_key(key).create) == key
