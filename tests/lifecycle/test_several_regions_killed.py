"""Abort and finalize in three regions, with consumers, search domains, a backup and API mappings: killed everywhere.

Whatever was killed, the same command again ends where an undisturbed one ends. What AWS does within one deletion of a
table is in `tests/fault/test_killed_removing_a_global_table.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from tests.lifecycle.consumed import BETA, Consumed
from tests.lifecycle.perils import Killed, Kills
from tests.lifecycle.scenario import MIGRATIONS, each_call
from tests.lifecycle.test_search_domains import NEW, OLD, Domained
from tests.lifecycle.world import ALIAS

from verdigris import runner
from verdigris.core.machine import Event, State
from verdigris.core.model import Color, Phase
from verdigris.core.records import Closed, PhaseDone, Record
from verdigris.journal.quarantine import QuarantineRows
from verdigris.stores.base import Replica
from verdigris.stores.memory_mappings import MemoryMappings
from verdigris.stores.outside import DISABLED

ALPHA = "court-dev-alpha"
BOTH = [Replica("us-west-1", "ACTIVE"), Replica("eu-north-1", "ACTIVE")]
MAPPINGS = {"court.example.com/admin": Color.BLUE, "court.example.com/": Color.GREEN}


@dataclass
class Regional(Consumed, Domained):
    """The table is in two regions besides home, and each data version has a search domain."""

    takes_s: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        world = self.world
        world.regions = tuple(replica.region for replica in BOTH)
        world.settings = replace(world.settings, backup=True)
        world.mappings = MemoryMappings(dict(MAPPINGS))
        for region in world.regions:
            world.replicas.add(ALPHA, region)

    def run_to_record(self, nth: int) -> bool:
        """A run that dies at its nth record; whether there is one before the switch."""
        left = nth

        def heard(record: Record) -> None:
            nonlocal left
            left -= 1
            if not left:
                raise Killed

        self.world.heard = heard
        try:
            runner.run(self.world.bench(), until=Phase.APPROVE)
        except Killed:
            return True
        finally:
            self.world.heard = lambda record: None
        return False


class BesideTheJournal(Kills):
    """Those of the journal are where a record is."""

    def __call__(self, port: str, name: str) -> None:
        if port != "rows":
            super().__call__(port, name)


def assert_only_blue_is_left(scenario: Regional) -> None:
    world = scenario.world
    assert scenario.verdict() == []
    assert world.tables.describe(BETA) is None
    assert world.beacons() == []
    assert scenario.domains.made.keys() == {OLD}
    assert scenario.old.alias(ALIAS) == "court-dev-case-alpha"
    assert scenario.pointer.read().fence is None
    flags = scenario.journal.flags()
    assert (flags.color, flags.source, flags.destination, flags.migrate) == ("blue", "alpha", "alpha", False)
    assert list(world.replicas.states(ALPHA)) == BOTH
    assert world.mappings.mappings == MAPPINGS
    assert world.backups.made == {}
    assert world.application
    assert scenario.programs.running == {Color.BLUE}
    assert_nothing_is_left(scenario)


def assert_only_green_is_left(scenario: Regional) -> None:
    world = scenario.world
    assert world.tables.describe(ALPHA) is None
    assert list(world.replicas.states(BETA)) == BOTH
    assert world.mappings.mappings == {"court.example.com/": Color.GREEN}
    assert list(world.backups.made) == [f"{ALPHA}/verdigris-dev-1"]
    assert scenario.domains.made.keys() == {NEW}
    assert scenario.programs.running == {Color.GREEN}
    flags = scenario.journal.flags()
    assert (flags.color, flags.source, flags.destination, flags.migrate) == ("green", "beta", "beta", False)
    assert [migration.name for migration in scenario.journal.applied()] == [one.name for one in MIGRATIONS]
    assert scenario.verdict() == []
    assert_nothing_is_left(scenario)


def assert_nothing_is_left(scenario: Regional) -> None:
    assert scenario.journal.checkpoints(1) == {}
    assert QuarantineRows(scenario.journal, 1).entries() == []
    assert not scenario.world.links.there()


def deployed(phase: Phase) -> Regional:
    scenario = Regional(1, writes=0)
    scenario.until(phase)
    return scenario


def baked() -> Regional:
    scenario = Regional(1, writes=0)
    scenario.command(State.BAKED)
    return scenario


@pytest.mark.parametrize("phase", [Phase.PROVISION, Phase.REINDEX])
def test_an_abort_killed_at_every_call(phase: Phase) -> None:
    killed = 0
    for scenario in each_call(lambda seed: deployed(phase), kills=BesideTheJournal):
        assert isinstance(scenario, Regional)
        stream = scenario.stream()
        scenario.command(State.ABORTED, Event.ABORT)
        killed += len(scenario.kills.killed)
        scenario.kills = Kills()
        assert_only_blue_is_left(scenario)
        assert {one.state for one in scenario.lambdas.of(stream)} == {DISABLED}
    assert killed > 5, killed


def test_an_abort_killed_at_every_record() -> None:
    nth = 0
    while True:
        nth += 1
        scenario = deployed(Phase.VERIFY)
        reached = killed_at_record(scenario, nth, State.ABORTED, Event.ABORT)
        assert_only_blue_is_left(scenario)
        if not reached:
            break
    assert nth > 6


def test_an_abort_of_a_run_that_died_at_any_record() -> None:
    """Also where the last step was begun, and nobody knows what came of it."""
    nth = 0
    while True:
        nth += 1
        scenario = Regional(1, writes=0)
        died = scenario.run_to_record(nth)
        scenario.command(State.ABORTED, Event.ABORT)
        assert_only_blue_is_left(scenario)
        if not died:
            break
    assert nth > 25


def test_a_finalize_killed_at_every_call() -> None:
    killed = 0
    for scenario in each_call(lambda seed: baked(), kills=BesideTheJournal):
        assert isinstance(scenario, Regional)
        scenario.command(State.FINISHED, Event.FINALIZE)
        killed += len(scenario.kills.killed)
        scenario.kills = Kills()
        assert_only_green_is_left(scenario)
    assert killed > 10, killed


def test_a_finalize_killed_at_every_record() -> None:
    nth = 0
    while True:
        nth += 1
        scenario = baked()
        reached = killed_at_record(scenario, nth, State.FINISHED, Event.FINALIZE)
        assert_only_green_is_left(scenario)
        if not reached:
            break
    assert nth > 15


def killed_at_record(scenario: Regional, nth: int, end: State, event: Event) -> bool:
    """The command, whose first run dies at its nth record; whether there is one."""
    count = 0

    def heard(record: Record) -> None:
        nonlocal count
        count += not isinstance(record.body, PhaseDone | Closed)  # after that it is over
        if count == nth:
            raise Killed

    scenario.world.heard = heard
    scenario.command(end, event)
    scenario.world.heard = lambda record: None
    return count >= nth
