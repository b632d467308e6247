"""The ports as one process sees them: the memory stores, with every call a switch point and a place for a fault."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from msgspec.json import Decoder

from verdigris.core import flags
from verdigris.core.lineage import Positions
from verdigris.core.model import Color, Key, RawItem, Segment, Shard
from verdigris.errors import Unreachable
from verdigris.journal.base import Check, Delete, Put, Row
from verdigris.stores.base import LinkKind, Pointer, Replica, ScanPage, StreamPage, Table, TableFacts, TableShape
from verdigris.stores.memory import MemoryTables
from verdigris.testing.simulation.process import Process
from verdigris.testing.simulation.replication import Replicated
from verdigris.testing.simulation.service import bared

_POSITIONS = Decoder(Positions)


class SimTable:
    """The port `Table`. Reads of several keys, and writes of several items, are no moment in time."""

    def __init__(self, process: Process, name: str) -> None:
        self.name = name
        self._process = process
        self._world = process.world
        self._tables = process.world.tables
        contents = self._tables.contents(name)
        self.key = contents.key
        self.key_in = contents.key_in

    def scan(self, segment: Segment, start: str | None) -> ScanPage:
        self._process.scans()
        return self._process.call("scan", lambda: self._tables.page(self.name, segment, start))

    def read(self, keys: Sequence[Key]) -> dict[Key, RawItem]:
        found: dict[Key, RawItem] = {}
        self._process.send("read", [partial(self._read, key, found) for key in sorted(keys)])
        return found

    def write(self, puts: Sequence[RawItem], deletes: Sequence[Key] = ()) -> None:
        if not puts and not deletes:
            return
        signed_s = self._process.now_s()
        self._process.may_go()
        parts = [partial(self._put, item, signed_s) for item in sorted(puts)]
        parts += [partial(self._delete, key, signed_s) for key in sorted(deletes)]
        try:
            self._process.send(f"write {self.name}", parts)
        except Unreachable:
            self._process.unanswered([*map(self.key_in, puts), *deletes], signed_s)
            raise

    def _read(self, key: Key, found: dict[Key, RawItem]) -> None:
        found.update(self._tables.get(self.name, [key]))

    def _put(self, item: RawItem, signed_s: float) -> None:
        self._world.admit(self._process, self.name, self.key_in(item), item, signed_s)
        self._tables.put(self.name, item)

    def _delete(self, key: Key, signed_s: float) -> None:
        self._world.admit(self._process, self.name, key, None, signed_s)
        self._tables.remove(self.name, key)


class SimReplica(SimTable):
    """The port `Table`, over what has arrived in the other region. Pauses say nothing of its pages."""

    def __init__(self, process: Process, name: str, tables: Replicated) -> None:
        super().__init__(process, name)
        self._here, self._there = tables, tables.there

    def scan(self, segment: Segment, start: str | None) -> ScanPage:
        return self._process.call("scan", lambda: self._arrived().page(self.name, segment, start))

    def write(self, puts: Sequence[RawItem], deletes: Sequence[Key] = ()) -> None:
        raise AssertionError("nobody writes a replica")

    def _read(self, key: Key, found: dict[Key, RawItem]) -> None:
        found.update(self._arrived().get(self.name, [key]))

    def _arrived(self) -> MemoryTables:
        self._here.arrive()
        return self._there


class SimReplicas:
    """The port `Replicas`."""

    def __init__(self, process: Process, tables: Replicated) -> None:
        self._process = process
        self._tables = tables

    def states(self, name: str) -> Sequence[Replica]:
        return self._process.call("replicas.states", lambda: self._tables.replicas.states(name))

    def add(self, name: str, region: str) -> None:
        self._process.change("replicas.add", lambda: self._tables.replicate(name, region))

    def table(self, name: str, region: str) -> Table:
        return SimReplica(self._process, name, self._tables)


class SimAdmin:
    """The port `TableAdmin`."""

    def __init__(self, process: Process) -> None:
        self._call = process.call
        self._change = process.change
        self._tables = process.world.tables

    def describe(self, name: str) -> TableFacts | None:
        return self._call("describe", lambda: self._tables.describe(name))

    def create(self, name: str, shape: TableShape) -> None:
        self._change("create", lambda: self._tables.create(name, shape))

    def delete(self, name: str) -> None:
        self._change("delete", lambda: self._tables.delete(name))

    def is_empty(self, name: str) -> bool:
        return self._call("is-empty", lambda: self._tables.is_empty(name))

    def enable_stream(self, name: str) -> str:
        return self._change("enable-stream", lambda: self._tables.enable_stream(name))

    def enable_ttl(self, name: str, attribute: str) -> None:
        self._change("enable-ttl", lambda: self._tables.enable_ttl(name, attribute))


class SimStream:
    """The port `ChangeStream`: at least once, in pages that may be short, empty, or begin too early."""

    def __init__(self, process: Process, arn: str) -> None:
        self._call = process.call
        self._world = process.world
        self._stream = process.world.tables.stream(arn)

    def shards(self) -> Sequence[Shard]:
        return self._call("stream.shards", self._stream.shards)

    def read(self, shard: str, after: str | None) -> StreamPage:
        return self._call("stream.read", lambda: self._read(shard, after))

    def _read(self, shard: str, after: str | None) -> StreamPage:
        self._world.stream_reads += 1
        page = self._stream.read(shard, after)
        what = self._world.reads.get(self._world.stream_reads)
        if what is None:
            return page
        changes = list(page.changes)
        if what == "twice":
            earlier = [c for c in self._stream.read(shard, None).changes if after is not None and c.sequence <= after]
            again = self._world.stream_reads % (len(earlier) + 1)
            return StreamPage([*earlier[again : again + 2], *changes], page.last, page.ended)
        if what == "bare":
            bare = [bared(change) for change in changes]
            return StreamPage(bare, page.last, page.ended)
        kept = [] if what == "empty" else changes[: len(changes) // 2]
        return StreamPage(
            kept, kept[-1].sequence if kept else after, ended=page.ended and len(kept) == len(changes) > 0
        )


class SimLinks:
    """The port `Links`: each pair is a row of its own."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._links = process.world.links

    def add(self, links: Iterable[tuple[LinkKind, Key, Key]]) -> None:
        self._process.send("links.add", [partial(self._links.add, [link]) for link in sorted(set(links))])

    def of(self, kind: LinkKind, keys: Iterable[Key]) -> dict[Key, set[Key]]:
        wanted = sorted(set(keys))
        return self._process.call("links.of", lambda: self._links.of(kind, wanted)) if wanted else {}

    def drop(self) -> None:
        self._process.change("links.drop", self._links.drop)

    def there(self) -> bool:
        return self._process.call("links.there", self._links.there)


class SimRows:
    """The port `Rows`: the deploy table. A transaction takes effect whole or not at all."""

    def __init__(self, process: Process) -> None:
        self.name = process.world.rows.name
        self._call = process.call
        self._world = process.world
        self._rows = process.world.rows

    def exists(self) -> bool:
        return self._call("rows.get", self._rows.exists)

    def create(self) -> None:
        self._call("rows.create", self._rows.create)

    def get(self, pk: str, sk: str) -> Row | None:
        return self._call("rows.get", lambda: self._rows.get(pk, sk))

    def query(self, pk: str, prefix: str = "") -> list[Row]:
        return self._call("rows.query", lambda: self._rows.query(pk, prefix))

    def scan(self, prefix: str) -> list[Row]:
        return self._call("rows.scan", lambda: self._rows.scan(prefix))

    def last(self, pk: str) -> Row | None:
        return self._call("rows.last", lambda: self._rows.last(pk))

    def write(self, *operations: Put | Delete | Check) -> None:
        self._call("rows.write", lambda: self._write(operations))

    def _write(self, operations: Sequence[Put | Delete | Check]) -> None:
        self._rows.write(*operations)
        first = operations[1] if len(operations) > 1 else None
        if not isinstance(first, Put):
            return
        if first.row["pk"] == flags.CURRENT_COLOR:
            self._world.flipped(Color(str(first.row["current"])))
        elif first.row["sk"] == "tail" and isinstance(saved := first.row["value"], bytes):
            self._world.proven(_POSITIONS.decode(saved).settled_s)


class SimPointer:
    """The ports `LivePointer` and `Fence`, over the world's gate."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._world = process.world

    def read(self) -> Pointer:
        world = self._world
        return self._process.call("pointer.read", lambda: world.gate.pointer(world.scheduler.now_s))

    def demand(self, color: Color) -> None:
        """Both colors are there."""

    def register(self, color: Color, address: str) -> None:
        self._change("register", lambda now: self._world.gate.register(color, address))

    def fence(self, token: str, deadline_s: float) -> None:
        world = self._world
        self._change("fence", lambda now: world.gate.fence(token, now, deadline_s))
        while not world.gate.quiet(token, world.scheduler.now_s):
            world.wait_for_the_gate()

    def seal(self, token: str) -> None:
        self._change("seal", lambda now: self._world.gate.seal(token, now))

    def set(self, expected: Color | None, new: Color, token: str, *, back: bool = False) -> None:
        self._change("set", lambda now: self._world.gate.set(expected, new, token, now))

    def release(self, token: str) -> None:
        self._change("release", lambda now: self._world.gate.release(token))

    def _change(self, what: str, effect: Callable[[float], None]) -> None:
        self._process.call(f"pointer.{what}", lambda: effect(self._world.scheduler.now_s))
        self._world.gate_changed()
