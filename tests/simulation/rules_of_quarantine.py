"""Rules of the quarantine: each function gives the patches that take one away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace

from tests.simulation.rules_of_settling import Patch

from verdigris.core.model import Key, RawItem
from verdigris.core.quarantine import Entry, Held
from verdigris.core.settling import Owners, Produced, Settled, settle
from verdigris.errors import ItemRefused
from verdigris.phases import settling, switch
from verdigris.phases.quarantine import Quarantine


def switched_whatever_waits() -> Sequence[Patch]:
    return [(switch, "_nothing_waits", lambda bench: None)]


def refused_items_count_as_absent() -> Sequence[Patch]:
    """What a migration refuses is deleted in the destination, instead of keeping its last value."""

    def absent(wanted: Owners, produced: Produced, refused: Set[Key]) -> Settled:
        known = settle(wanted, produced, refused)
        return replace(settle(wanted, produced), kept=known.kept)

    return [(settling, "settle", absent)]


def refused_without_a_key_forgotten() -> Sequence[Patch]:
    """An item that is refused is kept only if some destination key keeps its value for it."""
    plain = Quarantine.item

    def item(self: Quarantine, source: Key, raw: RawItem, error: ItemRefused, kept: Owners) -> None:
        if kept:
            plain(self, source, raw, error, kept)

    return [(Quarantine, "item", item)]


def kept_keys_forgotten() -> Sequence[Patch]:
    """Of an item that was refused and is accepted again, only the keys that it has now are settled."""
    plain = Quarantine.hints

    def own(self: Quarantine, entries: Iterable[Entry]) -> dict[Key, set[Key]]:
        return {source: {source} for source in plain(self, entries)}

    return [(Quarantine, "concerned", lambda self, sources: {}), (Quarantine, "hints", own)]


def one_of_two_producers_wins() -> Sequence[Patch]:
    def last(wanted: Owners, produced: Produced, refused: Set[Key]) -> Settled:
        found = settle(wanted, produced, refused)
        chosen = {key: produced[makers[-1]][key] for key, makers in found.collisions.items()}
        return replace(found, puts=found.puts | chosen, collisions={})

    return [(settling, "settle", last)]


def discarded_whatever_it_becomes() -> Sequence[Patch]:
    """Once discarded, an item is given up for good, also when it changes."""

    def by_key(self: Quarantine, held: Held, key: Key, items: Mapping[Key, RawItem]) -> bool:
        return any(entry.key == key and entry.held is held for entry in self.discarded)

    return [(Quarantine, "is_discarded", by_key)]


def discards_settled_once() -> Sequence[Patch]:
    """A discard that died before its settle is not settled again."""
    plain = settling.Settler.again

    def waiting(self: settling.Settler, entries: Sequence[Entry]) -> None:
        plain(self, [entry for entry in entries if entry.discarded is None])

    return [(settling.Settler, "again", waiting)]
