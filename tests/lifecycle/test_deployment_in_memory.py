"""A deployment from preflight to finalize on memory stores, with live writes between its steps."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest
from tests.lifecycle.world import Killed, World, some_items

from verdigris import runner
from verdigris.core.machine import Event, State
from verdigris.core.model import Phase
from verdigris.core.records import Flipped, Intent, Record, Said
from verdigris.core.transform import Migration
from verdigris.errors import PhaseFailed
from verdigris.phases.base import Progress
from verdigris.stores.memory import MemoryTables

Items = dict[tuple[str, ...], dict[str, Any]]


def change(item: dict[str, Any]) -> dict[str, Any]:
    return item | {"cents": item["n"] * 100}


def split(item: dict[str, Any]) -> list[dict[str, Any]]:
    contact = {"pk": item["pk"], "sk": "contact|" + item["sk"], "n": item["n"], "entityName": "Contact"}
    return [item, contact]


def source(item: dict[str, Any]) -> dict[str, Any] | None:
    if item.get("entityName") != "Contact":
        return None
    return {"pk": item["pk"], "sk": item["sk"].removeprefix("contact|")}


MIGRATIONS = (
    Migration("0001_change.py", up=change, selects={"entityName": "Case"}),
    Migration("0002_drop.py", up=lambda item: None, selects={"entityName": "Draft"}),
    Migration("0003_split.py", up=split, selects={"entityName": "User"}, source=source),
)


def expected(items: Items) -> Items:
    """What the three migrations make of the source, written out once more."""
    wanted: Items = {}
    for (pk, sk), item in items.items():
        match item["entityName"]["S"]:
            case "Case":
                wanted[pk, sk] = item | {"cents": {"N": str(Decimal(item["n"]["N"]) * 100)}}
            case "User":
                wanted[pk, sk] = item
                contact = f"contact|{sk}"
                wanted[pk, contact] = {
                    "pk": {"S": pk},
                    "sk": {"S": contact},
                    "n": item["n"],
                    "entityName": {"S": "Contact"},
                }
            case "Draft":
                pass
            case _:
                wanted[pk, sk] = item
    return wanted


class Writer:
    """Writes to the live table between any two steps of the deployment: put, update, delete, re-insert."""

    def __init__(self, world: World, seed: int, version: str = "alpha") -> None:
        self.dice = random.Random(seed)
        self.world = world
        self.version = version
        self.enabled = True

    def __call__(self, _: object = None) -> None:
        if not self.enabled or self.dice.random() < 0.3:
            return
        number = self.dice.randrange(60)
        key = (f"case|{number}", f"case|{number}")
        if self.dice.random() < 0.4:
            self.world.delete(self.version, key)
            if self.dice.random() < 0.5:
                return
        kind = self.dice.choice(["Case", "Draft", "User", "Other"])
        self.world.put(self.version, {"pk": key[0], "sk": key[1], "entityName": kind, "n": self.dice.randrange(10_000)})


def test_a_deployment_carries_the_data() -> None:
    world = World(MIGRATIONS)
    world.live(some_items(50))
    before = world.items("alpha")
    snapshot = runner.run(world.bench())
    assert snapshot.state is State.BAKED
    assert world.items("beta") == expected(before)
    assert snapshot.phases[snapshot.plan.phases[4]].evidence["repaired"] == 0

    bench = world.bench()
    bench.log.append(Said(Event.FINALIZE, "tester"))
    assert runner.run(bench).state is State.FINISHED
    assert world.tables.describe("court-dev-alpha") is None
    flags = bench.journal.flags()
    assert (flags.color, flags.source, flags.destination, flags.migrate) == ("green", "beta", "beta", False)
    assert [migration.name for migration in bench.journal.applied()] == [m.name for m in MIGRATIONS]


@pytest.mark.parametrize("seed", range(40))
def test_live_writes_are_carried_along(seed: int) -> None:
    world = World(MIGRATIONS)
    world.live(some_items(50))
    writer = Writer(world, seed)
    flipped: list[Items] = []

    def on_record(record: Record) -> None:
        if isinstance(record.body, Flipped):
            flipped.append(world.items("alpha"))
        if isinstance(record.body, Intent) and record.body.step.startswith("fence"):
            writer.enabled = False  # what the pointer's fence does
        writer()

    def on_progress(_: Progress) -> None:
        writer()

    world.heard, world.progress = on_record, on_progress
    snapshot = runner.run(world.bench())
    assert snapshot.state is State.BAKED, f"seed {seed}"
    assert world.items("beta") == expected(flipped[0]), f"seed {seed}"


def kill_at(world: World, nth: int) -> None:
    """The process dies right after its nth record is durable."""
    count = 0

    def on_record(_: Record) -> None:
        nonlocal count
        count += 1
        if count == nth:
            raise Killed

    world.heard = on_record


def test_killed_at_every_record_it_goes_on() -> None:
    """Every record in turn is the last thing that a runner does; the next one finishes, and nothing is lost."""
    nth, reached_end = 1, False
    while not reached_end:
        world = World(MIGRATIONS)
        world.live(some_items(50))
        writer = Writer(world, seed=nth)
        kill_at(world, nth)
        try:
            runner.run(world.bench())
            reached_end = True
        except Killed:
            writer()
        world.heard = lambda record: None
        switched = world.bench().snapshot.flipped
        snapshot = runner.run(world.bench())
        assert snapshot.state is State.BAKED, f"killed at record {nth}"
        if not switched:  # what is written to the old table after the flip is no longer carried
            assert world.items("beta") == expected(world.items("alpha")), f"killed at record {nth}"
        nth += 1
    assert nth > 25


def test_back_and_forward_again_keeps_what_the_new_color_was_given() -> None:
    world = World(MIGRATIONS)
    world.live(some_items(30))
    bench = world.bench()
    runner.run(bench)
    world.put("beta", {"pk": "case|new", "sk": "case|new", "entityName": "Other", "n": 1})
    bench.log.append(Said(Event.ROLLBACK, "tester"))
    assert runner.run(bench).state is State.RETURNED
    assert bench.journal.flags().color == "blue"
    bench = world.bench()
    bench.log.append(Said(Event.FORWARD, "tester"))
    assert runner.run(bench).state is State.BAKED
    assert ("case|new", "case|new") in world.items("beta")


def test_forward_again_is_refused_when_the_old_color_was_written_after_the_rollback() -> None:
    world = World(MIGRATIONS)
    world.live(some_items(30))
    bench = world.bench()
    runner.run(bench)
    world.put("beta", {"pk": "case|1", "sk": "case|1", "entityName": "Other", "n": 777})
    bench.log.append(Said(Event.ROLLBACK, "tester"))
    runner.run(bench)
    world.put("alpha", {"pk": "case|1", "sk": "case|1", "entityName": "Other", "n": 666})
    bench = world.bench()
    bench.log.append(Said(Event.FORWARD, "tester"))
    with pytest.raises(PhaseFailed, match="after the rollback"):
        runner.run(bench)
    assert bench.journal.flags().color == "blue"
    assert world.items("beta")["case|1", "case|1"]["n"] == {"N": "777"}, "neither side was touched"
    bench = world.bench()
    bench.log.append(Said(Event.ABORT, "tester"))
    assert runner.run(bench).state is State.ABORTED
    assert world.tables.describe("court-dev-beta") is None
    assert world.items("alpha")["case|1", "case|1"]["n"] == {"N": "666"}


def test_empty_pages_before_records_hide_nothing() -> None:
    world = World(MIGRATIONS)
    world.tables = MemoryTables(page_items=7, empty_pages=4, clock=world.clock)
    world.live(some_items(50))
    writer = Writer(world, seed=3)
    world.progress = writer

    def on_record(record: Record) -> None:
        if isinstance(record.body, Intent) and record.body.step.startswith("fence"):
            writer.enabled = False

    world.heard = on_record
    assert runner.run(world.bench()).state is State.BAKED
    assert world.items("beta") == expected(world.items("alpha"))


def test_an_abort_leaves_the_source_as_it_was() -> None:
    world = World(MIGRATIONS)
    world.live(some_items(30))
    before = world.items("alpha")
    bench = world.bench()
    runner.run(bench, until=Phase.EXERCISE)
    bench.log.append(Said(Event.ABORT, "tester"))
    assert runner.run(bench).state is State.ABORTED
    assert world.items("alpha") == before
    assert world.beacons() == []
    assert world.tables.describe("court-dev-beta") is None
    flags = bench.journal.flags()
    assert (flags.color, flags.source, flags.destination, flags.migrate) == ("blue", "alpha", "alpha", False)
