"""Beacons: items under reserved keys of the source. That they come back through its stream proves what was before."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import orjson

from verdigris.core.beacons import Learned, unproven
from verdigris.core.damage import decoded
from verdigris.core.items import decode
from verdigris.core.lineage import Positions, open_leaves
from verdigris.core.model import Change, Shard
from verdigris.errors import PhaseFailed
from verdigris.phases.base import Bench

UNIT = "beacons"


class Beacons:
    """The beacons of one runner. When nothing is `unproven` any more, every change from before `begin` has been
    read."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._learned = self._kept = _learned(bench)
        self._written = 0
        #: value → number of the key that it lies under: written, and not come back yet
        self._awaited: dict[str, int] = {}
        self._sent: set[int] = set()
        self._reached: set[str] = set()

    def begin(self) -> None:
        self._awaited.clear()
        self._sent.clear()
        self._reached.clear()

    def unproven(self, shards: Sequence[Shard], positions: Positions) -> list[str]:
        """The shards that may still hold a change from before `begin`."""
        return unproven(shards, positions, self._reached)

    def came(self, change: Change, shard: str) -> None:
        """The change of a reserved key came through a shard."""
        value = decode(change.new).get("value") if change.new else None
        number = self._awaited.pop(value, None) if isinstance(value, str) else None
        if number is not None:
            self._reached.add(shard)
            self._learned = self._learned.came(number, shard)

    def send(self, shards: Sequence[Shard], positions: Positions) -> None:
        """Writes the beacons that are needed next, once those before have come back. Raises PhaseFailed if an open
        shard gives none back, whatever the key."""
        missing = self.unproven(shards, positions)
        wanted = [shard for shard in open_leaves(shards) if shard in missing]
        if self._awaited or not wanted:
            return
        numbers = self._learned.next(shards, wanted, self._sent)
        if not numbers:
            raise _unreached(self._bench, len(wanted), len(self._sent))
        self._write(numbers)

    def keep(self) -> None:
        """What was learned need not be learned again by the next runner."""
        if self._learned != self._kept:
            self._bench.journal.save(self._bench.deployment, UNIT, msgspec.json.encode(self._learned))
            self._kept = self._learned

    def _write(self, numbers: Sequence[int]) -> None:
        bench = self._bench
        self._learned = self._learned.trying(numbers)
        self.keep()  # before they are written: whoever removes them must know of them
        items = []
        for number in numbers:
            self._written += 1
            # Each is new: a put that changes nothing would make no record.
            value = f"{bench.deployment}-{bench.journal.token}-{self._written}"
            self._awaited[value] = number
            key = bench.source.key.to_json(bench.settings.reserved.key(number))
            items.append(orjson.dumps({**key, "value": {"S": value}}))
        self._sent.update(numbers)
        bench.source.write(items)


def remove(bench: Bench) -> None:
    """Removes every beacon that this deployment may have written. Safe to repeat."""
    reserved = bench.settings.reserved
    bench.source.write([], [reserved.key(number) for number in range(_learned(bench).tried)])


def _learned(bench: Bench) -> Learned:
    saved = bench.journal.checkpoint(bench.deployment, UNIT)
    if saved is None:
        return Learned()
    return decoded(bench.plan.deploy_table, UNIT, saved, msgspec.json.Decoder(Learned).decode)


def _unreached(bench: Bench, shards: int, keys: int) -> PhaseFailed:
    return PhaseFailed(
        f"{shards} open shards of the source's stream were not reached by a beacon under any of {keys} keys, so "
        "nothing proves that what goes through them was read",
        where=bench.plan.source_table,
        state=f"nothing was switched; {bench.snapshot.live} serves on",
        next_command=f"verdigris deploy {bench.plan.env}",
    )
