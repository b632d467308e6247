"""Fees are kept in cents, as a whole number, and a case's status says whose status it is."""

from __future__ import annotations

from typing import Any

selects = {"entityName": "Case"}


def up(item: dict[str, Any]) -> dict[str, Any]:
    return item | {"feeCents": int(item.pop("fee") * 100), "caseStatus": item.pop("status")}


def verify(item: dict[str, Any]) -> None:
    assert item["feeCents"] >= 0, "a fee is never negative"
