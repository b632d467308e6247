"""One real shard presented as a lineage: shards that are sealed when they are full and go on in their children.

Source: Developer Guide, "Change data capture for DynamoDB Streams" (shards, their lineage, trimming). No I/O here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Record: TypeAlias = dict[str, Any]

_WHOLE = 1 << 64


@dataclass
class Presented:
    """A shard that clients see: it takes the records of the partition keys whose hash is in [low, high)."""

    id: str
    parent: str | None
    low: int
    high: int
    start: str
    ending: str | None = None
    records: list[Record] = field(default_factory=list)
    #: how many records were removed from its beginning; positions count them too
    trimmed: int = 0

    @property
    def end(self) -> int:
        """The position behind its last record."""
        return self.trimmed + len(self.records)

    @property
    def gone(self) -> bool:
        """Closed, and every record trimmed: it is not listed any more."""
        return self.ending is not None and self.trimmed > 0 and not self.records

    def described(self) -> dict[str, Any]:
        """As API_streams_Shard has it."""
        span = {"StartingSequenceNumber": self.start}
        if self.ending is not None:
            span["EndingSequenceNumber"] = self.ending
        parent = {"ParentShardId": self.parent} if self.parent else {}
        return {"ShardId": self.id, "SequenceNumberRange": span, **parent}


class Lineage:
    """Takes the real shard's records in their order. What it presents follows from them and from the rules alone."""

    def __init__(self, root: str, start: str, partition_key: str) -> None:
        first = Presented(root, None, 0, _WHOLE, start)
        self._partition_key = partition_key
        self._shards = {root: first}
        self._order: list[Presented] = []
        self.splits = 0

    def add(self, record: Record, *, split_after: int, open_shards: int) -> None:
        """Routes one record. The shard that it fills is sealed at once, and its children are opened."""
        place = self._hash(record)
        shard = next(leaf for leaf in self.leaves() if leaf.low <= place < leaf.high)
        shard.records.append(record)
        self._order.append(shard)
        if split_after and shard.end >= split_after:
            self._split(shard, sequence_of(record), twins=len(self.leaves()) < open_shards)

    def seal(self) -> None:
        """The real shard is closed: so is every leaf, and there are no children."""
        for leaf in self.leaves():
            leaf.ending = sequence_of(leaf.records[-1]) if leaf.records else leaf.start

    def trim(self, keep: int) -> int:
        """Removes all but the newest `keep` records of the whole stream; returns how many went."""
        gone = self._order[: max(0, len(self._order) - keep)]
        for shard in gone:
            del shard.records[0]
            shard.trimmed += 1
        del self._order[: len(gone)]
        return len(gone)

    def leaves(self) -> list[Presented]:
        """The shards that new records go to."""
        return [shard for shard in self._shards.values() if shard.ending is None]

    def listed(self) -> list[Presented]:
        """Youngest first: the service promises no order, and this is the worst."""
        return [shard for shard in reversed(self._shards.values()) if not shard.gone]

    def shard(self, name: str) -> Presented | None:
        return self._shards.get(name)

    def _split(self, shard: Presented, ending: str, *, twins: bool) -> None:
        shard.ending = ending
        self.splits += 1
        middle = (shard.low + shard.high) // 2
        spans = [(shard.low, middle), (middle, shard.high)] if twins else [(shard.low, shard.high)]
        start = str(int(ending) + 1).zfill(len(ending))
        for low, high in spans:
            name = f"shardId-{start[-20:]}-{low >> 32:08x}"
            self._shards[name] = Presented(name, shard.id, low, high, start)

    def _hash(self, record: Record) -> int:
        """All items of one partition key go to one shard."""
        value = record["dynamodb"]["Keys"][self._partition_key]
        return int.from_bytes(hashlib.sha256(repr(value).encode()).digest()[:8])


def sequence_of(record: Record) -> str:
    sequence: str = record["dynamodb"]["SequenceNumber"]
    return sequence


def position_after(shard: Presented, sequence: str) -> int | None:
    """The position behind the record with this number; None where that record, or one behind it, was trimmed."""
    return _position(shard, [int(sequence_of(record)) <= int(sequence) for record in shard.records], int(sequence))


def position_at(shard: Presented, sequence: str) -> int | None:
    """The position of the record with this number; None if it was trimmed."""
    return _position(shard, [int(sequence_of(record)) < int(sequence) for record in shard.records], int(sequence))


def _position(shard: Presented, before: Sequence[bool], sequence: int) -> int | None:
    passed = sum(before)
    if shard.trimmed and not passed and (not shard.records or sequence < int(sequence_of(shard.records[0]))):
        return None
    return shard.trimmed + passed
