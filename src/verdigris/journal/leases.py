"""What the row of the lease holds."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec


class Holder(msgspec.Struct, frozen=True):
    """Who holds the lease: `id` is random and new for each runner; `pid` is of machine `host`."""

    id: str
    who: str
    host: str
    pid: int
    #: when the process began, as its machine counts; tells it from a later process with the same pid
    born: str
    doing: str
    since: str


@dataclass(frozen=True)
class Lease:
    """The lease's row as read. `beat` grows with each renewal; whoever sees one beat for `length_s` may take over."""

    token: int
    beat: int
    length_s: float
    renewed_at: str
    #: None: nobody holds it
    holder: Holder | None
    #: what its last holder sent may land until then (seconds since the epoch)
    late_until_s: float = 0.0
