"""What is searched for: cases, by their caption and fee."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def case(item: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """The document of an item, as the streams function makes it."""
    if item.get("entityName") != "Case":
        return None
    return str(item["pk"]), {"caption": item["caption"], "feeCents": int(item["feeCents"])}
