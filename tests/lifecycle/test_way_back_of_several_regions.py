"""Nobody goes back to a table that is not whole in every region; while the new one is not, nothing old is removed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.lifecycle.perils import Exposed, Killed, Kills
from tests.lifecycle.regions import BETA, WEST, Respelt, behind, live
from tests.lifecycle.world import World

from verdigris import runner
from verdigris.core.alarms import Alarm, AlarmState, OnAlarm
from verdigris.core.machine import Event, State
from verdigris.core.model import Phase
from verdigris.core.records import PhaseBegan, Said
from verdigris.errors import PhaseFailed
from verdigris.phases import way_back
from verdigris.phases.watches import AlarmWatch, Watches
from verdigris.stores.base import Replica
from verdigris.stores.memory_watches import MemoryAlarms

ALPHA = "court-dev-alpha"
GONE = f"the replica of {ALPHA} in {WEST} is gone, and the table itself is there"


@pytest.fixture
def baked() -> World:
    world = live()
    assert runner.run(world.bench(), yes_by="me").state is State.BAKED
    return world


def refused(world: World, match: str) -> PhaseFailed:
    before = dict(world.tables.contents(ALPHA).items)
    with pytest.raises(PhaseFailed, match=match) as caught:
        way_back.demand(world.bench())
    assert world.tables.contents(ALPHA).items == before
    assert caught.value.state == "nothing was held; green serves on in every region"
    return caught.value


def test_what_is_whole_may_be_gone_back_to(baked: World) -> None:
    before = dict(baked.tables.contents(ALPHA).items)
    way_back.demand(baked.bench())
    assert baked.tables.contents(ALPHA).items == before, "the item by which it looked is gone again"


def test_the_order_of_attributes_is_no_difference(baked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    there = Respelt(baked.replicas.table(ALPHA, WEST))
    monkeypatch.setattr(baked.replicas, "table", lambda name, region: there)
    way_back.demand(baked.bench())


def test_a_replica_that_is_gone_is_named_and_what_to_type(baked: World) -> None:
    baked.replicas.lose(ALPHA, WEST)
    error = refused(baked, GONE)
    assert error.next_command == (
        f"aws dynamodb update-table --table-name {ALPHA} --replica-updates 'Create={{RegionName={WEST}}}', then: "
        "verdigris rollback dev --lossy; or, for the other regions' sake: verdigris rollback dev --lossy "
        "--stale-replicas"
    )


def test_one_that_is_not_active_yet_is_waited_for_by_whoever_asks(
    baked: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(baked.replicas, "states", lambda name: [Replica(WEST, "CREATING")])
    error = refused(baked, f"the replica of {ALPHA} in {WEST} is CREATING")
    assert error.next_command.startswith("verdigris rollback dev --lossy; or")


def test_one_that_writes_do_not_come_to_is_found(baked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is ACTIVE all the while."""
    behind(baked, monkeypatch, key=baked.settings.reserved.key(0))
    began_s = baked.clock()
    refused(baked, f"what is written to {ALPHA} has not arrived in {WEST} for 30 s")
    assert 30 <= baked.clock() - began_s < 31


def test_one_that_lags_is_waited_for(baked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    behind(baked, monkeypatch, by_s=12, key=baked.settings.reserved.key(0))
    way_back.demand(baked.bench())


class AtRemoval(Kills):
    """Dies before the second write to a table."""

    def __call__(self, port: str, name: str) -> None:
        if (port, name) == ("table", "write"):
            super().__call__(port, name)


def test_whoever_dies_while_looking_leaves_what_the_way_back_removes(baked: World) -> None:
    kills = AtRemoval(2)
    baked.expose = lambda port, name: Exposed(port, name, kills)
    with pytest.raises(Killed):
        way_back.demand(baked.bench())
    assert len(baked.beacons()) == 1
    bench = baked.bench()
    bench.log.append(Said(Event.ROLLBACK, "me"))
    assert runner.run(bench).state is State.RETURNED
    assert baked.beacons() == []


@pytest.mark.parametrize("gone", [True, False])
def test_an_alarm_does_not_go_back_to_what_is_not_whole(gone: bool) -> None:
    world = live()
    world.settings = replace(world.settings, bake_s=60.0, on_alarm=OnAlarm.BACK_LOSSY)
    alarms = MemoryAlarms()
    alarms.known["errors"] = Alarm(AlarmState.OK, "")
    world.watches = Watches([AlarmWatch(alarms, "errors", "us-east-1", 20.0)], [])
    world.progress = lambda progress: alarms.known.update(errors=Alarm(AlarmState.ALARM, "since it is so"))
    if not gone:
        assert runner.run(world.bench(), yes_by="me").state is State.RETURNED
        return
    world.heard = lambda record: world.replicas.lose(ALPHA, WEST) if record.body == PhaseBegan(Phase.BAKE) else None
    with pytest.raises(PhaseFailed, match=f"fired: since it is so; it does not go back by itself: {GONE}") as caught:
        runner.run(world.bench(), yes_by="me")
    assert "--stale-replicas" in caught.value.next_command
    assert world.journal().flags().color == "green"


def test_nothing_old_is_removed_while_the_new_table_is_not_in_every_region(baked: World) -> None:
    baked.replicas.lose(BETA, WEST)
    bench = baked.bench()
    bench.log.append(Said(Event.FINALIZE, "me"))
    with pytest.raises(PhaseFailed, match="is gone, and the table itself is there; nothing of blue may") as caught:
        runner.run(bench)
    assert "then: verdigris finalize dev --confirm dev" in caught.value.next_command
    assert list(baked.replicas.states(ALPHA)) == [Replica(WEST, "ACTIVE")]
    baked.replicas.add(BETA, WEST)
    assert runner.run(baked.bench()).state is State.FINISHED
