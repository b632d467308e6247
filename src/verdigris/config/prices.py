"""`[prices]`: what the service asks of you."""

from __future__ import annotations

from pydantic import Field

from verdigris.config.section import Section
from verdigris.core.prices import PRICES_FROM, Prices

_PUBLIC = Prices()


class PriceSettings(Section):
    __doc__ = f"""US dollars, for the figures of `verdigris plan`. The defaults: {PRICES_FROM}."""

    million_reads: float = Field(
        default=_PUBLIC.million_reads, ge=0, description="A million read units, strongly consistent."
    )
    million_writes: float = Field(default=_PUBLIC.million_writes, ge=0, description="A million write units.")
    million_replica_writes: float = Field(
        default=_PUBLIC.million_replica_writes, ge=0, description="A million write units that a replica takes."
    )
    million_stream_reads: float = Field(
        default=_PUBLIC.million_stream_reads, ge=0, description="A million requests for stream records."
    )
    gb_month: float = Field(default=_PUBLIC.gb_month, ge=0, description="A GB of a table for a month.")
    backup_gb_month: float = Field(default=_PUBLIC.backup_gb_month, ge=0, description="A GB of a backup for a month.")

    @property
    def prices(self) -> Prices:
        return Prices(**dict(self))
