"""Version 2 has no draft notes."""

from __future__ import annotations

from typing import Any

selects = {"entityName": "DraftNote"}


def up(item: dict[str, Any]) -> None:
    return None
