"""Rules of reading, settling and keeping: each function gives the patches that take one away."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from verdigris.core.model import Change, Key, RawItem
from verdigris.core.settling import Produced, Settled, settle
from verdigris.core.transform import Transform
from verdigris.errors import Throttled, Unreachable
from verdigris.phases import backfill, copying, settling, tail, verify
from verdigris.phases.claims import Claims
from verdigris.phases.tail import Tail
from verdigris.testing.simulation.ports import SimTable
from verdigris.testing.simulation.process import Process
from verdigris.testing.simulation.world import SOURCE

#: (where, attribute, what stands there instead)
Patch = tuple[object, str, object]


# ── reading and settling ─────────────────────────────────────────────────────────────────────────────────────────────


def weak_read() -> Sequence[Patch]:
    """The source as it was up to a second ago: what a read gives that is not strongly consistent."""
    strong = SimTable._read

    def weak(self: SimTable, key: Key, found: dict[Key, RawItem]) -> None:
        recent = [c for c in _history(self) if c.key == key and self._world.scheduler.now_s - c.at_s < 1.0]
        if self.name != SOURCE or not recent:
            strong(self, key, found)
        elif recent[0].old is not None:
            found[key] = recent[0].old

    return [(SimTable, "_read", weak)]


def _history(table: SimTable) -> list[Change]:
    stream = table._tables.stream(table._tables.enable_stream(SOURCE))
    return [change for log in stream._logs.values() for change in log.records]


def two_settles_of_one_key() -> Sequence[Patch]:
    """Each page is settled by an actor of its own; the beacons still wait for all of them."""
    plain, catch_up = Tail._settle, Tail.catch_up
    under_way: list[Any] = []

    def apart(self: Tail, changes: list[Change]) -> None:
        process: Process = self._bench.source._process  # type: ignore[attr-defined]
        under_way.append(process.world.scheduler.spawn("settle", lambda: plain(self, changes), process))

    def join(self: Tail) -> None:
        process: Process = self._bench.source._process  # type: ignore[attr-defined]
        while any(actor in process.actors for actor in under_way):
            process.world.scheduler.sleep(0.05)

    def caught_up(self: Tail, *arguments: Any, **named: Any) -> None:
        catch_up(self, *arguments, **named)
        join(self)

    return [(Tail, "_settle", apart), (Tail, "catch_up", caught_up)]


def settled_beside_the_backfill() -> Sequence[Patch]:
    show = backfill._Board.show

    def both(self: backfill._Board) -> None:
        show(self)
        tail.tail(self._bench).step()

    return [(backfill._Board, "show", both)]


def intermediate_keys_dropped() -> Sequence[Patch]:
    """Of several changes of an item in one page, the last one's keys only."""

    def last(changes: Iterator[tuple[Key, Sequence[Key]]]) -> dict[Key, set[Key]]:
        return {source: set(seen) for source, seen in changes}

    return [(tail, "coalesce", last)]


def old_image_ignored() -> Sequence[Patch]:
    return [(Change, "images", property(lambda self: (self.new,) if self.new else ()))]


def own_key_ignored() -> Sequence[Patch]:
    def owners(hints: Mapping[Key, set[Key]], produced: Produced, own: Any) -> dict[Key, set[Key]]:
        found: dict[Key, set[Key]] = {}
        for source, seen in hints.items():
            for destination in {*seen, *produced.get(source, {})}:
                found.setdefault(destination, set(own(destination))).add(source)
        return found

    return [(settling, "owners", owners)]


def owner_in_an_output_ignored() -> Sequence[Patch]:
    """Where the destination has another key, nobody looks at what lies there to see whose it is."""
    plain = Transform.owners
    return [(Transform, "owners", lambda self, key, item: plain(self, key, None if self.rekeyed else item))]


def deletes_not_written() -> Sequence[Patch]:
    def puts_only(*arguments: Any) -> Settled:
        return replace(settle(*arguments), deletes=())

    return [(settling, "settle", puts_only)]


# ── what is kept, and when ───────────────────────────────────────────────────────────────────────────────────────────


def position_before_write() -> Sequence[Patch]:
    """The tail's positions are durable before what they cover is written."""
    plain, advance = Tail._settle, Tail._advance
    waiting: list[list[Change]] = []

    def later(self: Tail, pages: Any) -> None:
        advance(self, pages)
        while waiting:
            plain(self, waiting.pop())

    return [(Tail, "_settle", lambda self, changes: waiting.append(changes)), (Tail, "_advance", later)]


def proven_when_beacons_are_back() -> Sequence[Patch]:
    """Proven is what came before the beacons came back, not what came before they were sent."""
    plain = Tail._look_for_beacons

    def look(self: Tail) -> None:
        if self._proving_s is not None:
            self._proving_s = self._bench.now()
        plain(self)

    return [(Tail, "_look_for_beacons", look)]


def page_kept_before_write() -> Sequence[Patch]:
    """A segment's position is durable before its page is written."""
    plain: Callable[..., None] = copying.copy_segment

    def eager(source: Any, destination: Any, *others: Any) -> None:
        save = others[-1]
        delayed = _Delayed(destination)

        def first(progress: Any) -> None:
            save(progress)
            delayed.flush()

        plain(source, delayed, *others[:-1], first)

    return [(backfill, "copy_segment", eager)]


class _Delayed:
    """A table whose writes are kept until `flush`."""

    def __init__(self, table: Any) -> None:
        self._table = table
        self._writes: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)

    def write(self, *arguments: Any) -> None:
        self._writes.append(arguments)

    def flush(self) -> None:
        while self._writes:
            self._table.write(*self._writes.pop(0))


def mark_after_the_backfill() -> Sequence[Patch]:
    """The stream is followed from when the replay begins, not from before the first scanned page."""
    plain = Tail.__init__

    def late(self: Tail, bench: Any, stream: str, since_s: float) -> None:
        plain(self, bench, stream, bench.now() + bench.settings.margin_s)

    return [(Tail, "__init__", late)]


def no_margin() -> Sequence[Patch]:
    """Records older than the mark, by the runner's clock, are left out."""
    plain = Tail.__init__

    def exact(self: Tail, bench: Any, stream: str, since_s: float) -> None:
        plain(self, bench, stream, since_s + bench.settings.margin_s)

    return [(Tail, "__init__", exact)]


def unprocessed_items_ignored() -> Sequence[Patch]:
    """A batch of which the service took a part counts as written."""
    plain = SimTable.write

    def careless(self: SimTable, puts: Sequence[RawItem], deletes: Sequence[Key] = ()) -> None:
        try:
            plain(self, puts, deletes)
        except (Throttled, Unreachable):
            return

    return [(SimTable, "write", careless)]


# ── keys that move, items that are read ──────────────────────────────────────────────────────────────────────────────


def owners_asked_once() -> Sequence[Patch]:
    """Verify looks again and again at a suspect, and asks only once who may produce it."""
    plain, first = verify._Looked.at, verify._Looked._owners
    known: dict[Key, set[Key]] = {}

    def at(self: Any, chunk: Any) -> None:
        known.clear()
        known.update(first(self, {suspect.key: suspect.owners for suspect in chunk}))
        plain(self, chunk)

    def again(self: Any, seen: Mapping[Key, Any]) -> dict[Key, set[Key]]:
        return {key: known[key] for key in seen if key in known}

    return [(verify._Looked, "at", at), (verify._Looked, "_owners", again)]


def claims_not_kept() -> Sequence[Patch]:
    return [(Claims, "_keep", lambda self, pairs: None)]


def readers_not_settled() -> Sequence[Patch]:
    return [(Claims, "readers", lambda self, keys: set())]
