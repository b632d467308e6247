"""The quarantine of one deployment: what could not be carried along is kept, and nothing else waits for it.

An entry is durable before the position, page or phase that it belongs to counts as done; it is removed after the
settle that made it superfluous. So a crash leaves at most an entry too many, and the hint that removes it comes again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from traceback import TracebackException

import msgspec

from verdigris.core.model import Key, RawItem
from verdigris.core.quarantine import Discarded, Entry, Held, Payload, cut, how_many, merged, names, print_of
from verdigris.core.settling import Owners
from verdigris.errors import Invalid, ItemRefused, PhaseFailed
from verdigris.journal.quarantine import QuarantineRows

_PACKAGE = str(Path(__file__).parents[1])
_TRACEBACK = 64_000
#: Of how many producers of one key the items are kept; all are named.
_PRODUCERS = 2


class Quarantine:
    """Safe to share between threads. Writes raise LeaseLost; more entries than `most` raise PhaseFailed.

    `checksums`: migration file → checksum, as planned; `now` gives ISO 8601 UTC text.
    """

    def __init__(
        self, rows: QuarantineRows, checksums: Mapping[str, str], most: int, env: str, now: Callable[[], str]
    ) -> None:
        self._rows = rows
        self._checksums = checksums
        self._most = most
        self._env = env
        self._now = now
        self._lock = threading.RLock()
        self._entries = {entry.unit: entry for entry in rows.entries()}
        self._index()

    # ── what is in it ────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def waiting(self) -> list[Entry]:
        """What nobody has decided about; the switch waits for it."""
        return sorted(
            (entry for entry in list(self._entries.values()) if entry.discarded is None),
            key=lambda entry: (entry.first_at, entry.unit),
        )

    @property
    def discarded(self) -> list[Entry]:
        return [entry for entry in list(self._entries.values()) if entry.discarded is not None]

    def holds(self, destination: Key) -> bool:
        """Whether the key keeps its last value."""
        return destination in self._held

    def concerns(self, destination: Key) -> bool:
        """As `holds`, or something that would come to the key was discarded."""
        return destination in self._concerned

    def knows(self, source: Key) -> bool:
        """Whether this source item has an entry, discarded or not."""
        return source in self._items

    def concerned(self, sources: Iterable[Key]) -> dict[Key, set[Key]]:
        """Those of the source keys that have to do with an entry, with the destination keys to settle for them."""
        if not self._by_source:
            return {}
        return {source: set(self._by_source[source]) for source in sources if source in self._by_source}

    def with_sources(self, wanted: Owners) -> Owners:
        """The owners, with those that an entry names: nothing else may know of the other producer of a collision."""
        if not self._owners:
            return wanted
        return {key: {*owners, *self._owners.get(key, ())} for key, owners in wanted.items()}

    def is_discarded(self, held: Held, key: Key, items: Mapping[Key, RawItem]) -> bool:
        """Whether exactly this was discarded, so that nothing is to come of it."""
        entry = (self._items if held is Held.ITEM else self._keys).get(key)
        return bool(entry and entry.discarded and entry.held is held and entry.print == print_of(items))

    # ── what comes into it ───────────────────────────────────────────────────────────────────────────────────────

    def item(self, source: Key, raw: RawItem, error: ItemRefused, kept: Owners) -> None:
        """`up` or `verify` refused a source item; these destination keys keep their value for it."""
        entry = self._entry(Held.ITEM, source, error.what, {source: raw}, error.migration)
        owners = tuple((key, tuple(sorted(some))) for key, some in kept.items())
        self._keep(msgspec.structs.replace(entry, kept=owners), {source: raw}, _traceback(error))

    def collision(self, destination: Key, producers: Mapping[Key, RawItem]) -> None:
        """These source keys all produce `destination` now: what each makes of it."""
        said = " and ".join("/".join(key) for key in list(producers)[:3])
        said += f" and {len(producers) - 3} more" if len(producers) > 3 else ""
        said += " all" if len(producers) > 2 else " both"
        entry = self._entry(
            Held.COLLISION,
            destination,
            f"{said} become {'/'.join(destination)}",
            producers,
        )
        some = dict(list(producers.items())[:_PRODUCERS])
        self._keep(msgspec.structs.replace(entry, sources=tuple(producers)), some)

    def owner(self, destination: Key, there: RawItem, error: ItemRefused, owners: Iterable[Key]) -> None:
        """`source` failed on what lies at `destination`, so nobody can say who else may produce it."""
        entry = self._entry(Held.OWNER, destination, error.what, {destination: there}, error.migration)
        entry = msgspec.structs.replace(entry, sources=tuple(owners))
        self._keep(entry, {destination: there}, _traceback(error))

    def write(self, destination: Key, raw: RawItem, source: Key, error: Invalid) -> None:
        """The table refused what becomes of `source`."""
        entry = self._entry(Held.WRITE, destination, error.what, {destination: raw})
        self._keep(msgspec.structs.replace(entry, sources=(source,)), {destination: raw})

    def document(
        self, alias: str, destination: Key, raw: RawItem, error: str | ItemRefused, ids: Iterable[str]
    ) -> None:
        """An index, or its document function, refused a destination item; these ids keep their document."""
        what = error if isinstance(error, str) else error.what
        entry = self._entry(Held.DOCUMENT, destination, what, {destination: raw}, alias)
        trace = "" if isinstance(error, str) else _traceback(error)
        self._keep(msgspec.structs.replace(entry, ids=tuple(ids)), {destination: raw}, trace)

    def _entry(self, held: Held, key: Key, error: str, items: Mapping[Key, RawItem], by: str = "") -> Entry:
        now = self._now()
        checksum = self._checksums.get(by, "")
        return Entry(held, key, cut(error), print_of(items), now, now, by=by, checksum=checksum)

    def _keep(self, now: Entry, items: Mapping[Key, RawItem], traceback: str = "") -> None:
        with self._lock:
            known = self._entries.get(now.unit)
            entry = merged(known, now)
            same = known is not None and (known.print, known.error) == (entry.print, entry.error)
            self._put(entry, None if same else Payload(tuple(items.items()), traceback))
            if known is None or known.due or (known.discarded and not entry.discarded):
                self._count()

    def _count(self) -> None:
        """A run that refuses everything is of no use to anybody."""
        counted = [entry for entry in self.waiting if not entry.due]
        if len(counted) > self._most:
            raise PhaseFailed(
                f"{how_many(counted)}, and [table] max_quarantined allows {self._most}: {names(counted)}",
                next_command=f"verdigris quarantine list {self._env}",
            )

    # ── what leaves it ───────────────────────────────────────────────────────────────────────────────────────────

    def items_settled(self, sources: Iterable[Key]) -> None:
        """These source items were accepted, and every destination key that they concern was settled."""
        self._remove([self._items[source] for source in sources if source in self._items])

    def keys_settled(self, destinations: Iterable[Key]) -> None:
        """The destination holds at these keys what the source says. Whose what lay there was is not asked again: that
        somebody discarded it stays on record."""
        known = [self._keys[key] for key in destinations if key in self._keys]
        self._remove([entry for entry in known if not (entry.held is Held.OWNER and entry.discarded)])

    def documents_settled(self, alias: str, destinations: Iterable[Key]) -> None:
        """The index holds the documents of these destination items."""
        self._remove([self._documents[alias, key] for key in destinations if (alias, key) in self._documents])

    def of_document(self, alias: str, destination: Key) -> Entry | None:
        return self._documents.get((alias, destination))

    def ids(self, alias: str) -> frozenset[str]:
        """The ids of this index whose documents are in quarantine."""
        return frozenset(
            id_ for (name, _), entry in list(self._documents.items()) if name == alias for id_ in entry.ids
        )

    def clear(self) -> None:
        """Removes everything."""
        self._remove(list(self._entries.values()))

    # ── what people do with it ───────────────────────────────────────────────────────────────────────────────────

    def payload(self, entry: Entry) -> Payload:
        return self._rows.payload(entry)

    def discard(self, entry: Entry, who: str, comment: str) -> None:
        """From the next settle on nothing comes of it."""
        with self._lock:
            self._put(msgspec.structs.replace(entry, discarded=Discarded(who, comment, self._now())))

    def put_off(self) -> None:
        """What waits will be tried again before the next verify; it does not count against the limit until then."""
        with self._lock:
            for entry in self.waiting:
                self._put(msgspec.structs.replace(entry, due=True))

    def hints(self, entries: Iterable[Entry]) -> dict[Key, set[Key]]:
        """The source items to read to try these again, each with destination keys to settle; besides, all that they
        `settles`."""
        found: dict[Key, set[Key]] = {}
        for entry in entries:
            for source in (entry.key,) if entry.held is Held.ITEM else entry.sources:
                found.setdefault(source, set()).update(entry.settles)
        return found

    def _put(self, entry: Entry, payload: Payload | None = None) -> None:
        self._rows.put(entry, payload)
        self._entries[entry.unit] = entry
        self._index()

    def _remove(self, entries: list[Entry]) -> None:
        with self._lock:
            for entry in entries:
                if self._entries.pop(entry.unit, None) is not None:
                    self._rows.remove(entry)
            if entries:
                self._index()

    def _index(self) -> None:
        """Replaces what is read without the lock."""
        entries = list(self._entries.values())
        by_source: dict[Key, set[Key]] = {}
        owners: dict[Key, set[Key]] = {}
        for entry in entries:
            for source in entry.sources:
                by_source.setdefault(source, set()).add(entry.key)
            if entry.held is Held.ITEM:
                by_source.setdefault(entry.key, set()).update(entry.keeps)
            for key, some in (*entry.kept, *((key, entry.sources) for key in entry.keeps)):
                owners.setdefault(key, set()).update(some)
        self._items = {entry.key: entry for entry in entries if entry.held is Held.ITEM}
        self._keys = {entry.key: entry for entry in entries if entry.held not in (Held.ITEM, Held.DOCUMENT)}
        self._documents = {(entry.by, entry.key): entry for entry in entries if entry.held is Held.DOCUMENT}
        self._held = frozenset(key for entry in entries if not entry.discarded for key in entry.keeps)
        self._concerned = frozenset(key for entry in entries for key in entry.keeps)
        self._by_source = by_source
        self._owners = owners


def _traceback(error: ItemRefused) -> str:
    """Of what the user's function raised: without the lines of Verdigris that called it."""
    if error.__cause__ is None:
        return ""
    said = TracebackException.from_exception(error.__cause__)
    said.stack[:] = [frame for frame in said.stack if not frame.filename.startswith(_PACKAGE)]
    return cut("".join(said.format()), _TRACEBACK)
