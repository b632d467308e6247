"""A place is kept under the slot that it takes; nothing in it says whose it was."""

from __future__ import annotations

from typing import Any

selects = {"entityName": "Place"}


def up(item: dict[str, Any]) -> dict[str, Any]:
    return {"pk": f"slot|{item['ref']}", "sk": "slot", "n": item["n"], "entityName": "Place"}
