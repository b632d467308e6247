"""Migrations whose outputs sit at keys that change owners, and migrations that read other items, under live writes."""

from __future__ import annotations

import random
from typing import Any

import pytest
from tests.lifecycle.live import accompany, died_at_record
from tests.lifecycle.world import World

from verdigris import runner
from verdigris.core.machine import Event, State
from verdigris.core.model import Color, Phase
from verdigris.core.records import Said
from verdigris.core.transform import Migration
from verdigris.errors import PhaseFailed
from verdigris.phases.tail import tail
from verdigris.stores.memory_pointer import MemoryPointer

Items = dict[tuple[str, ...], dict[str, Any]]

SEATS = 6
PEOPLE = 12


def to_seat(item: dict[str, Any]) -> dict[str, Any] | None:
    """A person becomes the item of the seat that he holds; nothing in the output says who he was."""
    return {"pk": f"seat|{item['seat']}", "sk": "seat", "n": item["n"]} if item["seat"] != "none" else None


def to_own_seat(item: dict[str, Any]) -> dict[str, Any] | None:
    """The same, and the output says who he is."""
    seat = to_seat(item)
    return seat and seat | {"who": item["pk"]}


def holder(item: dict[str, Any]) -> dict[str, Any]:
    return {"pk": item["who"], "sk": "person"}


def with_seat(item: dict[str, Any], view: Any) -> dict[str, Any]:
    """A person gets the number that the person before him has."""
    before = view.get({"pk": item["before"], "sk": "person"})
    return item | {"seen": before["n"] if before else -1}


def moved_by_what_it_reads(item: dict[str, Any], view: Any) -> dict[str, Any]:
    """A person sits at the number of the person before him: the key changes when that person does."""
    before = view.get({"pk": item["before"], "sk": "person"})
    return {"pk": f"at|{item['pk']}|{before['n'] if before else 'nobody'}", "sk": "person"}


CLASSES = {
    "keys move, no owner in the output": Migration("0001_seats.py", up=to_seat),
    "keys move, the owner is in the output": Migration("0001_seats.py", up=to_own_seat, source=holder),
    "reads others": Migration("0001_seen.py", up=with_seat, reads=True),
    "moved by what it reads": Migration("0001_at.py", up=moved_by_what_it_reads, reads=True),
}


def expected(name: str, items: Items) -> Items:
    people = {key[0]: item for key, item in items.items()}
    wanted: Items = {}
    for (pk, sk), item in items.items():
        before = people.get(item["before"]["S"])
        match name:
            case "keys move, no owner in the output" | "keys move, the owner is in the output":
                if item["seat"]["S"] != "none":
                    key = (f"seat|{item['seat']['S']}", "seat")
                    wanted[key] = {"pk": {"S": key[0]}, "sk": {"S": "seat"}, "n": item["n"]}
                    if name == "keys move, the owner is in the output":
                        wanted[key] |= {"who": {"S": pk}}
            case "reads others":
                wanted[pk, sk] = item | {"seen": before["n"] if before else {"N": "-1"}}
            case _:
                at = f"at|{pk}|{before['n']['N'] if before else 'nobody'}"
                wanted[at, "person"] = {"pk": {"S": at}, "sk": {"S": "person"}}
    return wanted


class Musicians:
    """Musical chairs on the live table: people come, go and change seats; one seat has one holder at any time."""

    def __init__(self, world: World, seed: int) -> None:
        self.dice = random.Random(seed)
        self.world = world
        self.held: dict[str, int] = {}
        self.enabled = True

    def person(self, number: int, seat: str) -> dict[str, Any]:
        before = f"person|{(number + 1) % PEOPLE}"
        return {"pk": f"person|{number}", "sk": "person", "seat": seat, "n": self.dice.randrange(4), "before": before}

    def move(self, number: int) -> None:
        mine = [seat for seat, holder in self.held.items() if holder == number]
        for seat in mine:
            del self.held[seat]
        if self.dice.random() < 0.25:
            self.world.delete("alpha", (f"person|{number}", "person"))
            return
        free = [str(seat) for seat in range(SEATS) if str(seat) not in self.held]
        seat = self.dice.choice([*free, "none"])
        self.world.put("alpha", self.person(number, seat))
        if seat != "none":
            self.held[seat] = number

    def __call__(self, _: object = None) -> None:
        while self.enabled and self.dice.random() < 0.7:
            self.move(self.dice.randrange(PEOPLE))


def begin(name: str, seed: int) -> tuple[World, Musicians]:
    world = World([CLASSES[name]], page_items=3)
    world.pointer = MemoryPointer(Color.BLUE, clock=world.clock)
    world.live()
    music = Musicians(world, seed)
    for number in range(PEOPLE):
        music.move(number)

    accompany(world, music)
    return world, music


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("seed", range(30))
def test_what_moves_under_live_writes_arrives(name: str, seed: int) -> None:
    world, _ = begin(name, seed)
    snapshot = runner.run(world.bench())
    assert snapshot.state is State.BAKED, f"{name}, seed {seed}"
    assert world.items("beta") == expected(name, world.items("alpha")), f"{name}, seed {seed}"


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("nth", range(2, 30, 3))
def test_a_dead_runner_leaves_its_claims(name: str, nth: int) -> None:
    world, music = begin(name, seed=nth)
    switched = died_at_record(world, nth, music)
    assert runner.run(world.bench()).state is State.BAKED, f"{name}, killed at record {nth}"
    if not switched:
        assert world.items("beta") == expected(name, world.items("alpha")), f"{name}, killed at record {nth}"


@pytest.mark.parametrize("name", [name for name in CLASSES if name.startswith("keys move")])
def test_a_key_that_is_passed_on_stays_with_its_new_holder_whatever_verify_does(name: str) -> None:
    """The taking is read a page before the leaving: the second settle must know of the first one's claim."""
    world = World([CLASSES[name]])
    first, second = (
        {"pk": f"person|{n}", "sk": "person", "seat": s, "n": n, "before": "x"} for n, s in ((1, "7"), (2, "none"))
    )
    world.live([first, second])
    bench = world.bench()
    runner.run(bench, until=Phase.REPLAY)
    settler = tail(bench).settler
    world.put("alpha", first | {"seat": "none"}, second | {"seat": "7"})
    leaves, takes = ("person|1", "person"), ("person|2", "person")
    settler.hints({takes: {("seat|7", "seat")}})
    settler.hints({leaves: {("seat|7", "seat")}})
    assert world.items("beta") == expected(name, world.items("alpha"))


def test_two_holders_of_one_key_are_named_before_anything_is_switched() -> None:
    world = World([CLASSES["keys move, no owner in the output"]])
    world.live(
        [
            {"pk": f"person|{number}", "sk": "person", "seat": "1", "n": number, "before": "nobody"}
            for number in range(2)
        ]
    )
    with pytest.raises(PhaseFailed, match=r"person\|0/person and person\|1/person both become seat\|1/seat"):
        runner.run(world.bench())
    assert world.bench().snapshot.live == "blue"


def test_claims_are_gone_with_the_deployment() -> None:
    world, _ = begin("keys move, no owner in the output", seed=1)
    bench = world.bench()
    runner.run(bench)
    assert world.links.size > 0
    bench.log.append(Said(Event.FINALIZE, "tester"))
    runner.run(bench)
    assert world.links.size == 0
