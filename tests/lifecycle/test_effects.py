"""Consumers with effects: the switch waits until they have read what the deployment wrote, or says why not."""

from __future__ import annotations

import msgspec
import pytest
from tests.lifecycle.consumed import DECLARED, MAILER, Consumed

from verdigris.core.consuming import QUIET_S
from verdigris.core.declared import Builder
from verdigris.core.machine import State
from verdigris.core.model import Color, Phase
from verdigris.core.records import Outcome
from verdigris.errors import PhaseFailed
from verdigris.phases import effects

HOUR_S = 3600.0


def consumed(seed: int, *, after_s: float = HOUR_S, within_s: float = 6 * HOUR_S) -> Consumed:
    """Lambda calls the one that sends mails from `after_s` on; it is waited for up to `within_s`."""
    scenario = Consumed(seed, by=Builder.VERDIGRIS, writes=0.02)
    scenario.world.consumers = (DECLARED[0], msgspec.structs.replace(DECLARED[1], read_within_s=int(within_s)))
    begun_s = scenario.world.clock()
    scenario.mailing = lambda: scenario.world.clock() >= begun_s + after_s
    return scenario


def unread_at_the_switch(scenario: Consumed) -> int:
    """How much of what is in the stream it had not read when its color went live."""
    scenario.until(Phase.APPROVE)
    scenario.writing = False
    scenario.until(Phase.SWITCH)
    assert scenario.pointer.read().live is Color.GREEN
    read, left = scenario.mailer.read, 1
    while left:
        left = scenario.mailer.poll()
    return scenario.mailer.read - read


def proven(scenario: Consumed) -> list[str]:
    bodies = [record.body for record in scenario.journal.records()]
    return [body.step for body in bodies if isinstance(body, Outcome) and body.step.startswith(f"effects {MAILER} ")]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_switch_waits_until_the_backfill_was_read(seed: int) -> None:
    scenario = consumed(seed)
    said: set[str] = set()
    scenario.world.progress = lambda progress: said.add(progress.reason.partition(",")[0])
    began_s = scenario.world.clock()
    scenario.until(Phase.REINDEX)
    assert scenario.world.clock() - began_s >= HOUR_S + QUIET_S
    assert said >= {f"{MAILER} has read nothing yet of what this deployment wrote", f"{MAILER} has begun to read"}
    assert len(proven(scenario)) == 1
    assert unread_at_the_switch(scenario) == 0
    assert len(proven(scenario)) == 1, "what was seen once is not asked again"


def test_without_that_it_would_read_it_live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effects, "wait_until_read", lambda bench: None)
    assert unread_at_the_switch(consumed(1)) > 0


def test_one_that_reads_nothing_comes_to_its_limit_and_goes_on_when_it_does() -> None:
    scenario = consumed(3, within_s=HOUR_S / 2)
    with pytest.raises(PhaseFailed, match=f"after 30 minutes {MAILER} .* has read nothing yet") as caught:
        scenario.until(Phase.REINDEX)
    assert "read_within_minutes = 0" in caught.value.next_command
    assert scenario.pointer.read().live is Color.BLUE
    scenario.mailing = lambda: True
    scenario.to_end()
    assert scenario.verdict() == []


def test_calls_that_fail_prove_nothing() -> None:
    """One that fails may have more behind it, of which nothing is shown."""
    scenario = consumed(4, after_s=0.0, within_s=HOUR_S)

    def failing() -> bool:
        scenario.lambdas.called(MAILER, scenario.world.clock())
        return True

    scenario.mailing = failing
    with pytest.raises(PhaseFailed, match=rf"{MAILER} .* failed or was throttled \d+ times"):
        scenario.until(Phase.REINDEX)


def test_a_mapping_that_was_made_anew_begins_again() -> None:
    scenario = consumed(5, after_s=0.0)
    scenario.until(Phase.APPROVE)
    (mapping,) = [one.id for one in scenario.lambdas.of(scenario.stream()) if one.function == MAILER]
    scenario.lambdas.remove(mapping)
    scenario.world.clock.sleep(120.0)
    scenario.lambdas.add(scenario.stream(), MAILER)
    scenario.mailer.after, scenario.mailer.read = {}, 0
    began_s = scenario.world.clock()
    scenario.mailing = lambda: scenario.world.clock() >= began_s + HOUR_S
    assert unread_at_the_switch(scenario) == 0
    assert len(proven(scenario)) == 2


def test_one_that_looks_at_the_time_itself_is_not_waited_for() -> None:
    scenario = consumed(6, within_s=0)
    scenario.command(State.BAKED)
    assert proven(scenario) == []


def test_where_nothing_was_written_nothing_is_to_be_read() -> None:
    scenario = consumed(7, after_s=0.0, within_s=60.0)
    scenario.writing = False
    scenario.world.delete("alpha", *scenario.world.items("alpha"))
    scenario.truth.clear()
    scenario.command(State.BAKED)
    assert proven(scenario) == []


def test_one_function_for_both_colors_cannot_be_told_apart() -> None:
    scenario = consumed(8, after_s=0.0)
    scenario.until(Phase.VERIFY)
    source = scenario.world.tables.describe("court-dev-alpha")
    assert source is not None
    assert source.stream is not None
    scenario.lambdas.add(source.stream, MAILER)
    with pytest.raises(PhaseFailed, match=f"{MAILER} reads the stream of court-dev-alpha, too"):
        scenario.until(Phase.REINDEX)
