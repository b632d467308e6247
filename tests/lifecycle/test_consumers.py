"""Consumers of the destination's stream: off until the data is whole, on again, whatever dies or interferes."""

from __future__ import annotations

import pytest
from tests.lifecycle.consumed import DECLARED, MAILER, READER, Consumed
from tests.lifecycle.perils import Kills
from tests.lifecycle.scenario import each_call
from tests.lifecycle.test_killed_anywhere import assert_as_before

from verdigris.core.declared import Builder, ConsumerKind, Declared
from verdigris.core.machine import Event, State
from verdigris.core.model import Phase
from verdigris.core.records import Outcome
from verdigris.errors import PhaseFailed
from verdigris.stores.outside import DISABLED, ENABLED

BOTH = [READER, MAILER]


def test_off_until_the_data_is_whole_and_then_on() -> None:
    scenario = Consumed(1)
    for phase in (Phase.PROVISION, Phase.BACKFILL, Phase.REPLAY, Phase.VERIFY):
        scenario.until(phase)
        assert scenario.states() == dict.fromkeys(BOTH, DISABLED), phase
        assert (scenario.reader.read, scenario.mailer.read) == (0, 0), phase
    scenario.until(Phase.REINDEX)
    assert scenario.states() == dict.fromkeys(BOTH, ENABLED)
    assert scenario.reader.read >= len(scenario.world.items("beta"))
    scenario.to_end()
    assert scenario.verdict() == []
    assert scenario.bulks == 0, "Verdigris wrote into the application's index"


def test_a_consumer_beside_an_index_of_verdigris_waits_for_the_flip() -> None:
    scenario = Consumed(3, by=Builder.VERDIGRIS)
    scenario.until(Phase.APPROVE)
    assert scenario.states() == {READER: DISABLED, MAILER: ENABLED}
    assert scenario.reader.read == 0
    scenario.to_end()
    assert scenario.states() == dict.fromkeys(BOTH, ENABLED)
    assert scenario.verdict() == []


class AtConsumers(Kills):
    """At the calls that concern consumers, and at those of the journal that follow, which tell of them."""

    _telling = 0

    def __call__(self, port: str, name: str) -> None:
        self._telling = 2 if port == "consumers" else self._telling - (port == "rows")
        if port == "consumers" or (port == "rows" and self._telling >= 0):
            super().__call__(port, name)


@pytest.mark.parametrize("by", Builder)
def test_killed_at_every_record(by: Builder) -> None:
    """An index of Verdigris's own: from the gate on, since its consumer comes on after the flip."""

    def begun(seed: int) -> Consumed:
        scenario = Consumed(seed, by=by)
        if by is Builder.VERDIGRIS:
            scenario.until(Phase.EXERCISE)
        return scenario

    died = []
    for scenario in each_call(begun, kills=AtConsumers):
        scenario.to_end()
        died += scenario.kills.killed
        assert isinstance(scenario, Consumed)
        assert scenario.verdict() == [], f"seed {scenario.seed}, killed at {died[-1]}"
        assert scenario.states() == dict.fromkeys(BOTH, ENABLED)
    assert sum("consumers." in call for call in died) > 5


def test_killed_at_every_call_of_an_abort() -> None:
    """They are off before the index goes: a late document would make it anew."""

    def undoing(seed: int) -> Consumed:
        scenario = Consumed(seed)
        scenario.until(Phase.REINDEX)
        return scenario

    for scenario in each_call(undoing, kills=AtConsumers):
        assert isinstance(scenario, Consumed)
        stream = scenario.stream()
        scenario.command(State.ABORTED, Event.ABORT)
        assert {one.state for one in scenario.lambdas.of(stream)} == {DISABLED}
        assert_as_before(scenario)
        scenario.kills = Kills()
        scenario.to_end()
        assert scenario.verdict() == [], f"seed {scenario.seed}"


def test_one_that_nobody_declared_stops_the_deployment_until_it_is() -> None:
    scenario = Consumed(4)
    scenario.world.consumers = DECLARED[:1]
    with pytest.raises(PhaseFailed, match=f"no \\[\\[consumer\\]\\] says what {MAILER}") as caught:
        scenario.until(Phase.PROVISION)
    assert f'function = "{MAILER}"' in caught.value.next_command
    scenario.world.consumers = DECLARED
    scenario.to_end()
    assert scenario.verdict() == []


def test_an_alias_or_none_is_meant() -> None:
    told = Declared("f", ConsumerKind.INDEX)
    assert told.names("f")
    assert told.names("f:live")
    assert not told.names("ff")
    assert not Declared("f:live", ConsumerKind.INDEX).names("f")


@pytest.mark.parametrize("phase", [Phase.BACKFILL, Phase.REPLAY, Phase.VERIFY, Phase.EXERCISE])
def test_one_that_appears_meanwhile_is_noticed(phase: Phase) -> None:
    scenario = Consumed(5)
    scenario.until(phase)
    scenario.lambdas.add(scenario.stream(), "somebody-elses")
    with pytest.raises(PhaseFailed, match="somebody-elses"):
        scenario.to_end()
    assert scenario.pointer.read().live == "blue"


def test_what_it_was_called_with_before_it_was_off_is_waited_for() -> None:
    """A second mapping of a function that is declared appears while the backfill is done, and reads."""
    scenario = Consumed(6)
    scenario.until(Phase.BACKFILL)
    scenario.lambdas.longest[READER] = 600.0
    scenario.lambdas.add(scenario.stream(), READER)
    said: set[str] = set()
    scenario.world.progress = lambda progress: said.add(progress.reason.rpartition(" until ")[0] or progress.reason)
    began_s = scenario.world.clock()
    scenario.until(Phase.REPLAY)
    assert scenario.world.clock() - began_s >= 600
    assert f"a call of {READER} may run" in said
    assert f"the consumer {READER} is Disabling, to be Disabled" in said
    scenario.to_end()
    assert scenario.verdict() == []


def test_a_table_that_nobody_wrote_to_is_not_waited_for() -> None:
    scenario = Consumed(7)
    scenario.lambdas.longest[READER] = 900.0
    scenario.until(Phase.BACKFILL)
    assert [outcome.evidence["waited_s"] for outcome in changes(scenario)] <= [30, 30]


def test_one_that_was_deleted_by_hand_is_missed() -> None:
    scenario = Consumed(8)
    scenario.until(Phase.VERIFY)
    (mapping,) = [one.id for one in scenario.lambdas.of(scenario.stream()) if one.function == READER]
    scenario.lambdas.remove(mapping)
    with pytest.raises(PhaseFailed, match=f"nothing calls {READER}"):
        scenario.until(Phase.REINDEX)
    scenario.lambdas.add(scenario.stream(), READER)
    scenario.to_end()
    assert scenario.verdict() == []


def test_one_that_somebody_turned_off_is_on_before_the_switch() -> None:
    scenario = Consumed(9)
    scenario.until(Phase.APPROVE)
    (mapping,) = [one.id for one in scenario.lambdas.of(scenario.stream()) if one.function == READER]
    scenario.lambdas.turn(mapping, on=False)
    scenario.to_end()
    assert scenario.states() == dict.fromkeys(BOTH, ENABLED)
    assert scenario.verdict() == []


def test_one_that_is_never_disabled_comes_to_a_limit() -> None:
    scenario = Consumed(10, takes_s=1e9)
    with pytest.raises(PhaseFailed, match="is Disabling after 15 minutes, and not Disabled"):
        scenario.until(Phase.PROVISION)
    assert scenario.reader.read == 0


def test_one_that_begins_at_the_latest_change_is_refused() -> None:
    scenario = Consumed(11)
    scenario.programs.functions = [MAILER]
    scenario.until(Phase.PROVISION)
    scenario.lambdas.add(scenario.stream(), READER, start="LATEST")
    with pytest.raises(PhaseFailed, match=f"{READER} .* begins at LATEST"):
        scenario.until(Phase.BACKFILL)


def test_a_way_back_needs_no_consumer() -> None:
    scenario = Consumed(14)
    scenario.command(State.BAKED)
    scenario.writing = False
    for one in scenario.lambdas.of(scenario.stream()):
        scenario.lambdas.remove(one.id)
    scenario.command(State.RETURNED, Event.ROLLBACK)
    assert scenario.pointer.read().live == "blue"


def changes(scenario: Consumed) -> list[Outcome]:
    bodies = [record.body for record in scenario.journal.records()]
    return [body for body in bodies if isinstance(body, Outcome) and body.step.startswith("consumer ")]
