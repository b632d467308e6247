"""The search indexes of an environment as they are found, read-only: what a plan is made from. Imports no user code."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import orjson

from verdigris.config.indexes import IndexPlace, IndexSettings
from verdigris.core.declared import Builder
from verdigris.core.model import DataVersion
from verdigris.core.planned_indexes import FoundIndex, PlannedIndex, Recipe
from verdigris.core.standing_indexes import standing
from verdigris.errors import Invalid, NotFound
from verdigris.migrations.checksum import code_checksum
from verdigris.stores.searching import SearchIndex
from verdigris.wiring import Wiring


def indexes_found(wiring: Wiring, version: DataVersion) -> tuple[FoundIndex, ...]:
    """Every configured index. `version` is the one that serves.

    The journal says which index serves an alias; where it does not know, the alias, or the name without a number.
    """
    journal = wiring.journal
    try:
        index = wiring.search(version)
        if index is None:
            return ()
    except NotFound:
        if wiring.domains is None:
            raise
        index = None  # the version has no domain yet: nothing is in it
    known, doubts = standing(journal.folded(journal.records(number)) for number in range(journal.deployments(), 0, -1))
    return tuple(_found(wiring, index, version, place, known, doubts) for place in wiring.env.indexes())


def code_of_documents(wiring: Wiring) -> dict[str, str]:
    """Alias → the checksum of the code that makes its documents, as it is now."""
    return {place.alias: _recipe(wiring, place.config).document for place in wiring.env.indexes()}


def _found(
    wiring: Wiring,
    index: SearchIndex | None,
    version: DataVersion,
    place: IndexPlace,
    known: Mapping[str, PlannedIndex],
    doubts: Mapping[str, str],
) -> FoundIndex:
    recipe = _recipe(wiring, place.config)
    if index is None:
        return FoundIndex(place.alias, place.config.label, recipe, by=Builder(place.config.by))
    try:
        behind = index.alias(place.alias)
    except Invalid as error:
        fault = f"{place.alias}: {error.what}"
        return FoundIndex(place.alias, place.config.label, recipe, fault=fault, remedy=error.next_command)
    made = known.get(place.alias)
    name = made.destination if made else behind or f"{place.alias}-{version}"
    return FoundIndex(
        place.alias,
        place.config.label,
        recipe,
        live=name if index.exists(name) else None,
        made_of=made.recipe if made else None,
        doubt=doubts.get(place.alias, ""),
        by=Builder(place.config.by),
    )


def _recipe(wiring: Wiring, settings: IndexSettings) -> Recipe:
    body = orjson.dumps(wiring.config.mappings(settings), option=orjson.OPT_SORT_KEYS)
    return Recipe(hashlib.sha256(body).hexdigest(), code_checksum(settings.document, wiring.config.root))
