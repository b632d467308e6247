"""Who waits for a phase is told when its evidence is in the journal: never before, always, and told again if unsure."""

from __future__ import annotations

import pytest
from tests.lifecycle.scenario import Scenario, each_call

from verdigris import runner
from verdigris.core.machine import Event, State
from verdigris.core.model import Phase
from verdigris.core.records import Failed, Mended, PhaseDone
from verdigris.errors import AccessRefused
from verdigris.phases.base import Notice
from verdigris.stores.memory_notifier import MemoryNotifier

AFTER = (Phase.REINDEX, Phase.EXERCISE, Phase.SWITCH)


def notified(seed: int = 1, *after: Phase, place: str = "") -> tuple[Scenario, MemoryNotifier]:
    scenario = Scenario(seed, writes=0)
    notifier = MemoryNotifier(place=place)
    scenario.world.notices = [Notice(phase, notifier) for phase in after or AFTER]
    return scenario, notifier


def test_each_is_told_once_in_order() -> None:
    scenario, notifier = notified()
    scenario.to_end()
    assert [told.phase for told in notifier.told.values()] == list(AFTER)
    assert len(notifier.places) == len(AFTER)


def test_what_is_told_is_what_the_journal_says() -> None:
    scenario, notifier = notified(1, Phase.REINDEX)
    scenario.until(Phase.REINDEX)
    (told,) = notifier.told.values()
    done = next(
        record
        for record in scenario.journal.records(1)
        if isinstance(record.body, PhaseDone) and record.body.phase is Phase.REINDEX
    )
    assert isinstance(done.body, PhaseDone)
    assert (told.at, told.body["evidence"]) == (done.at, done.body.evidence)
    assert (told.body["env"], told.body["deployment"], told.body["after"]) == ("dev", 1, "green")


def test_nobody_is_told_before_the_evidence_is_in_the_journal() -> None:
    scenario, notifier = notified()

    def look(port: str, name: str) -> None:
        if (port, name) == ("notifier", "tell"):
            done = {record.body.phase for record in scenario.journal.records(1) if isinstance(record.body, PhaseDone)}
            assert AFTER[len(notifier.told)] in done

    scenario.kills = look  # type: ignore[assignment]
    scenario.to_end()
    assert len(notifier.told) == len(AFTER)


def test_killed_at_every_call_everybody_is_told() -> None:
    made: list[MemoryNotifier] = []

    def telling(seed: int) -> Scenario:
        scenario, notifier = notified(1, Phase.EXERCISE)
        made.append(notifier)
        return scenario

    for scenario in each_call(telling):
        scenario.command(State.BAKED)
        assert len(made[-1].told) == 1, f"killed at {scenario.kills.killed}"


def test_one_who_cannot_be_told_stops_the_deployment_and_is_told_later() -> None:
    scenario, notifier = notified(1, Phase.REINDEX)
    notifier.refuse()
    with pytest.raises(AccessRefused):
        runner.run(scenario.world.bench())
    failed = scenario.journal.records(1)[-1].body
    assert isinstance(failed, Failed)
    assert (failed.phase, failed.code) == (Phase.REINDEX, "access-refused")
    assert failed.next_command == "verdigris deploy dev"
    notifier.refuse(False)
    scenario.to_end()
    assert len(notifier.told) == 1


def test_a_service_that_fails_does_not_keep_writes_waiting_or_hinder_the_way_back() -> None:
    scenario, notifier = notified(1, Phase.SWITCH)
    notifier.refuse()
    with pytest.raises(AccessRefused):
        runner.run(scenario.world.bench())
    assert scenario.pointer.read().live == "green"
    assert scenario.pointer.read().fence is None
    scenario.command(State.RETURNED, Event.ROLLBACK)
    assert scenario.pointer.read().live == "blue"


def test_the_place_to_go_on_is_kept_for_a_run_from_elsewhere() -> None:
    scenario, notifier = notified(1, Phase.REINDEX, place="workflow-1")
    scenario.until(Phase.BACKFILL)
    notifier.place = "workflow-2"
    scenario.until(Phase.REPLAY)
    notifier.place = ""
    scenario.until(Phase.REINDEX)
    assert notifier.places == ["workflow-2"]


def test_a_proof_that_is_given_anew_is_told_anew() -> None:
    scenario, notifier = notified(1, Phase.REINDEX)
    scenario.until(Phase.REINDEX)
    bench = scenario.world.bench()
    scenario.world.clock.sleep(60)
    bench.log.append(Mended("ada", bench.plan.migrations))
    scenario.until(Phase.REINDEX)
    assert len(notifier.told) == 2


def test_a_phase_that_the_plan_leaves_out_is_told_of_with_those_before_it() -> None:
    scenario = Scenario(1, writes=0, migrations=())
    notifier = MemoryNotifier()
    scenario.world.notices = [Notice(Phase.REINDEX, notifier)]
    scenario.until(Phase.PREFLIGHT)
    assert not notifier.told
    scenario.until(Phase.PROVISION)
    (told,) = notifier.told.values()
    assert told.body["left_out"]
