"""The one operation by which replay, tail and repair write: settle (the decisions are in `core.settling`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from verdigris.core.model import Key, RawItem
from verdigris.core.quarantine import Entry, Held
from verdigris.core.settling import Owners, Settled, owners, settle, unread
from verdigris.core.transform import Outputs, Transform
from verdigris.errors import ItemRefused
from verdigris.phases.claims import Claims
from verdigris.phases.documents import Documents
from verdigris.phases.late import LateWrites
from verdigris.phases.quarantine import Quarantine
from verdigris.phases.writing import write_valid
from verdigris.stores.base import Links, Table

#: Looks at a key with two producers before it is a collision.
_LOOKS = 5


@dataclass
class SettledCount:
    """How many destination keys were settled, and what was sent for them."""

    keys: int = 0
    puts: int = 0
    deletes: int = 0


@dataclass
class Found:
    """What was read of source items: what they produce, or why a migration refused them. The latter produce nothing."""

    produced: dict[Key, dict[Key, RawItem]] = field(default_factory=dict)
    refused: dict[Key, tuple[RawItem, ItemRefused]] = field(default_factory=dict)
    #: source keys, and destination keys, at which something counts as absent since it was discarded
    discarded: set[Key] = field(default_factory=set)
    gone: set[Key] = field(default_factory=set)

    def forget(self, wanted: Owners) -> None:
        """What was found about these destination keys, and about everybody who may produce them."""
        sources = {source for owners in wanted.values() for source in owners}
        for source in sources:
            self.produced.pop(source, None)
            self.refused.pop(source, None)
        self.discarded -= sources
        self.gone -= wanted.keys()


class Settler:
    """Settles keys of one destination. Used by one thread at a time: one settle of a key at a time.

    `documents`, once given, keeps the search indexes in step as well. What is refused goes into `quarantine`, and its
    destination keys keep their value. Without `carries` documents are all that is settled: the destination is the
    source, which is the application's, and holds already what it must hold.
    """

    def __init__(
        self,
        source: Table,
        destination: Table,
        transform: Transform,
        links: Links,
        late: LateWrites,
        quarantine: Quarantine,
        *,
        carries: bool = True,
    ) -> None:
        self._late = late
        self._source = source
        self._destination = destination
        self._transform = transform
        self._quarantine = quarantine
        self._carries = carries
        self.claims = Claims(links, transform)
        self.documents: Documents | None = None
        self.count = SettledCount()
        #: destination keys that were written since somebody last emptied this set; None where nobody asks
        self.written: set[Key] | None = None

    def hints(self, hints: Mapping[Key, Set[Key]], seen: Sequence[RawItem] = (), keys: Iterable[Key] = ()) -> Settled:
        """Settles every destination key that these changes of source keys concern, and the destination keys `keys`.

        `seen` are the outputs of the changes' images: a run that died may have made documents of any of them.
        """
        self.claims.of_images(hints)
        concerned = {reader: set[Key]() for reader in self.claims.readers(hints)}
        concerned |= {source: set(keys) for source, keys in hints.items()}
        for more in (self._quarantine.concerned(concerned), self.claims.outputs(concerned)):
            for source, keys in more.items():
                concerned[source] |= keys
        found = Found()
        self._read(concerned, found)
        own = self._transform.own
        wanted = {key: set(own(key)) for key in keys} | owners(concerned, found.produced, own)
        for key, claimants in self.claims.owners(wanted).items():
            wanted[key] |= claimants
        if self._transform.names_sources:
            wanted = self._named(wanted)
        settled = self.keys(wanted, found, seen)
        self._quarantine.items_settled(concerned.keys() - found.refused.keys() - found.discarded)
        return settled

    def retry(self) -> None:
        """Settles everything that the quarantine knows of again."""
        self.again([*self._quarantine.waiting, *self._quarantine.discarded])

    def again(self, entries: Sequence[Entry]) -> None:
        """Settles what these entries concern."""
        if entries:
            self.hints(self._quarantine.hints(entries), keys=[key for entry in entries for key in entry.settles])

    def keys(self, wanted: Owners, found: Found | None = None, seen: Sequence[RawItem] = ()) -> Settled:
        """Settles the wanted destination keys by their owners: reads, decides, writes."""
        found = found or Found()
        wanted = self._quarantine.with_sources(wanted)
        settled = self.expected(wanted, found)
        for _ in range(_LOOKS):
            if not settled.collisions:
                break
            found.forget(wanted)  # two items read one after the other may have passed the key on between
            settled = self.expected(wanted, found)
        self._hold(settled, wanted, found)
        if self.documents:
            self.documents.settle(settled, seen)
            self._documents_stay({*settled.kept, *settled.collisions}, seen)
        if self._carries:
            settled = self._write(settled, wanted, found)
        self._quarantine.keys_settled({*settled.puts, *settled.deletes} - found.gone)
        self.count.keys += len(wanted)
        self.count.puts += len(settled.puts)
        self.count.deletes += len(settled.deletes)
        return settled

    def _write(self, settled: Settled, wanted: Owners, found: Found) -> Settled:
        """Writes to the destination; returns what it took."""
        if self.written is not None:
            self.written.update(settled.puts, settled.deletes)
        try:
            refused = write_valid(self._destination, list(settled.puts.values()), settled.deletes)
        finally:
            self._late.note(wanted)
        for put in refused:
            maker = next(source for source, made in found.produced.items() if put.key in made)
            self._quarantine.write(put.key, put.raw, maker, put.error)
        return self._without({put.key: put.raw for put in refused}, settled) if refused else settled

    def owners_of(self, keys: Iterable[Key]) -> dict[Key, set[Key]]:
        """Everybody who may produce each of these destination keys, as far as keys, items and claims tell.

        A key of which nobody can tell is in quarantine, and left out.
        """
        wanted = {key: set(self._transform.own(key)) for key in keys}
        for key, claimants in self.claims.owners(wanted).items():
            wanted[key] |= claimants
        return self._named(wanted)

    def expected(self, wanted: Owners, found: Found | None = None) -> Settled:
        """What the wanted keys must hold now; writes nothing. `found` is added to."""
        found = found or Found()
        wanted = self._quarantine.with_sources(wanted)
        if missing := unread(wanted, found.produced):
            self._read(missing, found)
        return self._less_discarded(settle(wanted, found.produced, found.refused.keys()), found)

    def _read(self, keys: Iterable[Key], found: Found) -> None:
        """What these source keys produce now, strongly consistent; its claims are durable when this returns."""
        wanted = list(keys)
        items = self._source.read(wanted)
        outputs: dict[Key, Outputs] = dict.fromkeys(wanted, ())
        for key, raw in items.items():
            try:
                outputs[key] = self._transform.apply(raw)
            except ItemRefused as error:
                if self._quarantine.is_discarded(Held.ITEM, key, {key: raw}):
                    found.discarded.add(key)
                else:
                    found.refused[key] = raw, error
        self.claims.of_outputs(output for some in outputs.values() for output in some)
        found.produced |= {key: {output.key: output.raw for output in some} for key, some in outputs.items()}

    def _named(self, wanted: dict[Key, set[Key]]) -> dict[Key, set[Key]]:
        """The owners, with those that `source` names for what is there now."""
        known = dict(wanted)
        for key, item in self._destination.read(list(wanted)).items():
            try:
                known[key] = known[key] | set(self._transform.owners(key, item))
            except ItemRefused as error:
                if not self._quarantine.is_discarded(Held.OWNER, key, {key: item}):
                    self._quarantine.owner(key, item, error, known.pop(key))
        return known

    def _less_discarded(self, settled: Settled, found: Found) -> Settled:
        """What was discarded counts as nothing."""
        gone = [
            key
            for key, producers in settled.collisions.items()
            if self._quarantine.is_discarded(Held.COLLISION, key, _outputs(found, key, producers))
        ]
        gone += [key for key, raw in settled.puts.items() if self._quarantine.is_discarded(Held.WRITE, key, {key: raw})]
        if not gone:
            return settled
        found.gone.update(gone)
        return replace(
            settled,
            puts={key: raw for key, raw in settled.puts.items() if key not in gone},
            deletes=(*settled.deletes, *gone),
            collisions={key: who for key, who in settled.collisions.items() if key not in gone},
        )

    def _hold(self, settled: Settled, wanted: Owners, found: Found) -> None:
        kept: dict[Key, dict[Key, Set[Key]]] = {}
        for destination, refused in settled.kept.items():
            for source in refused:
                kept.setdefault(source, {})[destination] = wanted[destination]
        for source, (raw, error) in found.refused.items():
            self._quarantine.item(source, raw, error, kept.get(source, {}))
        for destination, producers in settled.collisions.items():
            self._quarantine.collision(destination, _outputs(found, destination, producers))

    def _documents_stay(self, kept: Set[Key], seen: Sequence[RawItem]) -> None:
        """These keys keep their last value: so do their documents, whatever a runner that died had made of `seen`."""
        if self.documents and kept:
            there = self._destination.read(list(kept))
            self.documents.settle(Settled(there, tuple(kept - there.keys()), {}), seen)

    def _without(self, refused: Mapping[Key, RawItem], settled: Settled) -> Settled:
        """The table did not take these."""
        self._documents_stay(refused.keys(), list(refused.values()))
        return replace(settled, puts={key: raw for key, raw in settled.puts.items() if key not in refused})


def _outputs(found: Found, destination: Key, producers: Iterable[Key]) -> dict[Key, RawItem]:
    return {source: found.produced[source][destination] for source in producers}
