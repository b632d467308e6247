"""The traffic generator's ledger and knowledge agree with any application that does what it acknowledges."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from court.client import Answer, Failed
from court.entities import CASES, ENTRIES, KINDS, NOTES, USERS, Entity, Ref
from court.generator import initial
from court.ledger import Ledger
from court.operations import Chooser, Operation
from court.reader import Reader
from court.stats import Stats
from court.world import Partition, divide, worker_of
from court.writer import Writer

from court import ledger

INITIAL = dict(initial(300, seed=11))
USERS_KNOWN = [ref.id for ref in INITIAL if ref.kind == USERS]
WORKERS = 3


class FakeCourt:
    """Does what the API does, on entities in memory; `answer` may say otherwise."""

    def __init__(self, entities: dict[Ref, Entity], gone: str = "") -> None:
        self.entities = dict(entities)
        self.color = "blue"
        self.gone = gone
        self.operations: list[Operation] = []

    def write(self, operation: Operation, failed: Failed) -> Answer | None:
        self.operations.append(operation)
        path = operation.path.partition("?")[0].removesuffix("/filings")
        ref = Ref.parse(path)
        if ref.kind == self.gone:
            return Answer(410, self.color, {})
        if operation.op == "delete":
            self.entities.pop(ref, None)
        elif operation.op == "put":
            self.entities[ref] = operation.body
        elif ref not in self.entities:
            return Answer(404, self.color, {})
        elif operation.op == "update":
            self.entities[ref] = self.entities[ref] | operation.body
        else:
            self._file(ref, operation.body)
        return Answer(200, self.color, {})

    def _file(self, ref: Ref, body: Any) -> None:
        case = self.entities[ref]
        filed = {"lastFiledAt": body["entry"]["filedAt"], "entryCount": case["entryCount"] + 1}
        self.entities[ref] = case | filed | {"rev": body["rev"]}
        self.entities[Ref(ENTRIES, body["entryId"])] = body["entry"]

    def read(self, path: str) -> Answer:
        if path.startswith("/search"):
            return Answer(200, self.color, [])
        found = self.entities.get(Ref.parse(path))
        return Answer(200, self.color, found) if found else Answer(404, self.color, {})


class Bench:
    """Writers and a reader over a fake application."""

    def __init__(self, folder: Path, court: FakeCourt, seed: int = 1) -> None:
        self.path = folder / "ledger"
        self.ledger = Ledger(self.path)
        self.stats = Stats()
        self.partitions = divide(INITIAL.items(), WORKERS, 12, seed)
        self.writers = [
            Writer(one, Chooser(one, WORKERS, seed, USERS_KNOWN), court, self.ledger, self.stats)
            for one in self.partitions
        ]
        self.reader = Reader(self.partitions, court, self.stats, Random(seed))

    def run(self, rounds: int) -> None:
        for _ in range(rounds):
            for writer in self.writers:
                for operation in writer.next():
                    writer.perform(operation)

    def expected(self) -> dict[Ref, Entity]:
        """What the initial entities and the ledger say."""
        state: dict[Ref, Entity | None] = dict(INITIAL)
        for acknowledged in ledger.read(self.path):
            state.update(acknowledged.writes)
        return {ref: entity for ref, entity in state.items() if entity is not None}


MakeBench = Callable[..., Bench]


@pytest.fixture
def make_bench(tmp_path: Path) -> Iterator[MakeBench]:
    """`make_bench(court, seed=1)`, as often as wanted in one test."""
    made: list[Bench] = []

    def make(court: FakeCourt, seed: int = 1) -> Bench:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(Bench(folder, court, seed))
        return made[-1]

    yield make
    for bench in made:
        bench.ledger.close()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_ledger_says_what_the_application_holds(make_bench: MakeBench, seed: int) -> None:
    court = FakeCourt(INITIAL)
    bench = make_bench(court, seed)
    bench.run(500)
    assert bench.expected() == court.entities
    known = {ref: slot.entity for one in bench.partitions for ref, slot in one.slots.items() if slot.entity}
    assert known == court.entities
    assert bench.stats.to_json()["refused"] == 0


def test_every_operation_and_kind_takes_part(make_bench: MakeBench) -> None:
    court = FakeCourt(INITIAL)
    make_bench(court).run(400)
    assert {operation.op for operation in court.operations} == {"put", "update", "delete", "file"}
    assert {ref.kind for operation in court.operations for ref in operation.writes} == set(KINDS)
    again = [
        (one, two)
        for one, two in pairwise(court.operations)
        if one.op == "delete" and two.op == "put" and one.writes.keys() == two.writes.keys()
    ]
    assert again, "delete and re-insert"


def test_half_of_the_operations_hit_the_hot_entities() -> None:
    [partition] = divide(INITIAL.items(), 1, 12, 1)
    rng = Random(1)
    hot = sum(partition.choose(rng) in partition.hot for _ in range(2000))
    assert 900 < hot < 1200


def test_revisions_of_an_entity_only_grow(make_bench: MakeBench) -> None:
    court = FakeCourt(INITIAL)
    make_bench(court).run(400)
    last = dict.fromkeys(INITIAL, 1)
    for operation in court.operations:
        ref = Ref.parse(operation.path.partition("?")[0].removesuffix("/filings"))
        assert operation.rev > last.get(ref, 0)
        last[ref] = operation.rev


def test_each_worker_writes_its_own_entities_only(make_bench: MakeBench) -> None:
    bench = make_bench(FakeCourt(INITIAL))
    bench.run(300)
    for partition in bench.partitions:
        assert {worker_of(ref, WORKERS) for ref in partition.refs} == {partition.index}


def test_the_same_seed_does_the_same(make_bench: MakeBench) -> None:
    courts = [FakeCourt(INITIAL), FakeCourt(INITIAL)]
    for court in courts:
        make_bench(court).run(50)
    assert courts[0].operations == courts[1].operations


def test_a_kind_that_the_new_version_lacks_is_left_alone(make_bench: MakeBench) -> None:
    court = FakeCourt(INITIAL, gone=NOTES)
    bench = make_bench(court)
    bench.run(400)
    stats = bench.stats.to_json()
    assert 1 <= stats["gone"] <= 2 * WORKERS
    assert stats["refused"] == 0
    assert bench.expected() == court.entities


def test_a_refused_write_is_counted_and_changes_nothing(make_bench: MakeBench) -> None:
    court = FakeCourt({})
    bench = make_bench(court)
    bench.run(60)
    stats = bench.stats.to_json()
    assert stats["refused"] > 0
    assert "404" in stats["examples"][0]


# ── reads ────────────────────────────────────────────────────────────────────────────────────────────────────────


def looked(bench: Bench, ref: Ref) -> dict[str, Any]:
    partition = bench.partitions[worker_of(ref, WORKERS)]
    bench.reader.look(partition, ref)
    return bench.stats.to_json()


CASE = next(ref for ref in INITIAL if ref.kind == CASES)


def test_reads_of_a_faithful_application_are_never_stale(make_bench: MakeBench) -> None:
    bench = make_bench(FakeCourt(INITIAL))
    for _ in range(100):
        bench.run(1)
        bench.reader.read()
    stats = bench.stats.to_json()
    assert (stats["reads"], stats["stale_reads"], stats["read_errors"]) == (100, 0, 0)


def test_an_entity_that_is_gone_or_another_is_a_stale_read(make_bench: MakeBench) -> None:
    court = FakeCourt(INITIAL)
    bench = make_bench(court)
    court.entities[CASE] = INITIAL[CASE] | {"rev": 0}
    assert looked(bench, CASE)["stale_reads"] == 1
    del court.entities[CASE]
    stats = looked(bench, CASE)
    assert stats["stale_reads"] == 2
    assert "absent, acknowledged rev 1" in stats["examples"][1]


def test_a_read_beside_a_write_is_not_judged(make_bench: MakeBench) -> None:
    court = FakeCourt(INITIAL)
    bench = make_bench(court)
    bench.partitions[worker_of(CASE, WORKERS)].begin([CASE])
    del court.entities[CASE]
    assert looked(bench, CASE)["stale_reads"] == 0


def test_a_color_that_was_rolled_back_to_is_behind_not_stale(make_bench: MakeBench) -> None:
    court = FakeCourt(INITIAL)
    bench = make_bench(court)
    partition = bench.partitions[worker_of(CASE, WORKERS)]
    bench.stats.wrote(1.0, "put", "blue")
    bench.stats.wrote(2.0, "put", "green")
    partition.acknowledge({CASE: INITIAL[CASE] | {"rev": 2}}, 2, "green")
    assert looked(bench, CASE)["behind"] == 1
    court.color = "green"
    stats = looked(bench, CASE)
    assert (stats["behind"], stats["stale_reads"]) == (1, 1)


# ── statistics ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("start", "end", "gap"),
    [
        (0, 10, 4.0),  # between 3 and 7
        (0, 2.5, 1.0),  # from the window's start to the first; 2 to 3 reaches over its end
        (4, 5, 4.0),  # a pause longer than the window is seen whole
        (7, 12, 5.0),  # nothing after 7: up to the window's end
        (20, 25, 18.0),
    ],
)
def test_the_longest_gap_touches_the_window(start: float, end: float, gap: float) -> None:
    stats = Stats()
    for at in (7.0, 1.0, 2.0, 3.0):  # two threads may report out of order
        stats.wrote(at, "put", "blue")
    assert stats.longest_gap(start, end) == gap


def test_partitions_hold_everything_once() -> None:
    partitions = divide(INITIAL.items(), WORKERS, 12, 1)
    assert sorted(ref for one in partitions for ref in one.refs) == sorted(INITIAL)


def test_a_partition_without_entities_can_still_be_written_to() -> None:
    partition = Partition(0, 4, Random(1), ())
    [operation] = Chooser(partition, 1, 1, ["somebody"]).next()
    assert operation.op == "put"
