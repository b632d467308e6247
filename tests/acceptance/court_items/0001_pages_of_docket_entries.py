"""Docket entries say what they consist of in one map: pages, sheets and who was served."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

selects = {"entityName": "DocketEntry"}


def up(item: dict[str, Any]) -> dict[str, Any]:
    pages = item.pop("numberOfPages", None)
    contents: dict[str, Any] = {"served": [party["name"] for party in item.pop("servedParties", [])]}
    if pages is not None:
        contents |= {"pages": pages, "sheets": Decimal(pages) / 2, "kilograms": Decimal(pages) * Decimal("0.00225")}
    if item.get("draftOrderState") is None:
        item.pop("draftOrderState", None)
    return item | {"contents": contents}


def verify(item: dict[str, Any]) -> None:
    assert item["contents"].get("pages", 0) <= 100, "no docket entry of the court is that long"
