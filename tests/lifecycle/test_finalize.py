"""Finalize: each thing of the old color goes by a step of its own, and a listing shows that nothing is left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.lifecycle.scenario import MIGRATIONS, Scenario, each_call
from tests.lifecycle.world import Killed

from verdigris import runner
from verdigris.core.machine import Event, State
from verdigris.core.model import Color, Phase
from verdigris.core.records import Evidence, PhaseDone, Record, Said
from verdigris.errors import PhaseFailed
from verdigris.phases.base import Bench
from verdigris.stores.base import LinkKind
from verdigris.stores.memory_backups import MemoryBackups
from verdigris.stores.memory_mappings import MemoryMappings

MAPPINGS = {"court.example.com/admin": Color.BLUE, "blue.example.com/": Color.BLUE, "court.example.com/": Color.GREEN}


def baked(seed: int = 1, *, migrating: bool = True) -> Scenario:
    scenario = Scenario(seed, writes=0, migrations=MIGRATIONS if migrating else ())
    scenario.world.settings = replace(scenario.world.settings, backup=True)
    scenario.world.mappings = MemoryMappings(dict(MAPPINGS))
    scenario.command(State.BAKED)
    return scenario


def finalize(scenario: Scenario) -> Evidence:
    scenario.command(State.FINISHED, Event.FINALIZE)
    return proof(scenario)


def proof(scenario: Scenario) -> Evidence:
    journal = scenario.journal
    return journal.folded(journal.records(1)).phases[Phase.FINALIZE].evidence


def assert_only_green_is_left(scenario: Scenario) -> None:
    world, journal = scenario.world, scenario.journal
    assert world.tables.describe("court-dev-alpha") is None
    assert world.mappings.mappings == {"court.example.com/": Color.GREEN}
    assert len(world.backups.made) == 1
    assert not world.links.there()
    assert [row["pk"] for row in world.rows.scan("verdigris|") if "|0000" in str(row["pk"])] == []
    flags = journal.flags()
    assert (flags.color, flags.source, flags.destination, flags.migrate) == ("green", "beta", "beta", False)
    assert [migration.name for migration in journal.applied()] == [migration.name for migration in MIGRATIONS]


def test_everything_of_the_old_color_goes() -> None:
    scenario = baked()
    evidence = finalize(scenario)
    assert_only_green_is_left(scenario)
    assert evidence["backup"] == "court-dev-alpha/verdigris-dev-1"
    assert evidence["removed"] == [
        "court-dev-case-alpha",
        "court-dev-alpha",
        "court.example.com/admin",
        "blue.example.com/",
    ]
    assert evidence["not_there"] == []
    assert scenario.world.application
    assert scenario.world.application.running == {Color.GREEN}  # type: ignore[attr-defined]


def test_nothing_goes_before_the_backup_is_whole() -> None:
    scenario = baked()
    there: list[bool] = []

    def look(port: str, name: str) -> None:
        if (port, name) == ("backups", "available"):
            there.append(
                scenario.world.tables.describe("court-dev-alpha") is not None
                and scenario.index.exists("court-dev-case-alpha")
                and scenario.world.mappings.mappings == MAPPINGS
            )

    scenario.kills = look  # type: ignore[assignment]
    finalize(scenario)
    assert there == [True] * 3


def test_killed_at_every_call() -> None:
    killed = 0
    for scenario in each_call(baked):
        scenario.command(State.FINISHED, Event.FINALIZE)
        assert_only_green_is_left(scenario)
        assert len(proof(scenario)["removed"]) == 4, "what a dead run removed was there"
        assert scenario.verdict() == []
        killed += len(scenario.kills.killed)
    assert killed > 40


def test_killed_at_every_record() -> None:
    nth, reached_end = 0, False
    while not reached_end:
        nth += 1
        scenario = baked()
        count = 0

        def heard(record: Record) -> None:
            nonlocal count
            count += not isinstance(record.body, PhaseDone)  # after that it is over
            if count == nth:  # noqa: B023  called within this round
                raise Killed

        scenario.world.heard = heard
        scenario.command(State.FINISHED, Event.FINALIZE)
        reached_end = count < nth
        assert_only_green_is_left(scenario)
    assert nth > 15


def test_what_is_not_there_is_said_to_be_not_there() -> None:
    scenario = baked()
    scenario.index.delete("court-dev-case-alpha")
    scenario.world.tables.delete("court-dev-alpha")
    evidence = finalize(scenario)
    assert evidence["not_there"] == ["court-dev-case-alpha", "court-dev-alpha"]
    assert not {"court-dev-case-alpha", "court-dev-alpha"} & set(evidence["removed"])
    assert scenario.world.backups.made == {}


def test_an_index_that_is_searched_stays() -> None:
    scenario = baked()
    scenario.index.point_alias("court-dev-case", "court-dev-case-beta-1", "court-dev-case-alpha")  # by hand
    with pytest.raises(PhaseFailed, match="it is what is searched"):
        finalize(scenario)
    assert scenario.index.exists("court-dev-case-alpha")
    assert scenario.world.tables.describe("court-dev-alpha"), "nor does anything that comes after it"
    scenario.index.point_alias("court-dev-case", "court-dev-case-alpha", "court-dev-case-beta-1")
    assert finalize(scenario)["not_there"] == []


def test_a_color_without_data_takes_its_mappings_along_and_no_table() -> None:
    scenario = baked(migrating=False)
    evidence = finalize(scenario)
    assert scenario.world.tables.describe("court-dev-alpha")
    assert scenario.index.exists("court-dev-case-alpha")
    assert scenario.world.backups.made == {}
    assert evidence["removed"] == ["court.example.com/admin", "blue.example.com/"]


def test_a_backup_that_cannot_be_made_yet_is_waited_for_up_to_an_hour() -> None:
    scenario = baked()
    reasons: list[str] = []
    scenario.world.progress = lambda progress: reasons.append(progress.reason)
    scenario.world.backups = MemoryBackups(scenario.world.tables, busy=lambda: True)
    began_s = scenario.world.clock()
    with pytest.raises(PhaseFailed, match="waited 60 minutes for the backup of court-dev-alpha: another backup"):
        finalize(scenario)
    assert scenario.world.clock() - began_s >= 3600
    assert "another backup is being made" in reasons[0]
    assert scenario.world.tables.describe("court-dev-alpha")
    scenario.world.backups = MemoryBackups(scenario.world.tables)
    assert finalize(scenario)["backup"]


def test_nothing_that_makes_backups_is_no_backup() -> None:
    scenario = baked()
    bench = scenario.world.bench()
    bench.stores.backups = None
    bench.log.append(Said(Event.FINALIZE, "tester"))
    with pytest.raises(PhaseFailed, match="nothing here makes backups"):
        runner.run(bench)
    assert scenario.world.tables.describe("court-dev-alpha")


def keep_claims(bench: Bench) -> None:
    bench.stores.links.drop = lambda: None  # type: ignore[method-assign]
    bench.stores.links.add([(LinkKind.OWNER, ("a", "a"), ("b", "b"))])


def keep_checkpoints(bench: Bench) -> None:
    bench.journal.forget = lambda deployment, units: None  # type: ignore[method-assign]


@pytest.mark.parametrize(("keep", "what"), [(keep_claims, "claims"), (keep_checkpoints, "checkpoint backfill")])
def test_a_listing_must_find_nothing(keep: Callable[[Bench], None], what: str) -> None:
    scenario = baked()
    bench = scenario.world.bench()
    bench.log.append(Said(Event.FINALIZE, "tester"))
    keep(bench)
    with pytest.raises(PhaseFailed, match=f"still there: {what}"):
        runner.run(bench)
    assert finalize(scenario)["live"] == "green", "the next run removes it"


def test_by_itself_it_is_not_said_while_traffic_goes_elsewhere() -> None:
    """Once it is said there is no way back, though nothing was removed yet."""
    scenario = Scenario(1, writes=0, migrations=MIGRATIONS)
    world = scenario.world
    world.settings = replace(world.settings, finalize="auto")

    def move(record: Record) -> None:
        if isinstance(record.body, PhaseDone) and record.body.phase is Phase.BAKE:
            scenario.pointer.set(Color.GREEN, Color.BLUE, "by hand")

    world.heard = move
    with pytest.raises(PhaseFailed, match="traffic goes to blue, not to green"):
        runner.run(world.bench())
    assert scenario.journal.folded(scenario.journal.records(1)).state is State.BAKED
    assert world.tables.describe("court-dev-alpha")
