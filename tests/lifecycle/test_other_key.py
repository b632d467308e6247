"""Deployments into a table with another key: (pk, sk) → seat, a number, under live writes, refusals and deaths."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.lifecycle.live import accompany, died_at_record
from tests.lifecycle.test_moving_keys import PEOPLE, Items
from tests.lifecycle.test_quarantine_moving_keys import Quartet, deploy, refusing
from tests.lifecycle.world import SHAPE, World

from verdigris import runner
from verdigris.core.machine import Event, State
from verdigris.core.model import Color, KeySchema, Phase
from verdigris.core.planning import NewShape
from verdigris.core.records import Said
from verdigris.core.reserved import Reserved
from verdigris.core.transform import Migration
from verdigris.errors import PhaseFailed
from verdigris.stores.memory_pointer import MemoryPointer
from verdigris.stores.table_shape import shape_with_key

SEAT = KeySchema((("seat", "N"),))
SEATS = NewShape(dict(shape_with_key(SEAT).create), SHAPE.key, SEAT, "expires", (), ("key pk+sk → seat",))
TEXT = KeySchema((("seat", "S"),))
SWAPPED = NewShape(dict(shape_with_key(TEXT).create), KeySchema((("id", "S"),)), TEXT)


def to_seat(item: dict[str, Any]) -> dict[str, Any] | None:
    """Nothing in the output says who sits there."""
    return {"seat": int(item["seat"]), "n": item["n"]} if item["seat"] != "none" else None


def to_own_seat(item: dict[str, Any]) -> dict[str, Any] | None:
    seat = to_seat(item)
    return seat and seat | {"who": item["pk"]}


def with_seat(item: dict[str, Any]) -> dict[str, Any] | None:
    """All that the person was, the old key too."""
    return item | {"seat": int(item["seat"])} if item["seat"] != "none" else None


def beside(item: dict[str, Any], view: Any) -> dict[str, Any] | None:
    """On the seat with the number of the person before added: the key changes when that person does."""
    before = view.get({"pk": item["before"], "sk": "person"})
    made = to_seat(item)
    return made and made | {"seat": made["seat"] * 100 + (before["n"] if before else 50)}


def in_halves(item: dict[str, Any]) -> dict[str, Any] | None:
    return {"half": item["seat"], "n": item["n"]} if item["seat"] != "none" else None


def whole(item: dict[str, Any]) -> dict[str, Any]:
    return {"seat": int(item["half"]), "n": item["n"]}


CLASSES: dict[str, list[Migration]] = {
    "claims": [Migration("0001_seat.py", up=to_seat)],
    "source": [Migration("0001_seat.py", up=to_own_seat, source=lambda item: {"pk": item["who"], "sk": "person"})],
    "the old key is kept": [Migration("0001_seat.py", up=with_seat)],
    "reads others": [Migration("0001_seat.py", up=beside, reads=True)],
    "no key in between": [Migration("0001_half.py", up=in_halves), Migration("0002_seat.py", up=whole)],
}


def expected(name: str, items: Items) -> Items:
    people = {key[0]: item for key, item in items.items()}
    wanted: Items = {}
    for (pk, _), item in items.items():
        seat = item["seat"]["S"]
        if seat == "none":
            continue
        if name == "reads others":
            before = people.get(item["before"]["S"])
            seat = str(int(seat) * 100 + (int(before["n"]["N"]) if before else 50))
        made = {"seat": {"N": seat}, "n": item["n"]}
        made |= {"who": {"S": pk}} if name == "source" else {}
        wanted[(seat,)] = item | made if name == "the old key is kept" else made
    return wanted


def begin(name: str, seed: int, *, refuse: bool = False) -> tuple[World, Quartet]:
    first, *others = CLASSES[name]
    world = World([refusing(first) if refuse else first, *others], page_items=3, new_shape=SEATS)
    world.pointer = MemoryPointer(Color.BLUE, clock=world.clock)
    world.live()
    music = Quartet(world, seed)
    for number in range(PEOPLE):
        music.move(number)

    accompany(world, music)
    return world, music


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("seed", range(12))
def test_what_changes_its_key_under_live_writes_arrives(name: str, seed: int) -> None:
    world, _ = begin(name, seed)
    assert runner.run(world.bench()).state is State.BAKED, f"{name}, seed {seed}"
    assert world.items("beta") == expected(name, world.items("alpha")), f"{name}, seed {seed}"
    facts = world.tables.describe("court-dev-beta")
    assert facts
    assert (facts.key, facts.shape.ttl_attribute) == (SEAT, "expires")


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("nth", range(2, 30, 2))
def test_a_runner_that_dies_loses_nothing(name: str, nth: int) -> None:
    world, music = begin(name, seed=nth)
    switched = died_at_record(world, nth, music)
    assert runner.run(world.bench()).state is State.BAKED, f"{name}, killed at record {nth}"
    if not switched:
        assert world.items("beta") == expected(name, world.items("alpha")), f"{name}, killed at record {nth}"


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("seed", range(8))
def test_what_was_refused_and_made_good_arrives(name: str, seed: int) -> None:
    world, music = begin(name, seed, refuse=True)
    state = None
    for _ in range(3):
        music.enabled = True
        state = state or deploy(world)
    if state is None:
        music.enabled = True
        music.make_good()
        state = runner.run(world.bench()).state
    assert state is State.BAKED, f"{name}, seed {seed}"
    assert world.items("beta") == expected(name, world.items("alpha")), f"{name}, seed {seed}"
    assert world.bench().quarantine.waiting == []


def person(number: int, seat: str, **more: Any) -> dict[str, Any]:
    return {"pk": f"person|{number}", "sk": "person", "seat": seat, "n": number, "before": "nobody", **more}


def still(*items: dict[str, Any], migration: Migration) -> World:
    world = World([migration], new_shape=SEATS)
    world.live(list(items))
    return world


# ── a life with it ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_back_forward_and_the_next_deployment_copies_the_new_shape() -> None:
    world, music = begin("the old key is kept", seed=3)
    music.enabled = False
    bench = world.bench()
    assert runner.run(bench).state is State.BAKED
    bench.log.append(Said(Event.ROLLBACK, "tester"))
    assert runner.run(bench).state is State.RETURNED
    assert world.pointer
    assert world.pointer.read().live is Color.BLUE
    bench.log.append(Said(Event.FORWARD, "tester"))
    assert runner.run(bench).state is State.BAKED
    bench.log.append(Said(Event.FINALIZE, "tester"))
    assert runner.run(bench).state is State.FINISHED
    before = world.items("beta")
    world.new_shape = None  # what [table.destination] says is what the table is
    world.settings = replace(world.settings, reserved=Reserved(SEAT, "-1"))  # a number now
    world.migrations = [*world.migrations, Migration("0002_more.py", up=lambda item: item | {"more": 1})]
    assert runner.run(world.bench()).state is State.BAKED
    assert world.items("alpha") == {key: item | {"more": {"N": "1"}} for key, item in before.items()}
    facts = world.tables.describe("court-dev-alpha")
    assert facts
    assert (facts.key, facts.shape.ttl_attribute) == (SEAT, "expires")


def test_an_aborted_deployment_leaves_the_old_shape() -> None:
    world, music = begin("claims", seed=1)
    bench = world.bench()
    runner.run(bench, until=Phase.VERIFY)
    bench.log.append(Said(Event.ABORT, "tester"))
    assert runner.run(bench).state is State.ABORTED
    assert world.tables.describe("court-dev-beta") is None
    assert world.links.size == 0
    music()
    assert runner.run(world.bench()).state is State.BAKED
    assert world.items("beta") == expected("claims", world.items("alpha"))


def test_an_empty_table_that_somebody_prepared_must_have_the_planned_key() -> None:
    world = still(person(1, "1"), migration=CLASSES["claims"][0])
    world.tables.create("court-dev-beta", SHAPE)
    with pytest.raises(PhaseFailed, match=r"court-dev-beta is there already, and its key is pk\+sk; seat is planned"):
        runner.run(world.bench())


def test_no_migration_is_needed_where_the_items_have_the_new_key_already() -> None:
    world = World(new_shape=SWAPPED)
    world.settings = replace(world.settings, reserved=Reserved(SWAPPED.key_before, "verdigris|beacon"))
    world.live([{"id": str(n), "seat": str(n % 8)} for n in range(9)], shape=shape_with_key(SWAPPED.key_before))
    world.journal().set_flags({"migrate": True})
    with pytest.raises(PhaseFailed, match="0 and 8 both become 0"):
        runner.run(world.bench())
    world.delete("alpha", ("0",))
    assert runner.run(world.bench()).state is State.BAKED
    assert {key: item["id"]["S"] for key, item in world.items("beta").items()} == {
        (seat,): "8" if seat == "0" else seat for seat in "01234567"
    }


def test_other_indexes_alone_change_no_key() -> None:
    shape = NewShape(
        {**dict(SHAPE.create), "TableClass": "STANDARD"}, SHAPE.key, SHAPE.key, changes=("index x is new",)
    )
    world = World([Migration("0001.py", up=lambda item: item, selects={"n": -1})], new_shape=shape)
    world.live([person(1, "1"), person(2, "2")])
    assert runner.run(world.bench()).state is State.BAKED
    assert world.items("beta") == world.items("alpha")
    facts = world.tables.describe("court-dev-beta")
    assert facts
    assert facts.shape.create["TableClass"] == "STANDARD"
    assert world.links.size == 0
