"""A user's contact is an item of its own."""

from __future__ import annotations

from typing import Any

selects = {"entityName": "User"}


def up(item: dict[str, Any]) -> list[dict[str, Any]]:
    return [item, {"pk": item["pk"], "sk": f"contact|{item['sk']}", "n": item["n"], "entityName": "Contact"}]


def source(item: dict[str, Any]) -> dict[str, Any] | None:
    if item.get("entityName") != "Contact":
        return None
    return {"pk": item["pk"], "sk": item["sk"].removeprefix("contact|")}
