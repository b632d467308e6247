"""Cases carry their sum in cents."""

from __future__ import annotations

from typing import Any

selects = {"entityName": "Case"}


def up(item: dict[str, Any]) -> dict[str, Any]:
    return item | {"cents": item["n"] * 100}
