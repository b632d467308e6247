"""Fees are kept in cents."""

from __future__ import annotations

from typing import Any

selects = {"entityName": "Case"}


def up(item: dict[str, Any]) -> dict[str, Any]:
    return item | {"feeCents": int(item.pop("fee") * 100)}


def down(item: dict[str, Any], old: dict[str, Any] | None) -> dict[str, Any]:
    return item | {"fee": item.pop("feeCents") / 100}
