"""Drafts are not kept."""

from __future__ import annotations

from typing import Any

selects = {"entityName": "Draft"}


def up(item: dict[str, Any]) -> None:
    return None
