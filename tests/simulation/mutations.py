"""Rules of the protocol, taken away one at a time. The simulation must find each one missing: the checker has teeth.

A mutation replaces attributes of the production core; nothing of the world or of the checker is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import orjson

from verdigris.core.fingerprint import Sums
from verdigris.core.model import Change, Key, RawItem, Shard
from verdigris.core.settling import Produced, Settled, settle
from verdigris.core.transform import Transform
from verdigris.errors import LeaseLost, Throttled, Unreachable
from verdigris.journal.base import Put, Row, flag_row
from verdigris.journal.journal import Journal
from verdigris.phases import backfill, copying, settling, switch, tail, verify
from verdigris.phases.claims import Claims
from verdigris.phases.late import LateWrites
from verdigris.phases.tail import Tail
from verdigris.stores.gate import Gate
from verdigris.testing.simulation import Allowed, simulate
from verdigris.testing.simulation.ports import SimPointer, SimTable
from verdigris.testing.simulation.process import Process
from verdigris.testing.simulation.report import Report
from verdigris.testing.simulation.world import SOURCE

#: (where, attribute, what stands there instead)
Patch = tuple[object, str, object]
CALM = Allowed(faults=0)


@dataclass(frozen=True)
class Mutation:
    """One rule without which something must go wrong; `allowed` makes what it guards against likely."""

    name: str
    patches: Callable[[], Sequence[Patch]]
    allowed: Allowed = CALM
    #: how many schedules may pass before one must be bad
    seeds: int = 3000

    @contextmanager
    def applied(self) -> Iterator[None]:
        with ExitStack() as stack:
            for where, name, instead in self.patches():
                stack.enter_context(patch.object(where, name, instead))
            yield

    def caught(self, seeds: int | None = None) -> Report | None:
        """The first bad schedule, or None."""
        with self.applied():
            for seed in range(seeds or self.seeds):
                report = simulate(seed, self.allowed)
                if not report.ok:
                    return report
        return None


# ── reading and settling ─────────────────────────────────────────────────────────────────────────────────────────


def weak_read() -> Sequence[Patch]:
    """The source as it was up to a second ago: what a read gives that is not strongly consistent."""
    strong = SimTable._read

    def weak(self: SimTable, key: Key, found: dict[Key, RawItem]) -> None:
        recent = [c for c in _history(self) if c.key == key and self._world.scheduler.now_s - c.at_s < 1.0]
        if self.name != SOURCE or not recent:
            strong(self, key, found)
        elif recent[0].old is not None:
            found[key] = orjson.dumps(recent[0].old)

    return [(SimTable, "_read", weak)]


def _history(table: SimTable) -> list[Change]:
    stream = table._tables.stream(table._tables.enable_stream(SOURCE))
    return [change for log in stream._logs.values() for change in log.records]


def two_settles_of_one_key() -> Sequence[Patch]:
    """Each page is settled by an actor of its own; a beacon still waits for all of them."""
    plain, catch_up, read_beacon = Tail._settle, Tail.catch_up, Tail.read_beacon
    under_way: list[Any] = []

    def apart(self: Tail, changes: list[Change]) -> None:
        process: Process = self._bench.source._process  # type: ignore[attr-defined]
        under_way.append(process.world.scheduler.spawn("settle", lambda: plain(self, changes), process))

    def join(self: Tail) -> None:
        process: Process = self._bench.source._process  # type: ignore[attr-defined]
        while any(actor in process.actors for actor in under_way):
            process.world.scheduler.sleep(0.05)

    def caught_up(self: Tail, *arguments: Any) -> str:
        value = catch_up(self, *arguments)
        join(self)
        return value

    def read(self: Tail, *arguments: Any) -> None:
        read_beacon(self, *arguments)
        join(self)

    return [(Tail, "_settle", apart), (Tail, "catch_up", caught_up), (Tail, "read_beacon", read)]


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
    plain = Transform.keys_of
    return [(Transform, "keys_of", lambda self, images: plain(self, list(images)[-1:]))]


def own_key_ignored() -> Sequence[Patch]:
    def owners(hints: Mapping[Key, set[Key]], produced: Produced) -> dict[Key, set[Key]]:
        found: dict[Key, set[Key]] = {}
        for source, seen in hints.items():
            for destination in {*seen, *produced.get(source, {})}:
                found.setdefault(destination, {destination}).add(source)
        return found

    return [(settling, "owners", owners)]


def deletes_not_written() -> Sequence[Patch]:
    def puts_only(*arguments: Any) -> Settled:
        return replace(settle(*arguments), deletes=())

    return [(settling, "settle", puts_only)]


# ── what is kept, and when ───────────────────────────────────────────────────────────────────────────────────────


def position_before_write() -> Sequence[Patch]:
    """The tail's positions are durable before what they cover is written."""
    plain, advance = Tail._settle, Tail._advance
    waiting: list[list[Change]] = []

    def later(self: Tail, pages: Any) -> None:
        advance(self, pages)
        while waiting:
            plain(self, waiting.pop())

    return [(Tail, "_settle", lambda self, changes: waiting.append(changes)), (Tail, "_advance", later)]


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


# ── the switch ───────────────────────────────────────────────────────────────────────────────────────────────────


def drain_without_beacon() -> Sequence[Patch]:
    def look_once(bench: Any, following: Tail, until_s: float) -> None:
        following.step()

    return [(switch, "_drain", look_once)]


def children_beside_parents() -> Sequence[Patch]:
    def all_of_them(shards: Sequence[Shard], positions: Any) -> list[str]:
        return [shard.id for shard in shards if shard.id not in positions.ended]

    return [(tail, "readable", all_of_them)]


def fence_not_awaited() -> Sequence[Patch]:
    return [(Gate, "quiet", lambda self, token, now: True)]


def seal_skipped() -> Sequence[Patch]:
    return [(SimPointer, "seal", lambda self, token: None)]


def flip_without_compare() -> Sequence[Patch]:
    def flip(self: Journal, deployment: int, seq: int, body: Any) -> Any:
        from verdigris.core.records import Record, to_json

        record = Record(deployment, seq, self._now(), self.token, body)
        row: Row = {"pk": "verdigris|journal", "sk": f"{deployment:06d}|{seq:06d}", "record": to_json(record)}
        self.rows.write(Put({"pk": "-", "sk": "-"}), Put(flag_row("current-color", body.after.value)), Put(row))
        return record

    return [(Journal, "flip", flip)]


# ── verify ───────────────────────────────────────────────────────────────────────────────────────────────────────


def planted() -> Sequence[Patch]:
    """No rule is removed: the backfill loses every second value, and verify has to find it."""
    plain = SimTable._put

    def stale(self: SimTable, item: RawItem, signed_s: float) -> None:
        fields = orjson.loads(item)
        if self._process.phase == "backfill" and self.name != SOURCE and int(fields["v"]["N"]) % 2:
            item = orjson.dumps({**fields, "v": {"N": "0"}})
        plain(self, item, signed_s)

    return [(SimTable, "_put", stale)]


def counts_trusted() -> Sequence[Patch]:
    """Verify compares counts: what is there under the right key counts as right."""
    plain = Sums.add
    return [*planted(), (Sums, "add", lambda self, key, print_: plain(self, key, 0))]


# ── late writes, leases ──────────────────────────────────────────────────────────────────────────────────────────


def late_writes_forgotten() -> Sequence[Patch]:
    """A write without an answer counts as one that never happened."""
    return [(LateWrites, "unanswered", lambda self, keys, signed_s: None)]


def takeover_without_bound() -> Sequence[Patch]:
    """Whoever takes over begins at once."""
    plain = LateWrites.__init__

    def at_once(self: LateWrites, bound_s: float, from_s: float = 0.0, beacon: Key | None = None) -> None:
        plain(self, bound_s, 0.0, beacon)

    return [(LateWrites, "__init__", at_once)]


def lease_not_checked_before_a_write() -> Sequence[Patch]:
    """A runner that slept past its lease goes on with what it was doing."""
    plain = SimTable.write

    def bold(self: SimTable, puts: Sequence[RawItem], deletes: Sequence[Key] = ()) -> None:
        with patch.object(self._process, "may_go", lambda: None):
            plain(self, puts, deletes)

    return [(SimTable, "write", bold)]


# ── keys that move, items that are read ──────────────────────────────────────────────────────────────────────────


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


# ── all of them ──────────────────────────────────────────────────────────────────────────────────────────────────

_DYING = ("crash", "crash-after", "cut", "lost")
_LATE = Allowed(kinds=("late", "crash-late"), phases=("backfill", "replay", "verify", "switch"))

MUTATIONS = [
    Mutation("reads are eventually consistent", weak_read),
    Mutation("two settles of one key at a time", two_settles_of_one_key),
    Mutation(
        "settling begins before the backfill has ended",
        settled_beside_the_backfill,
        Allowed(kinds=("slow",), phases=("backfill",)),
    ),
    Mutation(
        "intermediate keys of a page are dropped", intermediate_keys_dropped, Allowed(("split", "mixed"), faults=0)
    ),
    Mutation("old images are ignored", old_image_ignored, Allowed(("split",), faults=0)),
    Mutation("a hint's own key is ignored", own_key_ignored, Allowed(("same", "drop"), faults=0)),
    Mutation("deletes are not written", deletes_not_written),
    Mutation(
        "positions are kept before the write", position_before_write, Allowed(kinds=_DYING, phases=("replay", "verify"))
    ),
    Mutation("a page counts before it is written", page_kept_before_write, Allowed(kinds=_DYING, phases=("backfill",))),
    Mutation("the mark is set after the backfill", mark_after_the_backfill),
    Mutation("clocks are trusted", no_margin, Allowed(kinds=("jump",), phases=("start", "preflight", "provision"))),
    Mutation("unprocessed items are ignored", unprocessed_items_ignored, Allowed(kinds=("half", "throttle", "cut"))),
    Mutation("the drain awaits no beacon", drain_without_beacon),
    Mutation("children are read beside their parents", children_beside_parents, Allowed(shards=1, faults=0)),
    Mutation("the fence does not wait for writes under way", fence_not_awaited),
    Mutation("the seal is skipped", seal_skipped, Allowed(kinds=("pause", "slow"), phases=("switch",))),
    Mutation("the flip compares nothing", flip_without_compare, Allowed(kinds=("pause", "asleep"), phases=("switch",))),
    Mutation("verify trusts counts", counts_trusted),
    Mutation("unanswered writes are forgotten", late_writes_forgotten, _LATE),
    Mutation("a takeover waits for nothing", takeover_without_bound, _LATE),
    Mutation(
        "the lease is not checked before a write",
        lease_not_checked_before_a_write,
        Allowed(kinds=("pause", "asleep"), phases=("backfill", "replay", "verify", "switch")),
    ),
    Mutation("claims are not kept", claims_not_kept, Allowed(("moved",), faults=0)),
    Mutation("verify asks once for owners", owners_asked_once, Allowed(("moved", "moved-owner"), faults=0)),
    Mutation("readers are not settled", readers_not_settled, Allowed(("view",), faults=0)),
]

__all__ = ["MUTATIONS", "LeaseLost", "Mutation", "planted"]
