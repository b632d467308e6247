"""`[budget]`: how fast bulk work may go."""

from __future__ import annotations

from pydantic import Field

from verdigris.config.section import Section


class BudgetSettings(Section):
    """How fast bulk work may go until `verdigris budget` says otherwise; without a limit as fast as it is taken."""

    read_units_per_second: float | None = Field(
        default=None, gt=0, description="Read units of the tables: 4 KB of an item each, or of a page of a scan."
    )
    write_units_per_second: float | None = Field(
        default=None, gt=0, description="Write units of the destination table: 1 KB of an item each."
    )
    index_documents_per_second: float | None = Field(
        default=None, gt=0, description="Documents written to the search indexes."
    )
