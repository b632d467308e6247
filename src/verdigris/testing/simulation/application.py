"""The application under deployment: what it keeps, what it writes, and what the other color must hold of it.

What each migration makes of an item is written twice: as the migration, which the core runs, and by hand in `due`,
which nothing but the checker uses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from verdigris.core.model import Key, RawItem
from verdigris.core.quarantine import Held, print_of
from verdigris.testing.simulation.migrations import MIGRATIONS, REKEYED
from verdigris.testing.simulation.schedule import Op

#: How long items of the kind "t" live (seconds), by their place.
_LIVES_S = (1, 2, 3, 60, 0)
#: The kinds of items whose place is theirs alone.
_PLACED = {name: "mnrx" if name in REKEYED else "mx" for name in MIGRATIONS}


class Thing(NamedTuple):
    """One item of the application: its kind, a value that no other write has, and the place that it takes."""

    kind: str
    value: int
    place: int
    #: seconds since the epoch; 0: never
    expires: int = 0


Things = Mapping[int, Thing]


def raw_of(number: int, thing: Thing) -> RawItem:
    """The item as the old color stores it."""
    return f"{{{_fields(number, thing)}}}".encode()


def _fields(number: int, thing: Thing) -> str:
    kind, value, place, expires = thing
    text = f'"id":{{"S":"i{number}"}},"kind":{{"S":"{kind}"}},"to":{{"N":"{place}"}},"v":{{"N":"{value}"}}'
    return f'{text},"exp":{{"N":"{expires}"}}' if expires else text


# ── by hand ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Decided:
    """What people decided about what cannot be carried along: `given_up` are what an entry is about, its key, and the
    print of what was refused. `refusing`: the migrations still run, so an undecided item stops the switch."""

    refusing: bool = True
    mended: bool = False
    given_up: set[tuple[Held, Key, str]] = field(default_factory=set)

    def gone(self, held: Held, key: Key, items: Mapping[Key, RawItem]) -> bool:
        return not self.mended and (held, key, print_of(items)) in self.given_up


class Due(NamedTuple):
    """Every item that the new color must hold, as the memory table stores it (attributes in the order given here), the
    keys about which somebody must decide before, and those at which something was given up."""

    items: dict[Key, RawItem]
    undecided: set[Key]
    given_up: set[Key]


def due(migration: str, things: Things, decided: Decided) -> Due:
    """What the migrations make of these things."""
    produced: dict[Key, dict[Key, RawItem]] = {}
    undecided: set[Key] = set()
    given_up: set[Key] = set()
    for number, thing in things.items():
        own = (f"i{number}",)
        if thing.kind == "x" and decided.gone(Held.ITEM, own, {own: raw_of(number, thing)}):
            given_up.add(own)
        elif thing.kind == "x" and decided.refusing and not decided.mended:
            undecided.add(own)
        else:
            for key, item in _made(migration, number, thing, things):
                produced.setdefault(key, {})[own] = item
    items: dict[Key, RawItem] = {}
    for key, makers in produced.items():
        if len(makers) == 1:
            (items[key],) = makers.values()
        elif decided.gone(Held.COLLISION, key, makers):
            given_up.add(key)
        else:
            undecided.add(key)
    return Due(items, undecided, given_up)


def forms(migration: str, key: Key, past: Iterable[Thing | None]) -> set[RawItem | None]:
    """What an item at its own key may have become while it was one of these; None: nothing."""
    number = int(key[0].removeprefix("i"))
    return {dict(_made(migration, number, thing, {})).get(key) if thing else None for thing in past}


def _made(migration: str, number: int, thing: Thing, things: Things) -> Iterator[tuple[Key, RawItem]]:
    own, value, place = f"i{number}", thing.value, thing.place
    text = _fields(number, thing)
    if thing.kind == "m" or (thing.kind == "x" and migration != "picky"):
        owner = f'"owner":{{"S":"{own}"}},' if migration.endswith("-owner") else ""
        named = f'"to":{{"N":"{place}"}}' if migration in REKEYED else f'"id":{{"S":"place{place}"}}'
        moved = f'{{{named},"kind":{{"S":"moved"}},{owner}"v":{{"N":"{value}"}}}}'
        yield (str(place), "moved") if migration in REKEYED else (f"place{place}",), moved.encode()
        return
    if (thing.kind in "px" and migration in ("same", "mixed", "picky")) or migration == "ttl":
        text += f',"w":{{"N":"{value * 3}"}}'
    elif thing.kind == "r":
        seen = things.get(place)
        text += f',"seen":{{"N":"{seen.value if seen else -1}"}}'
    elif thing.kind == "s":
        part = f'{{"id":{{"S":"{own}/c"}},"kind":{{"S":"c"}},"v":{{"N":"{value}"}}}}'
        yield (f"{own}/c",), part.encode()
    if thing.kind != "d":
        yield (str(place), thing.kind) if migration in REKEYED else (own,), f"{{{text}}}".encode()


# ── what it does ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Application:
    """`things` is what it was acknowledged; each change is one transaction."""

    migration: str
    now_s: Callable[[], float]

    def __post_init__(self) -> None:
        self.things: dict[int, Thing] = {}
        #: what each item was since the deployment began
        self.past: dict[int, list[Thing | None]] = {}
        #: when each change was made, and what it changed was before; in order
        self._changed: list[tuple[float, dict[int, Thing | None]]] = []
        self._values = 0

    def begin(self) -> None:
        """The deployment begins: what is there now is the first thing that it can see."""
        self.past = {number: [thing] for number, thing in self.things.items()}

    def since(self, since_s: float) -> Iterator[dict[int, Thing]]:
        """Its things before each change since then (seconds), the last one first."""
        things = dict(self.things)
        for at_s, before in reversed(self._changed):
            if at_s < since_s:
                return
            for number, thing in before.items():
                if thing is None:
                    things.pop(number, None)
                else:
                    things[number] = thing
            yield dict(things)

    def changes(self, op: Op) -> list[tuple[int, Thing | None]]:
        """What an op does now, in one transaction: (number, what it is from now on; None: deleted)."""
        now = self.things.get(op.number)
        match op.what:
            case "delete":
                return [(op.number, None)]
            case "update":
                return [(op.number, now._replace(value=self._next()))] if now else []
            case "move":
                return [(op.number, now._replace(value=self._next(), place=op.place, kind=op.kind))] if now else []
            case "pair" if op.number != op.other:
                return [(op.number, self._new(op)), (op.other, self._new(op))]
            case "trade" if op.number != op.other and now and (other := self.things.get(op.other)):
                return [(op.number, other._replace(value=self._next())), (op.other, now._replace(value=self._next()))]
        return [(op.number, self._new(op))]

    def take(self, changes: Sequence[tuple[int, Thing | None]], *, crowded: bool) -> list[tuple[int, Thing | None]]:
        """Makes the changes its own. Unless they may be `crowded`, items that move get places of their own."""
        numbers, placed = {number for number, _ in changes}, "" if crowded else _PLACED[self.migration]
        taken = {thing.place for number, thing in self.things.items() if number not in numbers and thing.kind in placed}
        made: list[tuple[int, Thing | None]] = []
        self._changed.append((self.now_s(), {number: self.things.get(number) for number in numbers}))
        for number, thing in changes:
            if thing is None:
                self.things.pop(number, None)
            else:
                if thing.kind in placed:
                    while thing.place in taken:
                        thing = thing._replace(place=(thing.place + 1) % (len(taken) + 1))
                    taken.add(thing.place)
                self.things[number] = thing
            self.past.setdefault(number, [None]).append(thing)
            made.append((number, thing))
        return made

    def _new(self, op: Op) -> Thing:
        expires = int(self.now_s()) + _LIVES_S[op.place % len(_LIVES_S)] if op.kind == "t" else 0
        return Thing(op.kind, self._next(), op.place, expires)

    def _next(self) -> int:
        self._values += 1
        return self._values
