"""A user's contact data moves into an item of its own, with the index on the email address."""

from __future__ import annotations

from typing import Any

selects = {"entityName": "User"}

MOVED = ("email", "phone", "address", "gsi1pk", "gsi1sk")


def up(item: dict[str, Any]) -> list[dict[str, Any]]:
    contact = {
        "pk": item["pk"],
        "sk": f"contact|{item['userId']}",
        "entityName": "UserContact",
        "userId": item["userId"],
        "rev": item["rev"],
    }
    return [item, contact | {name: item.pop(name) for name in MOVED if name in item}]


def source(item: dict[str, Any]) -> dict[str, Any] | None:
    """The key of the user that a contact was split from; every other item stays where it was."""
    return {"pk": item["pk"], "sk": item["pk"]} if item.get("entityName") == "UserContact" else None
