"""`[[index]]`: the search indexes that are fed from the table."""

from __future__ import annotations

from typing import Literal, NamedTuple

from pydantic import Field

from verdigris.config import names
from verdigris.config.section import Section
from verdigris.config.values import Reference, RelativePath, UnversionedName


class IndexSettings(Section):
    """One search index, fed from the table."""

    name: UnversionedName = Field(
        description="The alias that the application may search. The index behind it is `<name>-<version>-<number>`, "
        "the number being that of the deployment that made it. Must not hold `{version}`."
    )
    mappings: RelativePath = Field(
        description="File with the body of a create-index request (JSON): `mappings`, `settings`."
    )
    document: Reference = Field(
        description="`module:function` that makes a document: it is called with an item and returns `(id, body)`, "
        "or None if the item is not searched for."
    )

    by: Literal["verdigris", "application"] = Field(
        default="verdigris",
        description="Who builds it: Verdigris, from the table; or the application, from the table's stream. Either way "
        "`document` says what must be in it, and each document is compared with that.",
    )

    @property
    def label(self) -> str:
        """Its name in every environment: `{app}-{env}-case` → `case`, as in `VERDIGRIS_INDEX_CASE`."""
        return names.label(self.name)


class IndexPlace(NamedTuple):
    """One index in one environment."""

    config: IndexSettings
    alias: str
