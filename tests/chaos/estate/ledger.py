"""The independent ledger: what the application was told is kept, and what must come out of it. Nothing of Verdigris."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Set

from tests.chaos.estate import shapes
from tests.chaos.estate.shapes import Item, ItemKey, Thing

#: number → what it is from now on; None: deleted. One transaction.
Changes = Mapping[int, Thing | None]
#: Keys of the new table, by what is wrong with them.
Verdict = dict[str, list[str]]

#: Writers touch these numbers, again and again; Places of theirs share so many slots.
HOT = 60
_SLOTS = 8
NOTHING: Verdict = {"lost": [], "resurrected": [], "stale": [], "extra": []}


class Ledger:
    """All things that are kept. Every number, and every slot, belongs to one of `writers` writers."""

    def __init__(self, seed: int, migrations: Set[str] = shapes.SIMPLE, writers: int = 1) -> None:
        self.kept: dict[int, Thing] = {}
        self.acknowledged = 0
        self._migrations = migrations
        self._writers = writers
        self._kinds = [kind for kind, name in shapes.KINDS.items() if name is None or name in migrations]
        self._dice = [random.Random(f"{seed}|{writer}") for writer in range(writers)]
        self._ever: set[ItemKey] = set()

    def fill(self, count: int) -> list[Item]:
        """The first `count` things, as they are stored."""
        dice = self._dice[0]
        for number in range(count):
            self._keep(number, Thing(dice.choice(self._kinds), number, 1000 + number))
        return [shapes.first(number, thing) for number, thing in self.kept.items()]

    def next(self, writer: int = 0) -> Changes:
        """What this writer writes next."""
        dice = self._dice[writer]
        number, other = (self._writers * dice.randrange(HOT // self._writers) + writer for _ in range(2))
        now, others = self.kept.get(number), self.kept.get(other)
        if now and others and number != other and now.kind == others.kind == "Place":
            return {number: others, other: now}  # they trade their slots
        if now and dice.random() < 0.4:
            return {number: None}
        kind = dice.choice(self._kinds)
        ref = self._free_slot(writer, dice) if kind == "Place" else dice.randrange(HOT)
        return {number: Thing(kind, dice.randrange(1_000_000), ref)}

    def take(self, changes: Changes) -> None:
        """They were acknowledged."""
        for number, thing in changes.items():
            self._keep(number, thing)
        self.acknowledged += 1

    def verdict(self, found: Mapping[ItemKey, Item]) -> Verdict:
        """Lost, resurrected, stale and extra items of the new table (in DynamoDB's JSON); none of each must come out.

        An item that should not be there was resurrected if it has ever been right, else it is extra.
        """
        wanted = {key: shapes.encoded(item) for key, item in self._wanted(self.kept).items()}
        surplus = found.keys() - wanted.keys()
        return {
            "lost": _names(wanted.keys() - found.keys()),
            "resurrected": _names(surplus & self._ever),
            "stale": _names(key for key in wanted.keys() & found.keys() if wanted[key] != found[key]),
            "extra": _names(surplus - self._ever),
        }

    def _wanted(self, things: Mapping[int, Thing]) -> dict[ItemKey, Item]:
        return {
            shapes.key_of(item): item
            for number, thing in things.items()
            for item in shapes.second(number, thing, self.kept, self._migrations)
        }

    def _keep(self, number: int, thing: Thing | None) -> None:
        if thing is None:
            self.kept.pop(number, None)
        else:
            self.kept[number] = thing
            self._ever.update(self._wanted({number: thing}))

    def _free_slot(self, writer: int, dice: random.Random) -> int:
        taken = {thing.ref for thing in list(self.kept.values()) if thing.kind == "Place"}
        free = [slot for slot in range(writer, _SLOTS * self._writers, self._writers) if slot not in taken]
        return dice.choice(free) if free else 10_000 + writer + self._writers * dice.randrange(1_000_000)


def _names(keys: Iterable[ItemKey]) -> list[str]:
    return sorted("/".join(key) for key in keys)
