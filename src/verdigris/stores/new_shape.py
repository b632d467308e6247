"""`[table.destination]`: the body of a CreateTable request, checked, completed, and compared with the live table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import botocore.session
from botocore.validate import ParamValidator

from verdigris.core.model import KeySchema
from verdigris.core.planning import NewShape
from verdigris.stores.base import TableShape

#: What a body that does not say it takes from the live table.
_TAKEN = ("SSESpecification", "TableClass")
_BILLING = ("BillingMode", "ProvisionedThroughput", "OnDemandThroughput")
_INDEXES = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
#: An index, as far as it matters which items are in it, and in what order.
_Index: TypeAlias = tuple[str, tuple[tuple[str, str, str], ...], str, tuple[str, ...]]


def body_faults(body: Mapping[str, Any]) -> list[str]:
    """What is wrong with the body, as far as it can be told without the service."""
    if "TableName" in body:
        return ["TableName: the table's name is [table] name"]
    request = botocore.session.get_session().get_service_model("dynamodb").shape_for("CreateTableInput")
    report = ParamValidator().validate({**body, "TableName": "a-name"}, request)
    if report.has_errors():
        return str(report.generate_report()).splitlines()
    missing = [name for name in ("AttributeDefinitions", "KeySchema") if name not in body]
    return [f"{name} is missing" for name in missing] or list(_faults(body))


def _faults(body: Mapping[str, Any]) -> Iterator[str]:
    if [entry["KeyType"] for entry in body["KeySchema"]] not in (["HASH"], ["HASH", "RANGE"]):
        yield "KeySchema: a key is one attribute of KeyType HASH, then at most one of RANGE"
    defined = {entry["AttributeName"] for entry in body["AttributeDefinitions"]}
    used = {entry["AttributeName"] for one in (body, *_all(body)) for entry in one["KeySchema"]}
    yield from (f"AttributeDefinitions: {name} is missing: a key is made of it" for name in sorted(used - defined))
    yield from (f"AttributeDefinitions: {name} is in no key" for name in sorted(defined - used))


def completed(body: Mapping[str, Any], live: TableShape, ttl_attribute: str | None) -> TableShape:
    """The shape that the body describes; what it does not say is as in `live`."""
    create = {name: value for name, value in body.items() if name != "Tags"}
    create |= {name: live.create[name] for name in _TAKEN if name in live.create and name not in body}
    if not any(name in body for name in _BILLING):
        create |= {name: live.create[name] for name in _BILLING if name in live.create}
        create |= _throughput_of_indexes(body, live.create)
    tags = tuple((tag["Key"], tag["Value"]) for tag in body["Tags"]) if "Tags" in body else live.tags
    return TableShape(create, ttl_attribute or live.ttl_attribute, tags)


def _throughput_of_indexes(body: Mapping[str, Any], live: Mapping[str, Any]) -> dict[str, Any]:
    """A global index has throughput of its own: that of the live index of its name, else the table's."""
    table = {name: live[name] for name in _BILLING[1:] if name in live}
    known = {
        one["IndexName"]: {name: one[name] for name in _BILLING[1:] if name in one}
        for one in live.get("GlobalSecondaryIndexes", ())
    }
    indexes = [{**known.get(one["IndexName"], table), **one} for one in body.get("GlobalSecondaryIndexes", ())]
    return {"GlobalSecondaryIndexes": indexes} if indexes else {}


def new_shape(wanted: TableShape, live: TableShape) -> NewShape | None:
    """What makes a table of it, if that is another shape than the live one's: another key, index or time to live.

    Billing, encryption and tags change on the live table too, so they are no reason for a new one.
    """
    changes = tuple(_changes(wanted, live))
    if not changes:
        return None
    return NewShape(dict(wanted.create), live.key, wanted.key, wanted.ttl_attribute, wanted.tags, changes)


def _changes(wanted: TableShape, live: TableShape) -> Iterator[str]:
    before, after = live.key, wanted.key
    if before != after:
        kinds = before.names == after.names
        yield f"key {_shown(before, kinds)} → {_shown(after, kinds)}"
    old, new = _indexes(live.create), _indexes(wanted.create)
    yield from (f"index {name} is new" for name in sorted(new.keys() - old.keys()))
    yield from (f"index {name} is dropped" for name in sorted(old.keys() - new.keys()))
    yield from (f"index {name} is another one" for name in sorted(old.keys() & new.keys()) if old[name] != new[name])
    if wanted.ttl_attribute != live.ttl_attribute:
        yield f"time to live by {live.ttl_attribute or 'nothing'} → {wanted.ttl_attribute}"


def _shown(key: KeySchema, kinds: bool) -> str:
    return "+".join(f"{name} ({kind})" if kinds else name for name, kind in key.attributes)


def _indexes(create: Mapping[str, Any]) -> dict[str, _Index]:
    kinds = {entry["AttributeName"]: entry["AttributeType"] for entry in create["AttributeDefinitions"]}
    return {
        one["IndexName"]: (
            kind,
            tuple((part["AttributeName"], kinds[part["AttributeName"]], part["KeyType"]) for part in one["KeySchema"]),
            one["Projection"].get("ProjectionType", "ALL"),
            tuple(sorted(one["Projection"].get("NonKeyAttributes", ()))),
        )
        for kind in _INDEXES
        for one in create.get(kind, ())
    }


def _all(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for kind in _INDEXES for one in body.get(kind, ())]
