"""What to type next follows from where a deployment stands."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from tests.lifecycle.test_deployment_in_memory import MIGRATIONS
from tests.lifecycle.world import World, some_items

from verdigris import runner
from verdigris.commands.looking import next_command
from verdigris.core.machine import State
from verdigris.core.model import Phase
from verdigris.core.retention import Kept
from verdigris.core.snapshot import PhaseView, Snapshot


@pytest.fixture(scope="module")
def verified() -> Snapshot:
    world = World(MIGRATIONS)
    world.live(some_items(5))
    bench = world.bench()
    return runner.run(bench, until=Phase.VERIFY)


@pytest.mark.parametrize("state", State)
def test_every_state_has_a_next_command(verified: Snapshot, state: State) -> None:
    assert next_command("dev", replace(verified, state=state)).startswith("verdigris ")


def test_at_the_gate_it_is_a_yes_unless_something_waits_in_quarantine(verified: Snapshot) -> None:
    waiting = replace(verified, state=State.APPROVE)
    assert next_command("dev", waiting) == "verdigris approve dev"
    view = PhaseView("t", "t", {**verified.phases[Phase.VERIFY].evidence, "quarantined": 2})
    held = replace(waiting, phases={**verified.phases, Phase.VERIFY: view})
    assert next_command("dev", held) == "verdigris quarantine list dev"
    assert next_command("dev", held, quarantined=0) == "verdigris approve dev", "somebody has decided since"


def test_finalize_is_not_named_while_it_would_refuse(verified: Snapshot) -> None:
    baked = replace(verified, state=State.BAKED)
    assert next_command("dev", baked, old_color=Kept(100.0, 40.0)) == "verdigris status dev"
    assert next_command("dev", baked, old_color=Kept(100.0, 0.0)) == "verdigris finalize dev --confirm dev"
    baking = replace(verified, state=State.BAKE)
    assert next_command("dev", baking, old_color=Kept(100.0, 40.0)) == "verdigris deploy dev", "its runner died"


def test_before_and_after_a_deployment_it_is_a_deployment(verified: Snapshot) -> None:
    assert next_command("dev", None) == "verdigris deploy dev"
    assert next_command("dev", replace(verified, state=State.FINISHED)) == "verdigris deploy dev"
