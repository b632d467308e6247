"""Deployments whose process dies at any call to the outside; the same command again ends them, and nothing is lost.

Other people write between any two calls all the while.
"""

from __future__ import annotations

import random

import pytest
from tests.lifecycle.perils import Exposed, Killed, Kills
from tests.lifecycle.programs import Programs
from tests.lifecycle.scenario import Scenario, each_call
from tests.lifecycle.world import World

from verdigris import runner
from verdigris.core.machine import Event, State
from verdigris.core.model import DataVersion, Phase
from verdigris.journal.journal import Journal
from verdigris.stores.memory_index import MemoryIndex
from verdigris.stores.memory_pointer import MemoryPointer

UNDOABLE = [phase for phase in Phase if phase not in (Phase.APPROVE, Phase.SWITCH, Phase.BAKE, Phase.FINALIZE)]


@pytest.mark.parametrize("seed", range(20))
def test_writes_between_any_two_calls(seed: int) -> None:
    scenario = Scenario(seed, writes=0.4)
    scenario.to_end()
    assert scenario.verdict() == [], f"seed {seed}"


@pytest.mark.parametrize("half_way", [False, True])
def test_killed_at_every_call(half_way: bool) -> None:
    died = []
    for scenario in each_call(Scenario, half_way=half_way):
        scenario.to_end()
        died += scenario.kills.killed
        assert scenario.verdict() == [], f"seed {scenario.seed}, killed at {died[-1]}"
    assert len(died) > (30 if half_way else 200)


@pytest.mark.parametrize("seed", range(20))
def test_killed_again_and_again(seed: int) -> None:
    at = random.Random(seed).sample(range(400), 12)
    scenario = Scenario(seed, writes=0.3, kills=Kills(*at))
    scenario.to_end()
    assert scenario.verdict() == [], f"seed {seed}, killed at {scenario.kills.killed}"


@pytest.mark.parametrize("phase", UNDOABLE)
def test_run_undo_run_next(phase: Phase) -> None:
    """Undone after each phase, the environment is as it was; the next deployment is none the worse for it."""
    scenario = Scenario(seed=len(phase))
    scenario.until(phase)
    scenario.command(State.ABORTED, Event.ABORT)
    assert_as_before(scenario)
    scenario.to_end()
    assert scenario.verdict() == [], f"undone after {phase}"


@pytest.mark.parametrize("phase", [Phase.PROVISION, Phase.BACKFILL, Phase.EXERCISE])
def test_killed_at_every_call_of_an_abort(phase: Phase) -> None:
    def undoing(seed: int) -> Scenario:
        scenario = Scenario(seed)
        scenario.until(phase)
        return scenario

    for scenario in each_call(undoing):
        scenario.command(State.ABORTED, Event.ABORT)
        assert_as_before(scenario)
        scenario.kills = Kills()
        scenario.to_end()
        assert scenario.verdict() == [], f"seed {scenario.seed}, killed after {phase}"


def test_killed_at_every_call_of_a_way_back_and_forward() -> None:
    """Nobody writes between the rollback and the way forward again, as the rollback's message demands."""

    def baked(seed: int) -> Scenario:
        scenario = Scenario(seed)
        scenario.command(State.BAKED)
        scenario.writing = False
        return scenario

    for scenario in each_call(baked):
        scenario.command(State.RETURNED, Event.ROLLBACK)
        assert scenario.pointer.read().live == "blue"
        assert scenario.index.alias("court-dev-case") == "court-dev-case-alpha"
        scenario.command(State.BAKED, Event.FORWARD)
        scenario.writing = True
        scenario.command(State.FINISHED, Event.FINALIZE)
        assert scenario.verdict() == [], f"seed {scenario.seed}, killed at {scenario.kills.killed}"


def test_killed_at_every_call_of_a_deployment_without_migrations() -> None:
    """The color only: the data stays where it is, and the application goes on writing there."""
    for scenario in each_call(lambda seed: Scenario(seed, migrations=())):
        scenario.to_end()
        assert scenario.verdict() == [], f"seed {scenario.seed}, killed at {scenario.kills.killed}"
        assert scenario.pointer.read().live == "green"
        assert scenario.world.tables.describe("court-dev-beta") is None
        assert scenario.index.alias("court-dev-case") == "court-dev-case-alpha"


def test_killed_at_every_call_of_a_first_deployment() -> None:
    nth = 0
    while True:
        nth += 1
        kills = Kills(nth)
        world = World(index=MemoryIndex(), application=Programs())
        world.pointer = MemoryPointer(clock=world.clock)
        world.expose = lambda port, name, kills=kills: Exposed(port, name, kills)  # type: ignore[misc]
        while True:
            try:
                snapshot = runner.run(world.bench())
            except Killed:
                continue
            break
        if kills.calls < nth:
            break
        assert snapshot.state is State.FINISHED
        assert snapshot.deployment == 1
        assert world.pointer.read().live == "blue"
        assert world.index
        assert world.index.alias("court-dev-case") == "court-dev-case-alpha-1"
        assert world.tables.describe("court-dev-alpha")
        flags = Journal(world.rows, str).flags()
        assert (flags.color, flags.source, flags.destination) == ("blue", DataVersion.ALPHA, DataVersion.ALPHA)


def test_what_a_dead_run_held_is_let_go_before_anything_takes_time() -> None:
    """A sealed fence does not lapse: until it is lifted, nobody can write."""
    scenario = Scenario(seed=1, writes=0)
    scenario.kills = AfterSeal()
    with pytest.raises(Killed):
        runner.run(scenario.world.bench())
    assert scenario.pointer.read().sealed
    fenced: list[str] = []

    def look(port: str, name: str) -> None:
        if (port, name) in (("stream", "read"), ("table", "write")) and scenario.pointer.read().fence:
            fenced.append(name)
        if (port, name) == ("pointer", "fence"):
            raise Killed

    scenario.kills = look  # type: ignore[assignment]
    with pytest.raises(Killed):
        runner.run(scenario.world.bench())
    assert fenced == [], "the tail caught up while writes were refused"
    scenario.kills = Kills()
    scenario.to_end()
    assert scenario.verdict() == []


class AfterSeal(Kills):
    """Dies when the fence is sealed, and the flip has not taken place."""

    def __call__(self, port: str, name: str) -> None:
        if name == "seal":
            self.calls += 1
        elif self.calls and port == "rows":
            raise Killed


def assert_as_before(scenario: Scenario) -> None:
    world = scenario.world
    assert scenario.verdict() == []
    assert world.tables.describe("court-dev-beta") is None
    assert world.beacons() == []
    assert scenario.index.named("court-dev-case-beta") == []
    assert scenario.index.alias("court-dev-case") == "court-dev-case-alpha"
    assert scenario.pointer.read().fence is None
    flags = scenario.journal.flags()
    assert (flags.color, flags.source, flags.destination) == ("blue", DataVersion.ALPHA, DataVersion.ALPHA)
    assert not flags.migrate


def test_a_document_that_only_a_dead_run_knew_of() -> None:
    """Died between document and item; by the time of the next run the item is another one, without a document."""
    scenario = Scenario(seed=1, writes=0)
    scenario.write(1, None)
    scenario.until(Phase.REINDEX)
    scenario.write(1, "User")
    scenario.kills = AfterBulk()
    with pytest.raises(Killed):
        scenario.until(Phase.SWITCH)
    assert scenario.index.read(scenario.new_index, ["contact of case|1"])
    scenario.kills = Kills()
    scenario.write(1, "Other")
    scenario.to_end()
    assert scenario.verdict() == []


class AfterBulk(Kills):
    """Dies when the documents of a settle are written, and the table is not."""

    def __call__(self, port: str, name: str) -> None:
        if port == "index" and name == "bulk":
            self.calls += 1
        elif self.calls and (port, name) == ("table", "write"):
            raise Killed
