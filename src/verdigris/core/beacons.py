"""Which beacons to write, and what those prove that came back.

Nobody can say to which shard the changes of a key go: it is learned, by writing beacons under several keys and seeing
through which shard each comes back. What proves a shard is always the shard that a beacon came through, never what was
learned: shards split, and their keys go elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from itertools import count, islice

import msgspec

from verdigris.core.lineage import Positions, open_leaves
from verdigris.core.model import Shard

#: Keys that are tried for each open shard: one with an eighth of its fair share of the keys is missed once in 3,000.
KEYS_A_SHARD = 64


class Learned(msgspec.Struct, frozen=True):
    """What is kept of a deployment's beacons: `tried` keys, from number 0, may lie in the source, and a beacon under
    key `numbers[shard]` came through that shard last."""

    tried: int = 0
    numbers: dict[str, int] = {}

    def came(self, number: int, shard: str) -> Learned:
        """A beacon under this key came through this shard. One key a shard is enough, and the first one stays."""
        numbers = {other: known for other, known in self.numbers.items() if known != number or other == shard}
        numbers.setdefault(shard, number)
        return Learned(self.tried, numbers)

    def trying(self, numbers: Sequence[int]) -> Learned:
        return Learned(max(self.tried, *(number + 1 for number in numbers)), self.numbers)

    def next(self, shards: Sequence[Shard], wanted: Sequence[str], sent: Set[int]) -> list[int]:
        """The keys under which beacons are to be written next, when those under `sent` have come back and these open
        shards are not reached yet: known ones first. Empty if too many have been tried."""
        parents = {shard.id: shard.parent for shard in shards}
        known = {number for shard in wanted if (number := self._known(shard, parents)) is not None} - sent
        if known:
            return sorted(known)
        there = len(open_leaves(shards))
        tries = min(2 * there - 1, there * KEYS_A_SHARD - len(sent))
        return list(islice((number for number in count() if number not in sent), max(tries, 0)))

    def _known(self, shard: str, parents: dict[str, str | None]) -> int | None:
        """The key of a shard, or of the one that it came from: that goes to one of its children."""
        at: str | None = shard
        while at is not None:
            if at in self.numbers:
                return self.numbers[at]
            at = parents.get(at)
        return None


def unproven(shards: Sequence[Shard], positions: Positions, reached: Set[str]) -> list[str]:
    """The shards that may hold a change from before the beacons which came back through those `reached`.

    A shard is proven when a beacon came through it, or through one that it came from; or when it was read to its end
    and its children are known, each of which is looked at in turn.
    """
    ended, parents = set(positions.ended), {shard.parent for shard in shards}
    behind = set(reached)
    for shard in shards:  # parents before children
        if shard.parent in behind:
            behind.add(shard.id)
    return [shard.id for shard in shards if shard.id not in behind and not (shard.id in ended and shard.id in parents)]
