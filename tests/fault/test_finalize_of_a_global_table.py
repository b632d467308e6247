"""Finalize of an environment whose old table has a replica, and what AWS refuses on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.contract.stores import local_aws
from tests.fault.global_tables import Copy, GlobalTable, answer
from tests.fault.scripted import Answer, Request, answering
from tests.lifecycle.scenario import Scenario
from tests.lifecycle.world import World

from verdigris import runner
from verdigris.core.machine import Event, State
from verdigris.core.records import Said
from verdigris.core.snapshot import Snapshot
from verdigris.errors import Invalid
from verdigris.stores.dynamodb_admin import DynamoAdmin

EAST, WEST = "us-east-1", "us-west-1"
OLD = "court-dev-alpha"


class OldTableOnAws:
    """A `TableAdmin` of memory tables, of which the old one is a table of (scripted) AWS."""

    def __init__(self, world: World, aws: DynamoAdmin) -> None:
        self._world, self._aws = world, aws

    def __getattr__(self, name: str) -> Any:
        return lambda table, *more: getattr(self._aws if table == OLD else self._world.tables, name)(table, *more)


def nothing_else(request: Request) -> Answer:
    raise AssertionError(request)


@contextmanager
def baked(table: GlobalTable) -> Iterator[Scenario]:
    scenario = Scenario(1, writes=0)
    scenario.command(State.BAKED)
    with answering(answer(table, otherwise=nothing_else)) as script:
        aws = DynamoAdmin(local_aws(script.url, EAST), sleep=lambda seconds: None)
        scenario.world.expose = lambda port, name: OldTableOnAws(scenario.world, aws) if name == "admin" else port
        yield scenario


def finalize(scenario: Scenario) -> Snapshot:
    bench = scenario.world.bench()
    if bench.snapshot.state is State.BAKED:
        bench.log.append(Said(Event.FINALIZE, "tester"))
    return runner.run(bench)


def test_the_replica_goes_first_then_the_home() -> None:
    table = GlobalTable(OLD, {EAST: Copy(), WEST: Copy(EAST)})
    with baked(table) as scenario:
        assert finalize(scenario).state is State.FINISHED
    assert table.changes == [(EAST, "UpdateTable", WEST), (EAST, "DeleteTable", EAST)]


def test_protection_stops_it_in_the_middle_and_it_goes_on_there() -> None:
    table = GlobalTable(OLD, {EAST: Copy(), WEST: Copy(EAST, protected=True)})
    with baked(table) as scenario:
        with pytest.raises(Invalid, match=f"deletion protection is on for {OLD} in {WEST}") as caught:
            finalize(scenario)
        assert "--no-deletion-protection-enabled" in caught.value.next_command
        assert (table.changes, set(table.copies)) == ([], {EAST, WEST})
        flags = scenario.journal.flags()
        assert (flags.source, flags.destination) == ("beta", "beta"), "no flag names what is about to go"
        table.copies[WEST].protected = False
        snapshot = finalize(scenario)
    assert snapshot.state is State.FINISHED
    assert table.copies == {}
    steps = [getattr(record.body, "step", "") for record in scenario.journal.records(1)]
    assert steps.count("stop-application") == 2, "what was done is not done again: one intent, one outcome"
