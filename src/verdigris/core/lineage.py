"""Which shards may be read now, and what may be forgotten: parents before children, so that no shard is missed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from verdigris.core.model import Shard
from verdigris.errors import HintsLost


class Positions(msgspec.Struct, frozen=True):
    """How far a stream has been read and applied. Durable only after what it covers was written."""

    #: open shard → sequence number read last (None: nothing of it yet)
    after: dict[str, str | None]
    #: shards read to their end
    ended: tuple[str, ...] = ()
    #: every change from before this is settled: beacons prove it (seconds since the epoch)
    settled_s: float = 0.0

    def advanced(self, shard: str, last: str | None, ended: bool) -> Positions:
        if not ended:
            return msgspec.structs.replace(self, after={**self.after, shard: last})
        after = {key: value for key, value in self.after.items() if key != shard}
        return msgspec.structs.replace(self, after=after, ended=(*self.ended, shard))


def readable(shards: Sequence[Shard], positions: Positions) -> list[str]:
    """The shards to read now: not read to their end, and their parent (while the stream still has it) is."""
    present = {shard.id for shard in shards}
    ended = set(positions.ended)
    return [
        shard.id
        for shard in shards
        if shard.id not in ended and (shard.parent is None or shard.parent not in present or shard.parent in ended)
    ]


def forget(positions: Positions, shards: Iterable[Shard]) -> Positions:
    """Drops ended shards that the stream no longer lists; nothing can refer to them any more.

    Raises HintsLost where a shard is gone that was not read to its end: records expired with it, or may have.
    """
    present = {shard.id for shard in shards}
    lost = sorted(positions.after.keys() - present)
    if lost:
        raise HintsLost(
            "a shard of the source's stream has expired before it was read to its end",
            where=lost[0],
            state="the source serves on, untouched; what changed while nobody read is not known",
        )
    return msgspec.structs.replace(positions, ended=tuple(shard for shard in positions.ended if shard in present))


def open_leaves(shards: Sequence[Shard]) -> list[str]:
    """The shards that new records go to."""
    parents = {shard.parent for shard in shards}
    return [shard.id for shard in shards if not shard.closed and shard.id not in parents]
