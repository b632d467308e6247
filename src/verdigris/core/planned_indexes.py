"""Search indexes as a plan knows them: as they were found, what becomes of each, and what it is made of."""

from __future__ import annotations

import msgspec

from verdigris.core.declared import Builder


class PlannedIndex(msgspec.Struct, frozen=True):
    """One search index: the alias people use, and the physical indexes behind it. `source` None: there is none yet."""

    alias: str
    source: str | None
    destination: str
    #: its name in `VERDIGRIS_INDEX_<NAME>`
    variable: str
    #: what the destination is made of
    recipe: Recipe | None = None  # None: nobody knows
    #: why another one is built, for people; "" where it stays, or follows the data
    why: str = ""
    by: Builder = Builder.VERDIGRIS

    @property
    def built(self) -> bool:
        """Whether this deployment makes the destination."""
        return self.source != self.destination


class Recipe(msgspec.Struct, frozen=True):
    """What an index is made of: a SHA-256 (hex) each of its mappings and settings, and of the code that makes its
    documents."""

    mappings: str
    document: str


class FoundIndex(msgspec.Struct, frozen=True):
    """A configured index as it was found. `live` serves now, None if none does.

    `made_of`: its recipe by the journal, None where nobody knows. `doubt`: why its documents may not be the table's.
    """

    alias: str
    variable: str
    recipe: Recipe
    live: str | None = None
    made_of: Recipe | None = None
    doubt: str = ""
    #: why it can neither stay nor be made, and what to do about it
    fault: str = ""
    remedy: str = ""
    by: Builder = Builder.VERDIGRIS

    @property
    def why(self) -> str:
        """Why another one must be built; "" if this one may stay."""
        if self.live is None:
            return "there is none yet"
        if self.made_of and self.made_of.mappings != self.recipe.mappings:
            return "its mappings or settings changed"
        if self.made_of and self.made_of.document != self.recipe.document:
            return "the code of its documents changed"
        return self.doubt
