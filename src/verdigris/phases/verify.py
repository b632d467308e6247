"""verify: the whole destination against the migrations applied to the source now; every difference repaired or named.

Live traffic makes the sums of the two scans differ; it causes no false alarm, since each suspect key is looked at
again, strongly consistent, after the tail has caught up. A repair is a settle, so it never undoes a newer write.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence, Set

from verdigris.core.batching import runs
from verdigris.core.fingerprint import Sums, fingerprint
from verdigris.core.horizon import marks
from verdigris.core.model import Key, Phase, RawItem, Segment
from verdigris.core.raw_key import key_reader
from verdigris.core.records import Evidence
from verdigris.core.transform import Output
from verdigris.core.ttl import Expired, alike
from verdigris.errors import ItemRefused, PhaseFailed, Unverified
from verdigris.phases import consumers, replica_mark, replicas
from verdigris.phases.base import Bench, Progress
from verdigris.phases.comparing import Checkpoints, Entry, Side, Suspect, durable, summed, suspects
from verdigris.phases.scanning import pages
from verdigris.phases.tail import Tail, tail
from verdigris.stores.base import Table

phase = Phase.VERIFY

#: Looks at a suspect key before it counts as a difference; the tail catches up before each.
_LOOKS = 4
_CHUNK = 500
_NAMED = 20


def ready(bench: Bench) -> None:
    if not bench.snapshot.done(Phase.REPLAY):
        raise PhaseFailed("the replay is not done", next_command=f"verdigris deploy {bench.plan.env}")


def run(bench: Bench) -> Evidence:
    consumers.attend(bench)
    return prove(bench, "verify", repair=True)


def check(bench: Bench) -> None:
    pass


def undo(bench: Bench) -> None:
    pass


def prove(bench: Bench, name: str, *, repair: bool) -> Evidence:
    """The table at home, and then what of it is in other regions. `name` is the checkpoints'. Raises Unverified."""
    replica_mark.void(bench)
    return compare(bench, name, repair=repair) | replicas.prove(bench)


def compare(bench: Bench, name: str, *, repair: bool) -> Evidence:
    """One pass over both sides. `name` is its checkpoints'. Raises Unverified if differences remain.

    A key that keeps its last value because something is in quarantine is no difference.
    """
    following = tail(bench)
    following.catch_up()
    transform = bench.transform()
    key_there = key_reader(bench.destination.key)
    reserved: Container[Key] = () if transform.rekeyed else bench.settings.reserved  # beacons are in the source only
    expired = bench.expired()
    counted = _Counted(bench)
    refused, kept = _Refused(bench, following), _Kept(bench)

    # Where hints were lost no settle has claimed what moved meanwhile; a later collision must be known as one.
    claimed = len(marks(bench.snapshot)) > 1

    def expected(items: Iterable[RawItem]) -> Iterator[Entry]:
        now_s, moved = bench.now(), list[Output]()
        for item in items:
            try:
                outputs = transform.apply(item)
            except ItemRefused:
                refused.add(transform.key_of(item))
                continue
            moved += outputs if claimed else ()
            owner = transform.key_of(item) if outputs else ()
            for output in outputs:
                if not expired(output.raw, now_s):
                    yield Entry(output.key, fingerprint(output.raw), owner)
        following.settler.claims.of_outputs(moved)

    def actual(items: Iterable[RawItem]) -> Iterator[Entry]:
        now_s = bench.now()
        for item in items:
            key = key_there(item)
            if key not in reserved and not expired(item, now_s):
                yield Entry(key, fingerprint(item), key)

    parts = bench.settings.segments
    sides = (
        Side(f"{name}|source", parts, counted.reader(bench.source, expected, parts)),
        Side(f"{name}|destination", parts, counted.reader(bench.destination, actual, parts)),
    )

    def settle() -> None:
        read = kept.read()
        refused.settle()
        kept.keep(read)

    between = counted.between(following, settle)
    sums = summed(bench.engine, sides, bench.settings.verify_buckets, Checkpoints(kept.load, kept.save), between)
    settle()
    looked = _Looked(bench, following, repair, expired)
    opened = 0
    counted.again()
    for found in suspects(bench.engine, sides, sums, between):
        opened += len(found)
        for chunk in runs(found, _CHUNK):
            looked.at(chunk)
    following.wait_for_late_writes()
    if looked.remaining:
        raise _unverified(bench, looked)
    bench.journal.forget(bench.deployment, bench.journal.checkpoints(bench.deployment, f"{name}|"))
    return {
        "source_outputs": sums[0].count,
        "destination_items": sums[1].count,
        "suspects": opened,
        "in_motion": looked.in_motion,
        "quarantined": len(bench.quarantine.waiting),
        **({"discarded": gone} if (gone := len(bench.quarantine.discarded)) else {}),
        "repaired": len(looked.repaired),
        "repaired_keys": ["/".join(key) for key in looked.repaired[:_NAMED]],
        "differences": 0,
    }


class _Refused:
    """Source items that the scan saw refused and that are not in quarantine yet: the settle of each says why."""

    def __init__(self, bench: Bench, following: Tail) -> None:
        self._bench = bench
        self._following = following
        self._found: set[Key] = set()

    def add(self, source: Key) -> None:
        """From any thread."""
        if not self._bench.quarantine.knows(source):
            self._found.add(source)

    def settle(self) -> None:
        """From the thread that settles."""
        while self._found:
            some = {self._found.pop() for _ in range(min(len(self._found), _CHUNK))}
            self._following.settler.hints({source: set() for source in some})


class _Kept:
    """The sums of parts that were read. A later run does not read a part again whose sums are durable: so they are
    kept when everything that was refused in it is in quarantine, and no sooner."""

    def __init__(self, bench: Bench) -> None:
        self._durable = durable(bench)
        self._sums: dict[str, Sums] = {}

    def load(self, unit: str) -> Sums | None:
        return self._sums[unit] if unit in self._sums else self._durable.load(unit)

    def save(self, unit: str, sums: Sums) -> None:
        """From any thread, when the part is read."""
        self._sums[unit] = sums

    def read(self) -> list[str]:
        """The parts that are read and not durable."""
        return list(self._sums)

    def keep(self, units: Iterable[str]) -> None:
        """From the thread that settles."""
        for unit in units:
            self._durable.save(unit, self._sums[unit])
            del self._sums[unit]


class _Looked:
    """Suspect keys, looked at again until both sides agree, or keep differing."""

    def __init__(self, bench: Bench, following: Tail, repair: bool, expired: Expired) -> None:
        self._bench = bench
        self._following = following
        self._repair = repair
        self._expired = expired
        self.in_motion = 0
        self.repaired: list[Key] = []
        self.remaining: list[Key] = []

    def at(self, chunk: Sequence[Suspect]) -> None:
        seen = {suspect.key: suspect.owners for suspect in chunk}
        wanted = self._still_differing(seen)
        quarantine = self._bench.quarantine
        self.in_motion += sum(key not in wanted and not quarantine.concerns(key) for key, _ in chunk)
        repaired: list[Key] = []
        for key in wanted:
            if key in self._following.touched:
                self.in_motion += 1  # changed between every two looks; the tail has it
            elif self._repair:
                repaired.append(key)
            else:
                self.remaining.append(key)
        if self._repair and wanted:
            self._following.settler.keys(wanted)
            self.repaired += [key for key in repaired if not quarantine.holds(key)]
            left = self._still_differing({key: seen[key] for key in wanted})
            self.remaining += [key for key in left if key not in self._following.touched]

    def _still_differing(self, seen: Mapping[Key, Set[Key]]) -> dict[Key, set[Key]]:
        """The keys that differed at each of several looks, with their owners. One that is in motion has been `touched`
        by the tail between two of them; at a single look its change may be too young for the tail."""
        wanted = dict[Key, set[Key]]()
        self._following.touched.clear()
        for _ in range(_LOOKS):
            self._following.catch_up()
            known = self._owners(seen)
            wanted = {key: known[key] for key in self._differing(known)}
            seen = {key: seen[key] for key in wanted}
            if not wanted:
                break
        return wanted

    def _owners(self, seen: Mapping[Key, Set[Key]]) -> dict[Key, set[Key]]:
        """Who was seen to produce these keys, and whomever the tail has met by now: between two looks a key may pass
        from one item to another, and a settle that does not know the new owner would delete what is the new one's."""
        known = self._following.settler.owners_of(seen)
        return {key: known[key] | owners for key, owners in seen.items() if key in known}

    def _differing(self, wanted: dict[Key, set[Key]]) -> list[Key]:
        expected = self._following.settler.expected(wanted)
        if stuck := {key: wanted[key] for key in (*expected.collisions, *expected.kept)}:
            self._following.settler.keys(stuck)  # it settles them after all, or puts them into quarantine
        there = self._bench.destination.read(list(wanted))
        held = self._bench.quarantine.holds
        return [key for key in wanted if not held(key) and not self._equal(expected.puts.get(key), there.get(key))]

    def _equal(self, wanted: RawItem | None, there: RawItem | None) -> bool:
        return alike(wanted, there, self._expired, self._bench.now())


class _Counted:
    """Reads tables for the comparison, and reports how far it is."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._read = 0
        self._reason = ""

    def again(self) -> None:
        """From here on only what differed is looked for: both sides are read once more."""
        self._read = 0
        self._reason = "opening the buckets that differ"

    def reader(
        self, table: Table, entries: Callable[[Iterable[RawItem]], Iterator[Entry]], total: int
    ) -> Callable[[int], Iterator[Entry]]:
        def read(part: int) -> Iterator[Entry]:
            for page in pages(table, Segment(part, total)):
                yield from entries(page.items)
                self._read += len(page.items)
                del page  # before the next one is scanned
                self._bench.breathe()

        return read

    def between(self, following: Tail, settle: Callable[[], None]) -> Callable[[], None]:
        backfill = self._bench.snapshot.phases[Phase.BACKFILL].evidence

        def show() -> None:
            following.step()
            settle()
            self._bench.report(
                Progress(
                    self._bench.snapshot.phase or phase,
                    self._read,
                    backfill["read"] + backfill["written"],
                    reason="; ".join(filter(None, (self._reason, following.hurry))),
                    lag_s=following.lag_s,
                    lag_records=following.lag_records,
                )
            )

        return show


def _unverified(bench: Bench, looked: _Looked) -> Unverified:
    names = ", ".join("/".join(key) for key in looked.remaining[:_NAMED])
    return Unverified(
        f"{len(looked.remaining)} items of {bench.plan.destination_table} are not what the source says: {names}",
        where=bench.plan.destination_table,
        state="the old color serves on, untouched",
        next_command=f"verdigris verify {bench.plan.env} --repair",
    )
