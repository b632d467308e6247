"""Settle: which source keys to read for a destination key, and what to write there (design, section 4).

The stream is only a hint of which keys to look at; the truth is always read from the source, strongly consistent.
So a settle needs no order, no timestamps and no markers, and doing it twice is harmless.

Who may produce destination key `d` is known from three places: the item at `d` itself in the source (where both tables
have the same key), the source key whose change (through its old, new or present image) led to `d`, and `source(item)`
of the item that sits at `d`. A durable table of claims, for migrations without `source`, adds to the same `Owners`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import TypeAlias

from verdigris.core.model import Key, RawItem

#: destination key → every source key that may produce it
Owners: TypeAlias = Mapping[Key, Set[Key]]
#: source key → what it produces now: destination key → item (empty when the source item is absent or dropped)
Produced: TypeAlias = Mapping[Key, Mapping[Key, RawItem]]


@dataclass(frozen=True)
class Settled:
    """What the destination must hold at the settled keys."""

    puts: dict[Key, RawItem]
    deletes: tuple[Key, ...]
    #: destination key → its two or more living producers; nothing is written there
    collisions: dict[Key, tuple[Key, ...]]
    #: destination key → those who may produce it and were refused; nothing is written there either
    kept: dict[Key, tuple[Key, ...]] = field(default_factory=dict)

    @property
    def keys(self) -> set[Key]:
        """Every destination key that was settled, or kept."""
        return {*self.puts, *self.deletes, *self.collisions, *self.kept}


def owners(
    hints: Mapping[Key, Set[Key]], produced: Produced, own: Callable[[Key], Iterable[Key]]
) -> dict[Key, set[Key]]:
    """The destination keys that some hinted source keys concern, with everyone who may produce each.

    `hints` gives for each hinted source key the destination keys of the images that were seen (intermediate ones too);
    `produced` what those source keys produce now; `own` the key that a key names in the other table by itself
    (`Transform.own`). Whoever is named and not in `produced` is still to be read.
    """
    found: dict[Key, set[Key]] = {}
    for source, seen in hints.items():
        for destination in {*own(source), *seen, *produced.get(source, {})}:
            found.setdefault(destination, set(own(destination))).add(source)
    return found


def unread(wanted: Owners, produced: Produced) -> list[Key]:
    """The source keys that must be read before `settle` can decide."""
    return list(dict.fromkeys(key for keys in wanted.values() for key in sorted(keys) if key not in produced))


def settle(wanted: Owners, produced: Produced, refused: Set[Key] = frozenset()) -> Settled:
    """What the source says now about each wanted destination key. `refused` are source keys in quarantine: nobody
    knows what they would produce, so every key that they may produce keeps its last value."""
    puts: dict[Key, RawItem] = {}
    deletes: list[Key] = []
    collisions: dict[Key, tuple[Key, ...]] = {}
    kept: dict[Key, tuple[Key, ...]] = {}
    for destination, keys in wanted.items():
        if stuck := keys & refused:
            kept[destination] = tuple(sorted(stuck))
            continue
        producers = tuple(key for key in sorted(keys) if destination in produced[key])
        if not producers:
            deletes.append(destination)
        elif len(producers) == 1:
            puts[destination] = produced[producers[0]][destination]
        else:
            collisions[destination] = producers
    return Settled(puts, tuple(deletes), collisions, kept)


def coalesce(changes: Iterable[tuple[Key, Iterable[Key]]]) -> dict[Key, set[Key]]:
    """One entry a source key for a page of changes, keeping the destination keys of every image in between."""
    hints: dict[Key, set[Key]] = {}
    for source, seen in changes:
        hints.setdefault(source, set()).update(seen)
    return hints
