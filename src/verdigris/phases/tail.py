"""The tail: reads the source's change stream and settles every key that it names.

One thread calls `step`, between other work; so one settle of a key at a time, and no locks. Positions are saved after
what they cover was written, never before.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import msgspec

from verdigris.core.horizon import positions, tail_unit, warning
from verdigris.core.lineage import Positions, forget, readable
from verdigris.core.model import Change, Key, Phase, RawItem
from verdigris.core.settling import coalesce
from verdigris.core.transform import Transform
from verdigris.errors import HintsLost, NotFound, PhaseFailed
from verdigris.phases import replica_mark
from verdigris.phases.base import Bench
from verdigris.phases.beacons import Beacons
from verdigris.phases.documents import documents_of
from verdigris.phases.marks import demand_time, mark
from verdigris.phases.settling import Settler
from verdigris.phases.waiting import wait_a_moment, wait_for_others
from verdigris.stores.base import StreamPage

#: The list of shards is read again at most this often (DescribeStream: 10 calls a second for all).
_SHARDS_S = 10.0
#: A step with fewer records has most likely read all there was.
_SHORT = 100
#: How long a beacon may stay away while no other record comes either (seconds). Streams answer within seconds.
_SILENCE_S = 120.0
#: How long the tail goes on without a proof that it has settled everything (seconds).
_PROOF_S = 3600.0


class Tail:
    """Follows the stream of one source for one deployment, from its mark on. Use `tail` to get the runner's one."""

    def __init__(self, bench: Bench, stream: str, since_s: float) -> None:
        self._bench = bench
        self._stream = bench.stores.stream(stream)
        self._transform: Transform = bench.transform()
        self._since_s = since_s
        self._unit = tail_unit(bench.snapshot)
        saved = replica_mark.since(bench) or bench.journal.checkpoint(bench.deployment, self._unit)
        self._positions = positions(bench.snapshot, saved) if saved else Positions({}, settled_s=since_s)
        self._list_shards()
        self._caught_up_s = since_s
        self.settler = Settler(
            bench.source,
            bench.destination,
            self._transform,
            bench.stores.links,
            bench.late,
            bench.quarantine,
            carries=bench.plan.moves_data,
        )
        if bench.plan.replicas:
            self.settler.written = set()
        #: changes that were settled; beacons are not among them
        self.changes = 0
        self.lag_records = 0
        self._unsaved = False
        self._beacons = Beacons(bench)
        #: when the beacons were begun that are on their way; None if none are
        self._proving_s: float | None = None
        #: whether a change of the source is refused instead of settled: while the way forward again is tried
        self.frozen = False
        #: destination keys that changed since somebody last emptied this set
        self.touched: set[Key] = set()

    @property
    def lag_s(self) -> float:
        """About how old the oldest change may be that is not settled yet (seconds). For people: a beacon proves it."""
        return max(0.0, self._bench.now() - self._caught_up_s)

    @property
    def hurry(self) -> str:
        """Why it must not wait: the stream drops what it has not settled. "" where there is time enough."""
        return warning(self._positions.settled_s + self._bench.settings.stream_keeps_s - self._bench.now())

    def step(self) -> int:
        """Reads one page of every readable shard and settles it; returns how many records there were."""
        began_s = self._bench.now()
        demand_time(self._bench, self._positions.settled_s)
        if began_s - self._listed_s >= _SHARDS_S:
            self._list_shards()
        self._send_beacons()
        pages = [(shard, self._read(shard)) for shard in self._readable()]
        changes = [(shard, change) for shard, page in pages for change in page.changes]
        fresh = [change for shard, change in changes if self._is_fresh(shard, change)]
        if fresh:
            self._settle(fresh)
        self._settle_late()
        self._advance(pages)
        self.changes += len(fresh)
        self.lag_records = len(changes)
        if len(changes) < _SHORT:
            self._caught_up_s = began_s
        return len(changes)

    def catch_up(self, show: Callable[[], None] = lambda: None, until_s: float = inf) -> None:
        """Settles every change made until now. Raises PhaseFailed, at the latest at `until_s`.

        Empty pages would prove nothing, and under steady writes there may never be one: so beacons say when.
        """
        self._begin_beacons()
        silent_since_s = self._bench.now()
        while self._proving_s is not None:
            self._bench.breathe()
            if self._bench.now() >= until_s:
                raise _no_beacon(self._bench)
            some = self.step()
            show()
            if some:
                silent_since_s = self._bench.now()  # from here: `show` may have waited for the budget
            elif self._bench.now() - silent_since_s >= _SILENCE_S:
                raise _no_beacon(self._bench)

    def wait_for_late_writes(self) -> None:
        """Returns when no key of this runner can be hit by a late write any more; goes on settling meanwhile."""
        while self._bench.late.any():
            wait_a_moment(self._bench, "a write was not answered")
            self.step()

    def _read(self, shard: str) -> StreamPage:
        try:
            return self._stream.read(shard, self._positions.after.get(shard))
        except NotFound as error:
            raise HintsLost(
                "a shard of the source's stream has expired before it was read to its end",
                where=shard,
                state=f"{self._bench.snapshot.live} serves on, untouched; what changed while nobody read is not known",
            ) from error

    def _readable(self) -> list[str]:
        return readable(self._shards, self._positions)

    def _is_fresh(self, shard: str, change: Change) -> bool:
        if change.key in self._bench.settings.reserved:
            self._beacons.came(change, shard)
            return False
        return change.at_s >= self._since_s - self._bench.settings.margin_s

    def _settle(self, changes: list[Change]) -> None:
        if self.frozen:
            raise PhaseFailed(
                f"{len(changes)} changes were made in the old color after the rollback; the new color has not seen "
                "them, and going forward would lose either them or what was written to the new color before",
                where=self._bench.plan.source_table,
                state=f"{self._bench.snapshot.live} serves on; both tables are kept as they are",
                next_command=f"verdigris abort {self._bench.plan.env}, then deploy again",
            )
        images = {raw: self._transform.image(raw) for raw in _images(changes)}
        hints = coalesce((change.key, (key for raw in change.images for key in images[raw].keys)) for change in changes)
        # What the images became, or would have become, in the destination.
        seen = [output.raw for image in images.values() for output in image.outputs] if self.settler.documents else ()
        settled = self.settler.hints(hints, seen)
        self.touched |= settled.keys

    def _settle_late(self) -> None:
        due = self._bench.late.take_due(self._bench.now())
        if due:
            known = self.settler.owners_of(due)
            self.settler.keys({key: owners | due[key] for key, owners in known.items()})

    def _advance(self, pages: list[tuple[str, StreamPage]]) -> None:
        before = self._positions
        for shard, page in pages:
            self._positions = self._positions.advanced(shard, page.last, page.ended)
        if any(page.ended for _, page in pages):
            self._list_shards()
        self._look_for_beacons()
        self._unsaved |= self._positions != before
        # What a late write may still undo is not settled for good: another runner must come upon its hint again.
        if self._unsaved and not self._bench.late.any():
            self._bench.journal.save(self._bench.deployment, self._unit, msgspec.json.encode(self._positions))
            self._unsaved = False

    def _begin_beacons(self) -> None:
        self._beacons.begin()
        self._proving_s = self._bench.now()

    def _send_beacons(self) -> None:
        """Beside other work, too: they tell how long the stream still keeps what is not settled."""
        if self._proving_s is None and self._bench.now() - self._positions.settled_s >= _PROOF_S:
            self._begin_beacons()
        if self._proving_s is not None:
            self._beacons.send(self._shards, self._positions)

    def _look_for_beacons(self) -> None:
        if self._proving_s is not None and self._shards and not self._beacons.unproven(self._shards, self._positions):
            self._beacons.keep()
            self._positions = msgspec.structs.replace(self._positions, settled_s=self._proving_s)
            self._proving_s = None

    def _list_shards(self) -> None:
        self._shards = list(self._stream.shards())
        self._listed_s = self._bench.now()
        self._positions = forget(self._positions, self._shards)


def _images(changes: list[Change]) -> dict[RawItem, None]:
    """The images of a page, each once: the new one of a change is the old one of the next change of its item."""
    return dict.fromkeys(image for change in changes for image in change.images)


def _no_beacon(bench: Bench) -> PhaseFailed:
    return PhaseFailed(
        "the beacons did not come back through the source's stream in time",
        where=bench.plan.source_table,
        state=f"{bench.snapshot.live} serves on, untouched",
        next_command=f"verdigris deploy {bench.plan.env}",
    )


def begun(bench: Bench) -> bool:
    """Whether this deployment's tail has read anything yet, in this runner or in one before."""
    return bench.tail is not None or bench.journal.checkpoint(bench.deployment, tail_unit(bench.snapshot)) is not None


def tail(bench: Bench) -> Tail:
    """The tail of this runner; begun at the mark, or taken up where a former one saved its positions."""
    if bench.tail is None:
        found = mark(bench)
        wait_for_others(bench, "a write of the backfill, or of the runner before")  # no settle before
        bench.late.forget()
        bench.tail = Tail(bench, str(found["stream"]), float(found["at_s"]))
        if bench.snapshot.began(Phase.REINDEX) and bench.index:
            bench.tail.settler.documents = documents_of(bench, bench.index)
    return bench.tail
