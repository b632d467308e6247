"""The tests of this folder can fail: each rule of the protocol, broken, is caught by a scenario of the usual form."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from itertools import chain
from typing import Any

import pytest
from tests.lifecycle.perils import Kills
from tests.lifecycle.scenario import INDEX, Scenario, each_call

from verdigris.core.model import Change, Phase
from verdigris.errors import VerdigrisError
from verdigris.phases import backfill, copying, switch, verify
from verdigris.phases.settling import Settler
from verdigris.phases.tail import Tail
from verdigris.stores.memory import MemoryTable
from verdigris.stores.memory_pointer import MemoryPointer
from verdigris.stores.searching import Document

Patch = pytest.MonkeyPatch
_SEEDS = 60


def scenario(seed: int) -> Scenario:
    dice = random.Random(seed)
    kills = dice.sample(range(10, 330), dice.choice([0, 4, 12]))
    return Scenario(seed, writes=0.3, kills=Kills(*kills, half_way=seed % 4 == 3))


def outcome(made: Scenario) -> list[str]:
    try:
        made.to_end()
    except VerdigrisError as error:
        return [f"{type(error).__name__}: {error}"]
    return made.verdict()


def test_unbroken_all_of_them_pass() -> None:
    for seed in range(_SEEDS):
        made = scenario(seed)
        assert outcome(made) == [], f"seed {seed}, killed at {made.kills.killed}"


# ── the rules, broken ────────────────────────────────────────────────────────────────────────────────────────────


def nothing_is_settled(patch: Patch) -> None:
    patch.setattr(Settler, "hints", lambda self, hints, seen=(): self.expected({}))


def images_are_replayed(patch: Patch) -> None:
    """As every change-data pipeline does: what was put is put, what was removed is removed."""

    def replay(self: Tail, changes: list[Change]) -> None:
        destination, transform = self._bench.destination, self._transform
        for change in changes:
            after = transform.apply(change.new) if change.new else ()
            before = transform.apply(change.old) if change.old and not change.new else ()
            destination.write([output.raw for output in after], [output.key for output in before])

    patch.setattr(Tail, "_settle", replay)


def the_source_is_read_a_little_late(patch: Patch) -> None:
    """Eventually consistent reads: what a read answers was true six calls ago."""
    read, past = MemoryTable.read, deque[dict[Any, Any]](maxlen=6)

    def stale(self: MemoryTable, keys: Any) -> dict[Any, Any]:
        if not self.name.endswith("alpha"):
            return read(self, keys)
        past.append(dict(self._tables.contents(self.name).items))
        return {key: past[0][key] for key in keys if key in past[0]}

    patch.setattr(MemoryTable, "read", stale)


def the_tail_saves_its_position_first(patch: Patch) -> None:
    settle, advance = Tail._settle, Tail._advance
    waiting: dict[int, Any] = {}

    def later(self: Tail, changes: list[Change]) -> None:
        waiting[id(self)] = changes

    def first(self: Tail, pages: Any) -> None:
        advance(self, pages)
        if changes := waiting.pop(id(self), None):
            settle(self, changes)

    patch.setattr(Tail, "_settle", later)
    patch.setattr(Tail, "_advance", first)


def a_segment_saves_its_position_first(patch: Patch) -> None:
    copy: Any = copying.copy_segment

    def first(source: Any, destination: Any, *arguments: Any) -> None:
        *rest, save = arguments
        late: Any = Late(destination)

        def saved(progress: Any) -> None:
            save(progress)
            late.catch_up()

        copy(source, late, *rest, saved)

    patch.setattr(backfill, "copy_segment", first)


class Late:
    """A table that writes only when told to."""

    def __init__(self, table: Any) -> None:
        self._table = table
        self._waiting: list[Any] = []

    def write(self, *arguments: Any) -> None:
        self._waiting.append(arguments)

    def catch_up(self) -> None:
        for arguments in self._waiting:
            self._table.write(*arguments)
        self._waiting.clear()


def only_the_new_image_counts(patch: Patch) -> None:
    patch.setattr(Change, "images", property(lambda self: (self.new,) if self.new else ()))


def nothing_is_drained(patch: Patch) -> None:
    patch.setattr(switch, "_drain", lambda *arguments: None)


def nothing_is_fenced(patch: Patch) -> None:
    patch.setattr(MemoryPointer, "fence", lambda self, token, deadline_s: None)
    patch.setattr(MemoryPointer, "seal", lambda self, token: None)


def the_flip_is_not_remembered(patch: Patch) -> None:
    """The pointer goes first, and its record later."""
    flip = switch._flip

    def early(bench: Any, before: Any, after: Any, *, drain: bool) -> None:
        bench.stores.pointer.set(before, after, "early")
        flip(bench, before, after, drain=drain)

    patch.setattr(switch, "_flip", early)


BROKEN = (
    nothing_is_settled,
    images_are_replayed,
    the_source_is_read_a_little_late,
    the_tail_saves_its_position_first,
    a_segment_saves_its_position_first,
    only_the_new_image_counts,
    nothing_is_drained,
    nothing_is_fenced,
    the_flip_is_not_remembered,
)


@pytest.mark.parametrize("broken", BROKEN, ids=lambda function: function.__name__)
def test_a_broken_rule_is_caught(monkeypatch: Patch, broken: Callable[[Patch], None]) -> None:
    broken(monkeypatch)
    tried = chain(map(scenario, range(_SEEDS)), each_call(lambda seed: Scenario(seed, writes=0.3)))
    assert any(outcome(made) for made in tried), f"no scenario noticed that {broken.__name__}"


# ── what verify and the index's proof are for ────────────────────────────────────────────────────────────────────


def test_verify_mends_what_was_lost_and_says_so() -> None:
    assert with_a_lost_item() == ["verify repaired 1"]


def test_without_verify_it_stays_lost(monkeypatch: Patch) -> None:
    monkeypatch.setattr(verify, "run", lambda bench: {})
    monkeypatch.setattr("verdigris.phases.exercise.prove", lambda *arguments, **options: {})
    assert with_a_lost_item()[0].startswith("lost")


def with_a_lost_item() -> list[str]:
    made = Scenario(seed=1, writes=0)
    made.until(Phase.REPLAY)
    made.world.delete("beta", next(iter(made.world.items("beta"))))
    made.to_end()
    return made._table_faults() + made._repairs()


def test_the_proof_of_the_index_mends_what_differs() -> None:
    made = Scenario(seed=1, writes=0)
    made.until(Phase.VERIFY)
    made.index.bulk(INDEX, [Document("nobody's", {"n": 1}, 1)])
    made.to_end()
    assert made.verdict() == ["reindex repaired 1"]
