"""Items that expire while a deployment goes on, on either side of it."""

from __future__ import annotations

import random
from typing import Any

import pytest
from tests.lifecycle.test_deployment_in_memory import MIGRATIONS
from tests.lifecycle.world import World

from verdigris import runner
from verdigris.core.machine import State
from verdigris.core.model import Color, Phase
from verdigris.phases.base import Progress
from verdigris.stores.memory_pointer import MemoryPointer


def begin(seed: int) -> World:
    """Thirty items of which each expires somewhere in the seconds that the deployment takes, or long after."""
    dice = random.Random(seed)
    world = World(MIGRATIONS)
    world.pointer = MemoryPointer(Color.BLUE, clock=world.clock)
    world.live()
    world.tables.enable_ttl("court-dev-alpha", "expires")
    now_s = int(world.clock.now_s)
    world.put("alpha", *(item(number, now_s + dice.choice([0, 1, 2, 10_000])) for number in range(30)))
    return world


def item(number: int, expires_s: int) -> dict[str, Any]:
    key = f"case|{number}"
    return {"pk": key, "sk": key, "entityName": "Case", "n": number, "expires": expires_s}


@pytest.mark.parametrize("seed", range(10))
def test_the_service_deletes_when_it_likes_and_no_difference_is_seen(seed: int) -> None:
    world = begin(seed)
    dice = random.Random(seed)
    deleted: list[tuple[str, ...]] = []

    def on_progress(_: Progress) -> None:
        """On the source the service deletes expired items at some time; on the destination nothing does yet."""
        for key, found in world.items("alpha").items():
            if int(found["expires"]["N"]) <= world.clock.now_s and dice.random() < 0.3:
                world.delete("alpha", (key[0], key[1]))
                deleted.append(key)

    world.progress = on_progress
    snapshot = runner.run(world.bench())
    assert snapshot.state is State.BAKED, f"seed {seed}"
    evidence = snapshot.phases[Phase.VERIFY].evidence
    assert (evidence["repaired"], evidence["differences"]) == (0, 0), f"seed {seed}: {evidence}"
    now_s = world.clock.now_s
    living = {key for key, found in world.items("alpha").items() if int(found["expires"]["N"]) > now_s}
    assert living == {key for key, found in world.items("beta").items() if int(found["expires"]["N"]) > now_s}
    assert deleted, "the test must have had something to see"


def test_an_expired_item_that_only_one_side_has_is_no_difference() -> None:
    world = begin(1)
    bench = world.bench()
    runner.run(bench, until=Phase.REPLAY)
    gone = item(99, int(world.clock.now_s) - 5)
    world.put("beta", gone)
    runner.run(bench, until=Phase.VERIFY)
    assert bench.snapshot.phases[Phase.VERIFY].evidence["repaired"] == 0


def test_time_to_live_is_turned_on_last() -> None:
    world = begin(2)
    bench = world.bench()
    runner.run(bench, until=Phase.EXERCISE)
    before = world.tables.describe("court-dev-beta")
    assert before
    assert before.shape.ttl_attribute is None
    runner.run(bench)
    after = world.tables.describe("court-dev-beta")
    assert after
    assert after.shape.ttl_attribute == "expires"
