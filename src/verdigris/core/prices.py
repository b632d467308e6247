"""What the service asks for, in US dollars: AWS's public on-demand prices of us-east-1, unless somebody says others."""

from __future__ import annotations

import msgspec

#: Where the prices stand, and when they were taken down.
PRICES_FROM = "https://aws.amazon.com/dynamodb/pricing/on-demand/ (us-east-1, 2026-11-23)"


class Prices(msgspec.Struct, frozen=True):
    """US dollars. A read unit is strongly consistent, 4 KB; a write unit 1 KB; a GB 10^9 bytes."""

    million_reads: float = 0.125
    million_writes: float = 0.625
    #: of a write that a replica takes in another region
    million_replica_writes: float = 0.625
    #: of requests for stream records, up to 1 MB each
    million_stream_reads: float = 0.2
    gb_month: float = 0.25
    backup_gb_month: float = 0.1

    def says(self, name: str) -> str:
        """Where the price of that name is from."""
        return f"[prices] {name}" if self.is_set(name) else PRICES_FROM

    def is_set(self, name: str) -> bool:
        """Whether it is another one than the public one."""
        return bool(getattr(self, name) != getattr(Prices(), name))
