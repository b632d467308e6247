"""Where the application finds its table and its index: what Verdigris tells it through the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    table: str
    index: str
    color: str
    region: str
    search_url: str
    #: None: the real service of the region
    dynamodb_url: str | None

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Raises KeyError with the name of a variable that is missing."""
        return cls(
            table=environment["VERDIGRIS_TABLE"],
            index=environment["VERDIGRIS_INDEX_CASE"],
            color=environment["VERDIGRIS_COLOR"],
            region=environment["VERDIGRIS_REGION"],
            search_url=environment["VERDIGRIS_SEARCH_URL"],
            dynamodb_url=environment.get("VERDIGRIS_DYNAMODB_URL"),
        )
