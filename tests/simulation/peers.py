"""The protocols of others, as small models in the same world and under the same checker. Each has a hole.

All of them get more than they have in reality: a stream whose records come in order, a fence, and a drain that is
perfect. What is left is how each merges a copy with live changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from verdigris.core.model import Change, Color, Key, RawItem, Segment
from verdigris.core.transform import Transform
from verdigris.stores.table_shape import key_schema
from verdigris.testing.simulation.migrations import MIGRATIONS
from verdigris.testing.simulation.ports import SimPointer, SimStream, SimTable
from verdigris.testing.simulation.process import Process
from verdigris.testing.simulation.report import Program
from verdigris.testing.simulation.world import DESTINATION, RESERVED, SHAPE, SOURCE, World


class Peer:
    """One deployment of a peer: a copy, and a consumer for each shard of the stream. Subclasses merge the two."""

    #: whether the consumers begin only when the copy is done
    copy_first = False

    def __init__(self, world: World) -> None:
        self.world = world
        world.reads.clear()  # each record once, with its images
        self.process: Process = world.process("peer", "host")
        world.tables.create(DESTINATION, SHAPE)
        self.source = SimTable(self.process, SOURCE)
        self.stream = SimStream(self.process, world.tables.enable_stream(SOURCE))
        schema = key_schema(SHAPE.create)
        self.transform = Transform(MIGRATIONS[world.schedule.shape.migration], schema, reserved=RESERVED)
        self.log = world.tables.stream(world.tables.enable_stream(SOURCE))
        self.positions: dict[str, str | None] = {shard.id: self._latest(shard.id) for shard in self.log.shards()}
        self.ended: set[str] = set()
        self.copied = False

    # ── how a copy and a change meet ─────────────────────────────────────────────────────────────────────────────

    def put_copy(self, key: Key, item: RawItem) -> None:
        self.now(lambda: self.world.tables.put(DESTINATION, item))

    def apply(self, change: Change, old: dict[Key, RawItem], new: dict[Key, RawItem]) -> None:
        """`old` and `new` are what the images become."""
        for key in old.keys() - new.keys():
            self.now(partial(self.world.tables.remove, DESTINATION, key))
        for item in new.values():
            self.now(partial(self.world.tables.put, DESTINATION, item))

    # ── the deployment ───────────────────────────────────────────────────────────────────────────────────────────

    def run(self) -> None:
        """Copy beside the consumers, then fence, drain, flip."""
        world = self.world
        self.process.works_on("backfill")
        if not self.copy_first:
            self._consume()
        self._copy()
        self.copied = True
        self.process.works_on("replay")
        if self.copy_first:
            self._consume()
        self.process.works_on("verify")
        world.scheduler.sleep(1.0)
        self.process.works_on("switch")
        pointer = SimPointer(self.process)
        pointer.fence("peer", 10_000.0)
        while not self._drained():
            world.scheduler.sleep(0.1)
        world.flipped(Color.GREEN)
        pointer.set(Color.BLUE, Color.GREEN, "peer")

    def now(self, effect: Callable[[], object]) -> None:
        """One atomic call to the destination."""
        self.process.call("write", effect)

    def outputs(self, image: RawItem | None) -> dict[Key, RawItem]:
        if image is None:
            return {}
        return {output.key: output.raw for output in self.transform.apply(image)}

    def _copy(self) -> None:
        start: str | None = None
        while True:
            page = self.source.scan(Segment(0, 1), start)
            for item in page.items:
                for output in self.transform.apply(item):
                    self.put_copy(output.key, output.raw)
            start = page.next
            if start is None:
                return

    def _consume(self) -> None:
        self.world.scheduler.spawn("consumer", self._follow, self.process)

    def _follow(self) -> None:
        """Starts a consumer for each shard, children after their parents."""
        begun: set[str] = set()
        while not self.world.flips:
            for shard in self.stream.shards():
                if shard.id not in begun and (shard.parent is None or shard.parent in self.ended):
                    begun.add(shard.id)
                    self.world.scheduler.spawn(shard.id, partial(self._read, shard.id), self.process)
            self.world.scheduler.sleep(0.1)

    def _read(self, shard: str) -> None:
        while not self.world.flips:
            page = self.stream.read(shard, self.positions.get(shard))
            for change in page.changes:
                self.apply(change, self.outputs(change.old), self.outputs(change.new))
            self.positions[shard] = page.last
            if page.ended:
                self.ended.add(shard)
                return
            if not page.changes:
                self.world.scheduler.sleep(0.05)

    def _drained(self) -> bool:
        return all(
            shard.id in self.ended or self.positions.get(shard.id) == self._latest(shard.id)
            for shard in self.log.shards()
            if shard.id in self.ended or not shard.closed or self._latest(shard.id)
        )

    def _latest(self, shard: str) -> str | None:
        after = None
        while changes := self.log.read(shard, after).changes:
            after = changes[-1].sequence
        return after


class PutIfAbsent(Peer):
    """The copy puts only where nothing is; a live consumer puts and deletes beside it."""

    def put_copy(self, key: Key, item: RawItem) -> None:
        def absent() -> None:
            if not self.world.tables.get(DESTINATION, [key]):
                self.world.tables.put(DESTINATION, item)

        self.now(absent)


class Overwrite(Peer):
    """The copy overwrites whatever is there, beside a live consumer."""


@dataclass
class _Stamps:
    """When each destination key was written last, tombstones included: seconds, as streams give them."""

    at: dict[Key, int] = field(default_factory=dict)


class Timestamps(Peer):
    """Every write is conditional on a newer timestamp, rounded down to the second; a delete leaves a tombstone."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.stamps = _Stamps()

    def put_copy(self, key: Key, item: RawItem) -> None:
        self._if_newer(key, item, 0)

    def apply(self, change: Change, old: dict[Key, RawItem], new: dict[Key, RawItem]) -> None:
        for key in {**old, **new}:
            self._if_newer(key, new.get(key), int(change.at_s))

    def _if_newer(self, key: Key, item: RawItem | None, stamp: int) -> None:
        def write() -> None:
            if self.stamps.at.get(key, -1) >= stamp:
                return
            self.stamps.at[key] = stamp
            if item is None:
                self.world.tables.remove(DESTINATION, key)
            else:
                self.world.tables.put(DESTINATION, item)

        self.now(write)


class OrderedReplay(Peer):
    """First the copy, then every record since before it, in order in each shard."""

    copy_first = True


class CarefulReplay(OrderedReplay):
    """The same; deletes only what is still what the old image became."""

    def apply(self, change: Change, old: dict[Key, RawItem], new: dict[Key, RawItem]) -> None:
        for key in old.keys() - new.keys():
            self._delete_if(key, old[key])
        for item in new.values():
            self.now(partial(self.world.tables.put, DESTINATION, item))

    def _delete_if(self, key: Key, item: RawItem) -> None:
        def delete() -> None:
            if self.world.tables.get(DESTINATION, [key]).get(key) == item:
                self.world.tables.remove(DESTINATION, key)

        self.now(delete)


def program(peer: type[Peer]) -> Program:
    """The peer as the simulation runs it."""

    def start(world: World) -> None:
        made = peer(world)
        world.scheduler.spawn("peer", made.run, made.process)

    return start
