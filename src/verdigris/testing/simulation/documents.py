"""The documents of the application's index: its function, as the core calls it, and the same written out by hand.

An id depends on the item's value, so that most changes give an item another document; some items have none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from verdigris.core.model import DataVersion, Key, RawItem
from verdigris.core.planned_indexes import FoundIndex, Recipe
from verdigris.phases.base import IndexPlan

ALIAS = "things"
#: The old color's index.
LIVE = "things-alpha-0"


def _document(item: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    name = item["id"] if "id" in item else f"{item['to']} {item['kind']}"
    mark = int(item["v"] + item.get("seen", 0))
    return (f"{name} {mark % 3}", item) if mark % 5 else None


FOUND = FoundIndex(ALIAS, ALIAS.upper(), Recipe("mappings", "code"), live=LIVE)


def made_by(deployment: int) -> str:
    """The index that a deployment makes."""
    return f"{ALIAS}-{DataVersion.BETA}-{deployment}"


def index_plan(deployment: int) -> IndexPlan:
    return IndexPlan(ALIAS, made_by(deployment), {}, _document)


def documents_due(items: Mapping[Key, RawItem]) -> dict[str, dict[str, Any]]:
    """id → body, of the index over these items."""
    found = {}
    for key, item in items.items():
        body = {name: int(value["N"]) if "N" in value else value["S"] for name, value in orjson.loads(item).items()}
        mark = body["v"] + body.get("seen", 0)
        if mark % 5 != 0:
            found[f"{body.get('id', ' '.join(key))} {mark % 3}"] = body
    return found
