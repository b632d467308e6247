"""Cases are searched for, by their caption and by what the petitioners are called."""

from __future__ import annotations

from typing import Any


def case(item: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    if item.get("entityName") != "Case":
        return None
    return item["docketNumber"], {
        "caption": item["caseCaption"],
        "petitioners": [petitioner.get("name") for petitioner in item["petitioners"]],
        "order": int(item["sortableDocketNumber"]),
    }
