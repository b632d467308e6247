"""A note carries the number of what it is about."""

from __future__ import annotations

from typing import Any

selects = {"entityName": "Note"}


def up(item: dict[str, Any], view: Any) -> dict[str, Any]:
    key = f"case|{item['ref']}"
    seen = view.get({"pk": key, "sk": key})
    return item | {"seen": seen["n"] if seen else -1}
