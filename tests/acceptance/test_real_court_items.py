"""A court's real items through two migrations, on real engines; every item compared with what it must have become.

The expectation is written by hand, from the same file, and goes through none of the migrations. The real items are no
part of the project; where they are not, some of the same shapes take their place.
"""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from tests.conftest import SessionStack
from tests.project import SHAPE, Project

from verdigris.stores.opensearch_index import OpenSearchIndex

DATA = Path(__file__).parents[3] / "shared" / "data" / "efcms-local.json"
FILES = Path(__file__).parent / "court_items"
INDEX = """
[[index]]
name = "{app}-{env}-case"
mappings = "case.json"
document = "search:case"
"""
MAPPINGS = {"mappings": {"dynamic": "strict", "properties": {
    "caption": {"type": "text"}, "petitioners": {"type": "text"}, "order": {"type": "long"},
}}}  # fmt: skip
Items = dict[tuple[str, str], dict[str, Any]]


def given() -> Items:
    """The items; of those with one key the last."""
    file, number = (DATA, 1687) if DATA.exists() else (FILES / "invented.json", 18)
    lines = json.loads(file.read_text(), parse_int=Decimal, parse_float=Decimal)
    assert len(lines) == number
    return {(item["pk"], item["sk"]): item for item in lines}


def expected(items: Items) -> Items:
    wanted: Items = {}
    for (pk, sk), item in items.items():
        match item.get("entityName"):
            case "DocketEntry":
                wanted[pk, sk] = docket_entry(item)
            case "User":
                at_contact = ("email", "phone", "address1", "address2")
                wanted[pk, sk] = {name: value for name, value in item.items() if name not in at_contact}
                contact = {name: value for name, value in item.items() if name in at_contact}
                wanted[pk, f"contact|{sk[5:]}"] = {
                    "pk": pk, "sk": f"contact|{sk[5:]}", "entityName": "UserContact", **contact,
                }  # fmt: skip
            case "WorkItem" if closed(item):
                pass
            case _:
                wanted[pk, sk] = item
    return wanted


def docket_entry(item: dict[str, Any]) -> dict[str, Any]:
    gone = {"numberOfPages", "servedParties"} | ({"draftOrderState"} if not item.get("draftOrderState") else set())
    served = [party["name"] for party in item["servedParties"]] if "servedParties" in item else []
    kept = {name: value for name, value in item.items() if name not in gone}
    if "numberOfPages" not in item:
        return kept | {"contents": {"served": served}}
    pages = item["numberOfPages"]
    return kept | {
        "contents": {"served": served, "pages": pages, "sheets": pages * 5 / 10, "kilograms": pages * 225 / 100_000}
    }


def closed(item: dict[str, Any]) -> bool:
    return item.get("entityName") == "WorkItem" and "completedAt" in item


def documents(items: Items) -> dict[str, Any]:
    return {
        item["docketNumber"]: {
            "caption": item["caseCaption"],
            "petitioners": [one.get("name") for one in item["petitioners"]],
            "order": int(item["sortableDocketNumber"]),
        }
        for item in items.values()
        if item.get("entityName") == "Case"
    }


def load(project: Project, items: Items) -> None:
    serialize = TypeSerializer().serialize
    client = project.aws.client("dynamodb")
    left = [{"PutRequest": {"Item": serialize(item)["M"]}} for item in items.values()]
    while left:
        batch, left = left[:25], left[25:]
        answer = client.batch_write_item(RequestItems={project.table("alpha"): batch})
        left += answer["UnprocessedItems"].get(project.table("alpha"), [])


def stored(project: Project, version: str) -> Items:
    deserialize = TypeDeserializer().deserialize
    return {key: deserialize({"M": item}) for key, item in project.items(version).items()}


def test_the_courts_items(tmp_path: Path, stack: SessionStack) -> None:
    endpoints = f'endpoints = {{ dynamodb = "{stack.dynamodb_url}", search = "{stack.search_url}" }}'
    project = Project(
        tmp_path / "court", stack.dynamodb_url, environment=f"{endpoints}\nenable_stream = true", sections=INDEX
    )
    project.write("case.json", json.dumps(MAPPINGS))
    project.write("table.json", json.dumps(with_gsi()))
    shutil.copy(FILES / "search.py", project.folder)
    project.ok("deploy", "dev", "--yes")
    items = given()
    load(project, items)
    assert stored(project, "alpha") == items

    for file in FILES.glob("0*.py"):
        shutil.copy(file, project.folder / "migrations")
    project.ok("deploy", "dev", "--yes")
    wanted, found = expected(items), stored(project, "beta")
    different = [key for key in wanted.keys() | found.keys() if wanted.get(key) != found.get(key)]
    assert not different, f"{len(different)} of {len(wanted)} items; the first should be {wanted.get(different[0])}"

    users = sum(item.get("entityName") == "User" for item in items.values())
    assert len(found) == len(items) + users - sum(closed(item) for item in items.values())
    untouched = [key for key in wanted if items.get(key) == wanted[key]]
    raw_before, raw_after = project.items("alpha"), project.items("beta")
    assert all(raw_before[key] == raw_after[key] for key in untouched)
    assert stored(project, "alpha") == items, "the source is as it was"

    index = OpenSearchIndex(stack.search_url)
    physical = index.alias(f"{project.name}-dev-case")
    assert physical
    assert physical.startswith(f"{project.name}-dev-case-beta-")
    index.refresh(physical)
    assert dict(index.documents(physical)) == documents(items)
    shape = project.aws.client("dynamodb").describe_table(TableName=project.table("beta"))["Table"]
    assert [gsi["IndexName"] for gsi in shape["GlobalSecondaryIndexes"]] == ["gsi1"]

    project.ok("finalize", "dev", "--confirm", "dev")
    assert stored(project, "beta") == wanted
    assert project.ok("get", "dev", "source-table").out.strip() == project.table("beta")


def with_gsi() -> dict[str, Any]:
    attribute = {"AttributeName": "gsi1pk", "AttributeType": "S"}
    gsi = {
        "IndexName": "gsi1",
        "KeySchema": [{"AttributeName": "gsi1pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    return SHAPE | {
        "AttributeDefinitions": [*SHAPE["AttributeDefinitions"], attribute],
        "GlobalSecondaryIndexes": [gsi],
    }
