"""Refused items among keys that move and items that read others, under live writes and deaths.

What was refused is made good, or is refused another time, after verify is done: then settling alone must bring every
key to what the source says, also the keys that an item held before it was refused.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from tests.lifecycle.test_moving_keys import CLASSES, PEOPLE, Musicians, expected
from tests.lifecycle.world import Killed, World

from verdigris import runner
from verdigris.core.machine import State
from verdigris.core.model import Color, Phase
from verdigris.core.records import Flipped, Intent, Record
from verdigris.core.transform import Migration
from verdigris.errors import PhaseFailed
from verdigris.phases.base import Progress
from verdigris.stores.memory_pointer import MemoryPointer


def refusing(migration: Migration) -> Migration:
    """The same, and no person with number 3 is accepted."""

    def up(item: dict[str, Any], *view: Any) -> Any:
        if item["n"] == 3:
            raise ValueError("three")
        return migration.up(item, *view)

    return Migration(migration.name, up=up, source=migration.source, reads=migration.reads)


class Quartet(Musicians):
    """As the others do, but a few numbers are refused, until everybody is told to behave."""

    def __init__(self, world: World, seed: int) -> None:
        super().__init__(world, seed)
        self.behave = False

    def person(self, number: int, seat: str) -> dict[str, Any]:
        made = super().person(number, seat)
        return made | {"n": 2} if self.behave and made["n"] == 3 else made

    def make_good(self) -> None:
        """Everybody who is refused comes back with another number, in the same seat, on another, or on none."""
        self.behave = True
        for key, item in self.world.items("alpha").items():
            if item["n"]["N"] == "3":
                self.move(int(key[0].removeprefix("person|")))


def begin(name: str, seed: int) -> tuple[World, Quartet]:
    world = World([refusing(CLASSES[name])], page_items=3)
    world.pointer = MemoryPointer(Color.BLUE, clock=world.clock)
    world.live()
    music = Quartet(world, seed)
    for number in range(PEOPLE):
        music.move(number)

    def on_record(record: Record) -> None:
        if isinstance(record.body, Intent) and record.body.step.startswith("fence"):
            music.enabled = False
        if isinstance(record.body, Flipped):
            refused = [key for key, item in world.items("alpha").items() if item["n"]["N"] == "3"]
            assert not refused, "switched with refused items"
        music()

    def on_progress(_: Progress) -> None:
        music()

    world.heard, world.progress = on_record, on_progress
    return world, music


def deploy(world: World) -> State | None:
    """Where it stands then; None if it stopped because of the quarantine."""
    try:
        return runner.run(world.bench()).state
    except PhaseFailed as error:
        if "in quarantine" in error.what:
            return None
        raise


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("seed", range(16))
def test_what_was_refused_and_made_good_arrives(name: str, seed: int) -> None:
    world, music = begin(name, seed)
    runner.run(world.bench(), until=Phase.VERIFY)
    held = len(world.bench().quarantine.waiting)
    state = None
    for _ in range(3):  # in between the refused move on, and others are refused
        music.enabled = True
        state = state or deploy(world)
    if state is None:
        music.enabled = True
        music.make_good()
        state = deploy(world)
    assert state is State.BAKED, f"{name}, seed {seed}"
    assert world.items("beta") == expected(name, world.items("alpha")), f"{name}, seed {seed}, {held} held before"
    assert world.bench().quarantine.waiting == []


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("seed", range(8))
def test_so_it_does_when_runners_die(name: str, seed: int) -> None:
    world, music = begin(name, seed)
    dice = random.Random(seed)
    hear = world.heard
    left = [dice.randrange(1, 25)]

    def until_nth(record: Record) -> None:
        hear(record)
        left[0] -= 1
        if left[0] == 0:
            raise Killed

    world.heard = until_nth
    for _ in range(8):
        try:
            deploy(world)
        except Killed:
            left[0] = dice.randrange(1, 12)
        if world.bench().snapshot.flipped:
            return  # from here on nobody follows the old table
    music.make_good()
    world.heard = hear
    assert deploy(world) is State.BAKED, f"{name}, seed {seed}"
    assert world.items("beta") == expected(name, world.items("alpha")), f"{name}, seed {seed}"
