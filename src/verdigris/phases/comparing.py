"""Two sides compared whole, with constant memory: sums per bucket first, then the buckets that differ, opened.

A side is anything that can be read in parts: a table, a table seen through the migrations, an index. Sums add up in
any order, so parts may be read at different times and by different runs of the command.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeAlias

from verdigris.core.damage import decoded
from verdigris.core.fingerprint import Sums, bucket_of
from verdigris.core.model import Key
from verdigris.engines.base import Engine
from verdigris.errors import PhaseFailed
from verdigris.phases.base import Bench

#: A bucket is opened with at most about this many entries of it in memory.
_OPENED_AT_ONCE = 100_000


class Entry(NamedTuple):
    """One thing on a side: its key there, its fingerprint, and the source key that it comes from."""

    key: Key
    print: int
    owner: Key


#: part → its entries, one at a time; a part is read once for the sums, and again when buckets must be opened
Read: TypeAlias = Callable[[int], Iterable[Entry]]


class Side(NamedTuple):
    """One side: a name for its checkpoints, how many parts it has, and how to read one."""

    name: str
    parts: int
    read: Read


class Checkpoints(NamedTuple):
    """Where the sums of finished parts are kept; `load` gives None for a part that is not there."""

    load: Callable[[str], Sums | None]
    save: Callable[[str, Sums], None]


def durable(bench: Bench) -> Checkpoints:
    """Kept in the journal, for later runs of the same deployment."""

    def load(unit: str) -> Sums | None:
        saved = bench.journal.checkpoint(bench.deployment, unit)
        return None if saved is None else decoded(bench.plan.deploy_table, unit, saved, Sums.from_bytes)

    return Checkpoints(load, lambda unit, sums: bench.journal.save(bench.deployment, unit, sums.to_bytes()))


class Suspect(NamedTuple):
    """A key at which the sides were not seen equal. `owners` are the source keys that were seen to produce it."""

    key: Key
    owners: frozenset[Key]


def summed(
    engine: Engine, sides: tuple[Side, Side], buckets: int, kept: Checkpoints, between: Callable[[], None]
) -> tuple[Sums, Sums]:
    """The sums of both sides. A part whose sums were kept by an earlier run is not read again."""

    def add(part: tuple[Side, int]) -> None:
        side, number = part
        sums = Sums(buckets)
        for entry in side.read(number):
            sums.add(entry.key, entry.print)
        kept.save(_unit(side, number), sums)

    parts = [(side, number) for side in sides for number in range(side.parts)]
    engine.run([part for part in parts if kept.load(_unit(*part)) is None], add, between)
    totals = []
    for side in sides:
        total = Sums(buckets)
        for number in range(side.parts):
            stored = kept.load(_unit(side, number))
            if stored is None:
                raise PhaseFailed(  # only a runner that took over, and finished the comparison, removes them
                    f"the sums of {_unit(side, number)} are gone",
                    state="nothing was changed",
                    next_command="run the command again",
                )
            total.merge(stored)
        totals.append(total)
    return totals[0], totals[1]


def suspects(
    engine: Engine, sides: tuple[Side, Side], sums: tuple[Sums, Sums], between: Callable[[], None]
) -> Iterator[list[Suspect]]:
    """Opens the buckets that differ, a slice of them at a time, and yields the keys that were not seen equal."""
    differing = sums[0].differing(sums[1])
    per_bucket = max(1, max(sums[0].count, sums[1].count) // sums[0].buckets)
    width = max(1, _OPENED_AT_ONCE // per_bucket)
    for start in range(0, len(differing), width):
        yield _opened(engine, sides, frozenset(differing[start : start + width]), sums[0].buckets, between)


def _opened(
    engine: Engine, sides: tuple[Side, Side], wanted: frozenset[int], buckets: int, between: Callable[[], None]
) -> list[Suspect]:
    found: tuple[list[Entry], list[Entry]] = ([], [])

    def collect(part: tuple[int, int]) -> None:
        side, number = part
        mine = [entry for entry in sides[side].read(number) if bucket_of(entry.key, buckets) in wanted]
        found[side].extend(mine)

    engine.run([(side, number) for side in (0, 1) for number in range(sides[side].parts)], collect, between)
    # Two entries under one key are two producers, whatever their prints: never equal to a single one.
    left, right = (_prints(entries) for entries in found)
    differ = [key for key in {**left, **right} if left.get(key) != right.get(key)]
    owners: dict[Key, set[Key]] = {key: set() for key in differ}
    for entry in found[0]:
        if entry.key in owners:
            owners[entry.key].add(entry.owner)
    return [Suspect(key, frozenset(owners[key])) for key in sorted(differ)]


def _prints(entries: list[Entry]) -> dict[Key, tuple[int, ...]]:
    prints: dict[Key, tuple[int, ...]] = {}
    for entry in entries:
        prints[entry.key] = tuple(sorted((*prints.get(entry.key, ()), entry.print)))
    return prints


def _unit(side: Side, number: int) -> str:
    return f"{side.name}|{number:06d}"
