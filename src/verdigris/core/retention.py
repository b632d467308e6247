"""How long the old color is kept after the switch. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from verdigris.core.machine import State
from verdigris.core.snapshot import Snapshot

_KEPT = frozenset({State.BAKE, State.BAKED})


@dataclass(frozen=True, slots=True)
class Kept:
    """The old color is kept until `until_s` (seconds since the epoch)."""

    until_s: float
    left_s: float

    @property
    def over(self) -> bool:
        return self.left_s <= 0

    @property
    def until(self) -> str:
        """ISO 8601, UTC."""
        return datetime.fromtimestamp(self.until_s, UTC).isoformat(timespec="seconds")


def kept(snapshot: Snapshot, keep_s: float, now_s: float) -> Kept | None:
    """None where there is no old color, or it is not said how long it is kept."""
    if not keep_s or snapshot.plan.before is None or snapshot.state not in _KEPT:
        return None
    until_s = datetime.fromisoformat(snapshot.flipped_at).timestamp() + keep_s
    return Kept(until_s, until_s - now_s)
