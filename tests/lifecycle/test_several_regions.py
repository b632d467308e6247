"""Deployments in two regions: replicas are made, proven, looked at, removed, and every runner may die between."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from tests.lifecycle.regions import BETA, WEST, Respelt, behind, live

from verdigris import runner
from verdigris.core.machine import Event, State
from verdigris.core.model import Phase
from verdigris.core.records import Said
from verdigris.errors import PhaseFailed, Unverified
from verdigris.stores.base import Replica


def test_the_replica_is_made_while_the_table_is_empty_and_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    world, items = live(), list[bool]()
    add = world.replicas.add

    def noting(name: str, region: str) -> None:
        items.append(world.tables.is_empty(name))
        add(name, region)

    monkeypatch.setattr(world.replicas, "add", noting)
    snapshot = runner.run(world.bench(), yes_by="me", until=Phase.SWITCH)
    assert items == [True]
    assert list(world.replicas.states(BETA)) == [Replica(WEST, "ACTIVE")]
    evidence = snapshot.phases[Phase.VERIFY].evidence["replicas"]
    assert evidence == {WEST: {"items": 40, "suspects": 0, "in_motion": 0, "differences": 0, "caught_up_s": 0.0}}
    assert snapshot.plan.replicas == (WEST,)


def test_a_replica_that_lags_is_waited_for_and_the_time_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    world, reasons = live(), set[str]()
    world.progress = lambda progress: reasons.add(progress.reason)
    runner.run(world.bench(), until=Phase.REPLAY)
    behind(world, monkeypatch, by_s=20)
    snapshot = runner.run(world.bench(), until=Phase.VERIFY)
    found = snapshot.phases[Phase.VERIFY].evidence["replicas"][WEST]
    assert (found["suspects"], found["differences"]) == (1, 0)
    assert 15 <= found["caught_up_s"] <= 21
    assert f"waiting for the replica in {WEST}: 1 items are not there yet as they are at home" in reasons


def test_one_that_never_catches_up_stops_the_deployment_with_its_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    world = live()
    runner.run(world.bench(), until=Phase.REPLAY)
    behind(world, monkeypatch, by_s=10_000)
    with pytest.raises(Unverified, match=r"1 items of court-dev-beta in us-west-1 .*: case\|7/case\|7"):
        runner.run(world.bench(), yes_by="me")
    monkeypatch.undo()
    assert runner.run(world.bench(), yes_by="me", until=Phase.SWITCH).live == "green"


def test_one_whose_attributes_come_in_another_order_is_not_in_motion(monkeypatch: pytest.MonkeyPatch) -> None:
    world = live()
    runner.run(world.bench(), until=Phase.REPLAY)
    behind(world, monkeypatch, by_s=10_000)
    bench = world.bench()
    table = cache(lambda name: Respelt(world.tables.table(name)))
    bench.stores = replace(bench.stores, table=table)
    with pytest.raises(Unverified, match=r"1 items of court-dev-beta in us-west-1"):
        runner.run(bench, until=Phase.VERIFY)


def test_a_key_that_changes_all_the_time_is_in_motion(monkeypatch: pytest.MonkeyPatch) -> None:
    world = live()
    runner.run(world.bench(), until=Phase.REPLAY)
    behind(world, monkeypatch, by_s=10_000)
    ticks = iter(range(10_000))
    sleep = world.clock.sleep

    def busy(seconds: float) -> None:
        sleep(seconds)
        world.put("alpha", {"pk": "case|7", "sk": "case|7", "n": next(ticks)})

    bench = world.bench()
    bench.sleep = busy
    found = runner.run(bench, until=Phase.VERIFY).phases[Phase.VERIFY].evidence["replicas"][WEST]
    assert found["in_motion"] == 1


def test_what_was_written_since_verify_is_there_too_before_the_switch(monkeypatch: pytest.MonkeyPatch) -> None:
    world, reasons = live(), set[str]()
    world.progress = lambda progress: reasons.add(progress.reason)
    runner.run(world.bench(), until=Phase.EXERCISE)
    world.put("alpha", {"pk": "case|7", "sk": "case|7", "n": "new"})
    behind(world, monkeypatch, by_s=10_000)
    for _ in range(2):  # a second run does not see it written any more
        with pytest.raises(Unverified, match=r"1 items of court-dev-beta in us-west-1 .*: case\|7/case\|7"):
            runner.run(world.bench(), yes_by="me")
        assert world.journal().flags().color == "blue"
    monkeypatch.undo()
    behind(world, monkeypatch, by_s=20)
    assert runner.run(world.bench(), yes_by="me", until=Phase.SWITCH).live == "green"
    assert f"waiting for the replica in {WEST}: 1 items are not there yet as they are at home" in reasons


def test_a_replica_that_is_gone_stops_it_before_the_switch() -> None:
    world = live()
    runner.run(world.bench(), until=Phase.EXERCISE)
    world.replicas.lose(BETA, WEST)
    with pytest.raises(PhaseFailed, match=f"the replica of {BETA} in {WEST} is gone, and the table itself is there"):
        runner.run(world.bench(), yes_by="me")
    assert world.journal().flags().color == "blue"


def test_a_bake_stops_when_a_replica_is_gone() -> None:
    world = live()
    runner.run(world.bench(), yes_by="me", until=Phase.SWITCH)
    bench = world.bench()
    world.replicas.lose(BETA, WEST)
    with pytest.raises(PhaseFailed, match="is gone, and the table itself"):
        runner.run(bench)


def test_a_table_that_was_filled_meanwhile_gets_no_replica() -> None:
    world = live()
    bench = world.bench()
    create = world.tables.create

    def filled(name: str, shape: object) -> None:
        create(name, shape)  # type: ignore[arg-type]
        world.put("beta", {"pk": "x", "sk": "x"})

    world.tables.create = filled  # type: ignore[method-assign]
    with pytest.raises(PhaseFailed, match="holds items already"):
        runner.run(bench)


def test_an_abort_takes_it_away_with_its_table() -> None:
    world = live()
    runner.run(world.bench(), until=Phase.VERIFY)
    bench = world.bench()
    bench.log.append(Said(Event.ABORT, "me", ""))
    assert runner.run(bench).state is State.ABORTED
    assert world.tables.describe(BETA) is None
    assert list(world.replicas.states("court-dev-alpha")) == [Replica(WEST, "ACTIVE")]


def test_killed_at_every_record_it_ends_with_one_replica() -> None:
    """A runner that dies after any of the first records; the next one goes on."""
    whole = live()
    runner.run(whole.bench(), yes_by="me", until=Phase.VERIFY)
    records = whole.journal().records(1)
    for count in range(1, len(records)):
        world = live()
        left = count

        class Dead(Exception):
            pass

        def heard(record: object) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise Dead

        world.heard = heard
        with pytest.raises(Dead):
            runner.run(world.bench(), yes_by="me", until=Phase.VERIFY)
        world.heard = lambda record: None
        snapshot = runner.run(world.bench(), yes_by="me", until=Phase.VERIFY)
        assert snapshot.done(Phase.VERIFY)
        assert list(world.replicas.states(BETA)) == [Replica(WEST, "ACTIVE")]
