"""Gates in a deployment: opened once, answered in time, or the deployment goes back."""

from __future__ import annotations

from dataclasses import replace

from tests.lifecycle.scenario import Scenario, each_call

from verdigris import runner
from verdigris.core.gates import digest_of
from verdigris.core.machine import Event, State
from verdigris.core.model import Phase
from verdigris.core.records import Gate, OnExpiry, Said
from verdigris.core.snapshot import Snapshot

DAY = 86_400.0


def gated(seed: int = 1, **settings: object) -> Scenario:
    scenario = Scenario(seed, writes=0)
    scenario.world.settings = replace(
        scenario.world.settings,
        approve="manual",
        gate_s=DAY / 2,
        **settings,  # type: ignore[arg-type]
    )
    return scenario


def now(scenario: Scenario) -> Snapshot:
    return scenario.journal.folded(scenario.journal.records(1))


def gates(scenario: Scenario) -> list[Gate]:
    return [record.body for record in scenario.journal.records(1) if isinstance(record.body, Gate)]


def test_it_is_opened_once_and_answered() -> None:
    scenario = gated()
    scenario.command(State.APPROVE)
    scenario.command(State.APPROVE)
    (gate,) = gates(scenario)
    assert gate.digest == digest_of(now(scenario))
    assert now(scenario).gate == gate
    scenario.command(State.BAKED, Event.APPROVED)
    assert [one.before for one in gates(scenario)] == [Phase.SWITCH, Phase.FINALIZE]
    scenario.command(State.FINISHED, Event.FINALIZE)
    assert scenario.verdict() == []


def test_a_yes_that_needs_nobody_opens_none_and_says_what_it_was_about() -> None:
    scenario = gated()
    bench = scenario.world.bench()
    assert runner.run(bench, yes_by="ada").state is State.BAKED
    assert [one.before for one in gates(scenario)] == [Phase.FINALIZE]
    answer = now(scenario).phases[Phase.APPROVE].evidence
    assert (answer["by"], len(answer["digest"])) == ("ada", 16)


def test_nobody_answers_and_the_next_run_goes_back() -> None:
    for scenario in each_call(gated):
        kills, scenario.kills = scenario.kills, type(scenario.kills)()
        scenario.command(State.APPROVE)
        scenario.world.clock.sleep(DAY)
        scenario.kills = kills
        scenario.command(State.ABORTED)
        said = now(scenario).said
        assert said
        assert (said.event, said.who, said.gate) == (Event.ABORT, "gate", gates(scenario)[0].id)
        assert scenario.world.tables.describe("court-dev-beta") is None
        assert scenario.pointer.read().live == "blue"


def test_or_asks_again() -> None:
    scenario = gated(on_gate_expiry=OnExpiry.STAY)
    scenario.command(State.APPROVE)
    scenario.world.clock.sleep(DAY * 0.6)
    scenario.command(State.APPROVE)
    first, second = gates(scenario)
    assert (first.digest, first.id != second.id, first.expires_at < second.expires_at) == (second.digest, True, True)
    scenario.command(State.BAKED, Event.APPROVED)


def test_finalize_by_itself_after_the_old_color_was_kept_long_enough() -> None:
    scenario = gated(finalize="auto", keep_old_s=7 * DAY)
    runner.run(scenario.world.bench(), yes_by="ada")
    scenario.command(State.BAKED)
    assert scenario.world.tables.describe("court-dev-alpha")
    scenario.world.clock.sleep(7 * DAY)
    scenario.command(State.FINISHED)
    said = now(scenario).said
    assert said == Said(Event.FINALIZE, "configuration", 'finalize = "auto"', said.digest, said.gate) if said else False
    assert scenario.world.tables.describe("court-dev-alpha") is None
