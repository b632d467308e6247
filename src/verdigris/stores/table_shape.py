"""DynamoDB's table descriptions ↔ the shape that makes an empty copy. Pure JSON, shared by the adapters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from verdigris.core.model import KeySchema
from verdigris.stores.base import TableShape

_INDEX_PARTS = ("IndexName", "KeySchema", "Projection")


def key_schema(create: Mapping[str, Any]) -> KeySchema:
    """The primary key in a CreateTable request or a table description, the partition key first."""
    return TableShape(create).key


def shape_with_key(key: KeySchema) -> TableShape:
    """The smallest table with this key: on demand, no indexes."""
    return TableShape(
        {
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind in key.attributes],
            "KeySchema": [
                {"AttributeName": name, "KeyType": role}
                for name, role in zip(key.names, ("HASH", "RANGE"), strict=False)
            ],
            "BillingMode": "PAY_PER_REQUEST",
        }
    )


def shape_of(table: Mapping[str, Any], *, ttl: str | None = None, tags: Sequence[Mapping[str, str]] = ()) -> TableShape:
    """The shape of a described table (`DescribeTable`'s `Table`).

    Left out: what belongs to one copy and not to its shape (stream, replicas, deletion protection, backups), and
    tags that AWS keeps for itself (`aws:`), which a request may not set.
    """
    provisioned = table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED") == "PROVISIONED"
    create: dict[str, Any] = {
        "AttributeDefinitions": table["AttributeDefinitions"],
        "KeySchema": table["KeySchema"],
        "BillingMode": "PROVISIONED" if provisioned else "PAY_PER_REQUEST",
        **_throughput(table, provisioned),
    }
    if locals_ := table.get("LocalSecondaryIndexes"):
        create["LocalSecondaryIndexes"] = [_parts(index) for index in locals_]
    if globals_ := table.get("GlobalSecondaryIndexes"):
        create["GlobalSecondaryIndexes"] = [_parts(index) | _throughput(index, provisioned) for index in globals_]
    if encryption := _encryption(table.get("SSEDescription", {})):
        create["SSESpecification"] = encryption
    if table_class := table.get("TableClassSummary", {}).get("TableClass"):
        create["TableClass"] = table_class
    return TableShape(
        create, ttl, tuple((tag["Key"], tag["Value"]) for tag in tags if not tag["Key"].startswith("aws:"))
    )


def _parts(index: Mapping[str, Any]) -> dict[str, Any]:
    return {part: index[part] for part in _INDEX_PARTS}


def _throughput(table: Mapping[str, Any], provisioned: bool) -> dict[str, Any]:
    """Of a table or a global index: what is provisioned, or the caps that were set on an on-demand one."""
    if provisioned:
        found = table["ProvisionedThroughput"]
        return {"ProvisionedThroughput": {unit: found[unit] for unit in ("ReadCapacityUnits", "WriteCapacityUnits")}}
    caps = {unit: units for unit, units in table.get("OnDemandThroughput", {}).items() if units > 0}  # -1: no cap
    return {"OnDemandThroughput": caps} if caps else {}


def _encryption(found: Mapping[str, Any]) -> dict[str, Any]:
    if found.get("Status") not in {"ENABLED", "UPDATING"}:
        return {}  # an AWS-owned key, which is the default
    key = {"KMSMasterKeyId": found["KMSMasterKeyArn"]} if "KMSMasterKeyArn" in found else {}
    return {"Enabled": True, "SSEType": found.get("SSEType", "KMS"), **key}
