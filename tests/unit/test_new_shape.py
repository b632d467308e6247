"""`[table.destination]`: checked, completed by the live table, and compared with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from verdigris.config.load import load
from verdigris.config.model import Config
from verdigris.core.model import KeySchema
from verdigris.core.planning import NewShape
from verdigris.errors import ConfigError
from verdigris.shaping import first_shape, new_shape, wanted_shape
from verdigris.stores.base import TableShape

CONFIG = """
[app]
name = "court"
[table]
name = "{app}-{env}-{version}"
%s
[table.destination]
shape = "table-2.json"
%s
[environments.dev]
regions = ["us-east-1"]
local = true
"""


def keys(*names: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": role} for name, role in zip(names, ("HASH", "RANGE"), strict=False)]


def defined(*names: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "AttributeType": "S"} for name in names]


def index(name: str, *attributes: str, **more: Any) -> dict[str, Any]:
    return {"IndexName": name, "KeySchema": keys(*attributes), "Projection": {"ProjectionType": "ALL"}, **more}


BODY = {"AttributeDefinitions": defined("id"), "KeySchema": keys("id")}
ON_DEMAND = TableShape(
    {
        "AttributeDefinitions": defined("pk", "sk"),
        "KeySchema": keys("pk", "sk"),
        "BillingMode": "PAY_PER_REQUEST",
        "SSESpecification": {"Enabled": True, "SSEType": "KMS"},
        "TableClass": "STANDARD",
    },
    "expires",
    (("team", "court"),),
)
UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
PROVISIONED = TableShape(
    {
        "AttributeDefinitions": defined("pk", "sk"),
        "KeySchema": keys("pk", "sk"),
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": UNITS,
        "GlobalSecondaryIndexes": [
            index("by-sk", "sk", ProvisionedThroughput={"ReadCapacityUnits": 9, "WriteCapacityUnits": 9})
        ],
    }
)


def config(folder: Path, body: object, *, first: object = None, more: str = "") -> Config:
    (folder / "table-2.json").write_text(json.dumps(body))
    if first is not None:
        (folder / "table.json").write_text(json.dumps(first))
    text = CONFIG % ('shape = "table.json"' if first is not None else "", more)
    (folder / "verdigris.toml").write_text(text)
    return load(None, folder)


def wanted(folder: Path, body: object, live: TableShape, **more: Any) -> TableShape:
    found = wanted_shape(config(folder, body, **more), live)
    assert found
    return found


def differing(folder: Path, body: object, live: TableShape, **more: Any) -> NewShape | None:
    return new_shape(config(folder, body, **more), live)


def test_what_is_not_said_is_as_in_the_live_table(tmp_path: Path) -> None:
    made = wanted(tmp_path, BODY, ON_DEMAND)
    assert made.create == {
        **BODY,
        "BillingMode": "PAY_PER_REQUEST",
        "SSESpecification": {"Enabled": True, "SSEType": "KMS"},
        "TableClass": "STANDARD",
    }
    assert (made.ttl_attribute, made.tags) == ("expires", (("team", "court"),))


def test_what_is_said_counts(tmp_path: Path) -> None:
    said = {"BillingMode": "PAY_PER_REQUEST", "TableClass": "STANDARD_INFREQUENT_ACCESS"}
    made = wanted(tmp_path, {**BODY, **said, "Tags": [{"Key": "team", "Value": "x"}]}, PROVISIONED)
    assert made.create == {**BODY, **said}
    assert made.tags == (("team", "x"),)
    assert wanted(tmp_path, BODY, ON_DEMAND, more='ttl_attribute = "gone"').ttl_attribute == "gone"


def test_an_index_has_the_throughput_of_its_namesake_or_of_the_table(tmp_path: Path) -> None:
    body = {
        "AttributeDefinitions": defined("id", "sk", "owner"),
        "KeySchema": keys("id"),
        "GlobalSecondaryIndexes": [index("by-sk", "sk"), index("by-owner", "owner")],
    }
    made = wanted(tmp_path, body, PROVISIONED).create
    assert made["ProvisionedThroughput"] == UNITS
    assert [one["ProvisionedThroughput"]["ReadCapacityUnits"] for one in made["GlobalSecondaryIndexes"]] == [9, 5]


def test_another_key_is_a_new_shape(tmp_path: Path) -> None:
    made = differing(tmp_path, BODY, ON_DEMAND)
    assert made
    assert made.changes == ("key pk+sk → id",)
    assert (made.key_before.names, made.key.names) == (("pk", "sk"), ("id",))
    assert made.tags == (("team", "court"),)


def test_another_type_of_the_key_is_one_too(tmp_path: Path) -> None:
    body = {"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}], "KeySchema": keys("id")}
    made = differing(tmp_path, body, TableShape(BODY))
    assert made
    assert made.changes == ("key id (S) → id (N)",)
    assert made.key == KeySchema((("id", "N"),))


def test_other_indexes_are_one_too(tmp_path: Path) -> None:
    changed = {**index("by-sk", "sk"), "Projection": {"ProjectionType": "KEYS_ONLY"}}
    body = {
        "AttributeDefinitions": defined("pk", "sk", "owner"),
        "KeySchema": keys("pk", "sk"),
        "GlobalSecondaryIndexes": [changed, index("by-owner", "owner")],
    }
    made = differing(tmp_path, body, PROVISIONED)
    assert made
    assert made.changes == ("index by-owner is new", "index by-sk is another one")
    body = {"AttributeDefinitions": defined("pk", "sk"), "KeySchema": keys("pk", "sk")}
    gone = differing(tmp_path, body, PROVISIONED, more='ttl_attribute = "gone"')
    assert gone
    assert gone.changes == ("index by-sk is dropped", "time to live by nothing → gone")


def test_what_the_table_is_already_is_no_new_shape(tmp_path: Path) -> None:
    """Nor is what changes while it lives: billing, throughput, encryption, tags, the order of what has none."""
    body = {
        "AttributeDefinitions": defined("sk", "pk"),
        "KeySchema": keys("pk", "sk"),
        "GlobalSecondaryIndexes": [index("by-sk", "sk")],
        "BillingMode": "PAY_PER_REQUEST",
        "SSESpecification": {"Enabled": True},
        "Tags": [],
    }
    assert differing(tmp_path, body, PROVISIONED) is None
    assert new_shape(config(tmp_path, body), None) is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({**BODY, "TableName": "x"}, "TableName: the table's name is [table] name"),
        ({"KeySchema": keys("id")}, "AttributeDefinitions is missing"),
        ({**BODY, "KeySchemas": []}, 'Unknown parameter in input: "KeySchemas"'),
        ({**BODY, "AttributeDefinitions": defined("id", "x")}, "AttributeDefinitions: x is in no key"),
        ({**BODY, "KeySchema": keys("id", "x")}, "AttributeDefinitions: x is missing: a key is made of it"),
        ({**BODY, "KeySchema": keys("id")[::-1] + keys("id")}, "KeySchema: a key is one attribute of KeyType HASH"),
        ({**BODY, "GlobalSecondaryIndexes": [index("by-x", "x")]}, "x is missing"),
        ([], "must hold a JSON object"),
    ],
)
def test_a_body_that_is_none_is_refused_with_its_file(tmp_path: Path, body: object, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        wanted(tmp_path, body, ON_DEMAND)
    assert any(said in fault and "table-2.json" in fault for fault in refused.value.faults)


def test_an_empty_environment_begins_with_the_shape_after_all_migrations(tmp_path: Path) -> None:
    first = {**dict(ON_DEMAND.create), "BillingMode": "PROVISIONED", "ProvisionedThroughput": UNITS}
    made = first_shape(config(tmp_path, BODY, first=first))
    assert made
    assert (made.create["KeySchema"], made.create["ProvisionedThroughput"]) == (keys("id"), UNITS)
    alone = first_shape(config(tmp_path, BODY))
    assert alone
    assert alone.create == {**BODY, "BillingMode": "PAY_PER_REQUEST"}
