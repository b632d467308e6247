"""Users keep their contact data in an item of its own; completed work items are not kept."""

from __future__ import annotations

from typing import Any

selects = {"entityName": ["User", "WorkItem"]}

_CONTACT = ("email", "phone", "address1", "address2")


def up(item: dict[str, Any]) -> Any:
    if item["entityName"] == "WorkItem":
        return None if "completedAt" in item else item
    contact = {name: item.pop(name) for name in _CONTACT if name in item}
    key = {"pk": item["pk"], "sk": item["sk"].replace("user|", "contact|")}
    return [item, key | contact | {"entityName": "UserContact"}]


def source(item: dict[str, Any]) -> dict[str, Any] | None:
    if item.get("entityName") != "UserContact":
        return None
    return {"pk": item["pk"], "sk": item["sk"].replace("contact|", "user|")}
