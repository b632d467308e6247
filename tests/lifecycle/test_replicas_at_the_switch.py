"""What a replica holds at the switch is what the table at home holds, whoever wrote there and died since the proof."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from tests.lifecycle.perils import Exposed, Killed
from tests.lifecycle.regions import behind, live
from tests.lifecycle.world import World

from verdigris import runner
from verdigris.core.machine import Event
from verdigris.core.model import Color, Phase
from verdigris.core.records import Said
from verdigris.errors import PhaseFailed, Unverified
from verdigris.phases.redriving import redrive
from verdigris.phases.tail import tail
from verdigris.stores.memory_pointer import MemoryPointer

BEHIND = r"1 items of court-dev-beta in us-west-1 .*: case\|7/case\|7"


def change(world: World) -> None:
    world.put("alpha", {"pk": "case|7", "sk": "case|7", "n": "new"})


def refused_until_it_arrives(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """By each run, however often; and the way is free when the replica has it."""
    for _ in range(2):
        with pytest.raises(Unverified, match=BEHIND):
            runner.run(world.bench(), yes_by="me")
        assert world.journal().flags().color == "blue"
    monkeypatch.undo()
    assert runner.run(world.bench(), yes_by="me", until=Phase.SWITCH).live == "green"


def test_what_a_runner_settled_that_died_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    world = live()
    runner.run(world.bench(), until=Phase.EXERCISE)
    behind(world, monkeypatch)
    change(world)
    tail(world.bench()).catch_up()  # and that was its end
    refused_until_it_arrives(world, monkeypatch)


def test_so_is_what_it_settled_while_the_proof_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """It dies when both sides have been read, and the item changes behind their backs."""
    world = live()
    runner.run(world.bench(), until=Phase.REPLAY)
    bench = world.bench()
    forget = bench.journal.forget

    def dies(deployment: int, units: Iterable[str]) -> None:
        wanted = list(units)
        if any(unit.startswith("replicas|proof") for unit in wanted):
            behind(world, monkeypatch)
            change(world)
            tail(bench).catch_up()
            raise Killed
        forget(deployment, wanted)

    monkeypatch.setattr(bench.journal, "forget", dies)
    with pytest.raises(Killed):
        runner.run(bench)
    refused_until_it_arrives(world, monkeypatch)


def test_a_last_verify_does_not_forget_what_was_written_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """The smoke test writes to the new table, which verify mends; meanwhile an item is changed, and does not arrive."""
    world = live()

    def exercise(place: object, address: str) -> dict[str, bool]:
        behind(world, monkeypatch)
        change(world)
        world.put("beta", {"pk": "smoke", "sk": "smoke"})
        return {"ran": True}

    monkeypatch.setattr(world, "_exercise", exercise)
    with pytest.raises(Unverified, match=BEHIND):
        runner.run(world.bench(), yes_by="me")
    assert world.journal().flags().color == "blue"


def test_what_a_redrive_settled_is_looked_at_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in the stream names it: so all is compared once more."""
    world = live()
    mended = False

    def up(item: dict[str, object]) -> dict[str, object]:
        if item["pk"] == "case|7" and not mended:
            raise ValueError("no")
        return item | {"marked": True}

    monkeypatch.setattr(world, "migrations", [type(world.migrations[0])("0001_mark.py", up=up)])
    runner.run(world.bench(), until=Phase.EXERCISE)
    behind(world, monkeypatch)
    mended = True
    assert not redrive(world.bench()).left
    with pytest.raises(Unverified, match=BEHIND):
        runner.run(world.bench(), yes_by="me")


def test_after_a_day_everything_is_compared_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the stream does not name all any more that was settled since the proof."""
    world = live()
    runner.run(world.bench(), until=Phase.EXERCISE)
    behind(world, monkeypatch)
    change(world)
    for _ in range(3):
        tail(world.bench()).catch_up()
        world.clock.sleep(8 * 3600)
    refused_until_it_arrives(world, monkeypatch)


@dataclass
class Closing:
    """A fence under which the last write arrives, and goes no further: until `arrives_s` it is not in the west."""

    world: World
    monkeypatch: pytest.MonkeyPatch
    arrives_s: float

    def __call__(self, port: str, name: str) -> None:
        if (port, name) == ("pointer", "fence"):
            behind(self.world, self.monkeypatch, self.arrives_s)
            change(self.world)


def test_the_last_writes_are_there_before_the_flip(monkeypatch: pytest.MonkeyPatch) -> None:
    world = fenced(monkeypatch, arrives_s=3)
    began_s = world.clock()
    assert runner.run(world.bench(), yes_by="me", until=Phase.SWITCH).live == "green"
    assert 3 <= world.clock() - began_s < 5


def test_the_switch_is_given_up_where_they_do_not_arrive_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    world = fenced(monkeypatch, arrives_s=1e9)
    with pytest.raises(PhaseFailed, match=f"the switch was given up: {BEHIND}"):
        runner.run(world.bench(), yes_by="me")
    assert world.pointer
    assert world.pointer.read().fence is None, "writes are released again"
    world.expose = lambda port, name: port
    refused_until_it_arrives(world, monkeypatch)


def fenced(monkeypatch: pytest.MonkeyPatch, arrives_s: float) -> World:
    world = live()
    world.pointer = MemoryPointer(Color.BLUE, clock=world.clock)
    runner.run(world.bench(), until=Phase.EXERCISE)
    closing = Closing(world, monkeypatch, arrives_s)
    world.expose = lambda port, name: Exposed(port, name, closing)
    return world


def test_going_forward_again_everything_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the new color was given before the rollback is in no hint of the old table's stream."""
    world = live()
    runner.run(world.bench(), yes_by="me", until=Phase.SWITCH)
    bench = world.bench()
    bench.log.append(Said(Event.ROLLBACK, "me"))
    assert runner.run(bench).live == "blue"
    behind(world, monkeypatch)
    bench = world.bench()
    bench.log.append(Said(Event.FORWARD, "me"))
    with pytest.raises(Unverified, match=BEHIND):
        runner.run(bench)
    assert world.journal().flags().color == "blue"
