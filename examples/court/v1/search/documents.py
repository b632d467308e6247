"""The documents of the search index: one for each case."""

from __future__ import annotations

from typing import Any


def case(item: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """The id and body of a case's document; None for every other item."""
    if item.get("entityName") != "Case":
        return None
    return item["docketNumber"], {
        "docketNumber": item["docketNumber"],
        "caption": item["caption"],
        "caseType": item["caseType"],
        "status": item["status"],
        "fee": f"{item['fee']:.2f}",
        "judge": item["judge"],
        "petitioners": [petitioner["name"] for petitioner in item["petitioners"]],
        "entryCount": int(item["entryCount"]),
        "createdAt": item["createdAt"],
        "rev": int(item["rev"]),
    }
