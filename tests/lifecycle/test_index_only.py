"""Only the index is built anew: killed at every call, under live writes, back and forward, given up, begun again."""

from __future__ import annotations

import pytest
from tests.lifecycle.index_only import OLD, IndexOnly, document, each_call
from tests.lifecycle.perils import Kills
from tests.lifecycle.world import ALIAS, World, some_items

from verdigris import runner
from verdigris.core.machine import Event, State
from verdigris.core.model import Kind, Phase
from verdigris.core.planned_indexes import Recipe
from verdigris.core.records import PhaseDone, Said
from verdigris.errors import Invalid, PhaseFailed, Unverified
from verdigris.journal.journal import Journal
from verdigris.phases import redriving
from verdigris.stores.memory_index import MemoryIndex
from verdigris.stores.searching import Document


def test_it_is_planned_as_such_and_touches_no_data() -> None:
    scenario = IndexOnly(seed=1, writes=0)
    before = scenario.world.items("alpha")
    scenario.command(State.BAKED)
    plan = scenario.journal.folded(scenario.journal.records(1)).plan
    assert (plan.kind, plan.source_table, plan.destination_table) == (Kind.INDEX, "court-dev-alpha", "court-dev-alpha")
    assert scenario.index.alias(ALIAS) == f"{ALIAS}-alpha-1"
    assert scenario.index.exists(OLD), "the way back"
    scenario.command(State.FINISHED, Event.FINALIZE)
    assert scenario.verdict() == []
    assert scenario.index.named(ALIAS) == [f"{ALIAS}-alpha-1"]
    assert (scenario.world.items("alpha"), scenario.world.beacons()) == (before, [])


def test_once_built_the_next_deployment_is_of_the_color_only() -> None:
    scenario = IndexOnly(seed=1, writes=0)
    scenario.to_end()
    plan = scenario.world.plan(scenario.world.journal())
    assert (plan.kind, plan.indexes[0].destination) == (Kind.COLOR, f"{ALIAS}-alpha-1")
    scenario.world.recipe = Recipe("mappings", "other code")
    plan = scenario.world.plan(scenario.world.journal())
    assert (plan.kind, plan.indexes[0].destination) == (Kind.INDEX, f"{ALIAS}-alpha-2")


@pytest.mark.parametrize("seed", range(30))
def test_live_changes_are_followed(seed: int) -> None:
    scenario = IndexOnly(seed, writes=0.6)
    scenario.to_end()
    assert scenario.verdict() == [], f"seed {seed}"


def test_killed_at_every_call() -> None:
    killed = 0
    for scenario in each_call():
        scenario.to_end()
        assert scenario.verdict() == [], f"seed {scenario.seed}, killed at {scenario.kills.killed}"
        killed += len(scenario.kills.killed)
    assert killed > 50


@pytest.mark.parametrize("seed", range(30))
def test_without_a_fence_the_last_changes_are_indexed_after_the_switch(seed: int) -> None:
    scenario = IndexOnly(seed, writes=0.6, fenced=False)
    scenario.to_end()
    assert scenario.verdict() == [], f"seed {seed}"


def test_without_that_some_would_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verdigris.phases.switch.settle_the_last", lambda *arguments: 0)

    def verdict(seed: int) -> list[str]:
        scenario = IndexOnly(seed, writes=0.6, fenced=False)
        scenario.to_end()
        return scenario.verdict()

    assert any(verdict(seed) for seed in range(30))


@pytest.mark.parametrize("phase", [Phase.PROVISION, Phase.REINDEX, Phase.EXERCISE])
def test_given_up_everything_is_as_before(phase: Phase) -> None:
    scenario = IndexOnly(seed=len(phase))
    scenario.until(phase)
    scenario.command(State.ABORTED, Event.ABORT)
    assert (scenario.index.named(ALIAS), scenario.world.beacons()) == ([OLD], [])
    assert scenario.verdict() == []
    scenario.to_end()
    assert scenario.verdict() == []
    assert scenario.index.named(ALIAS) == [f"{ALIAS}-alpha-2"], "no name is used twice"


def test_back_and_forward() -> None:
    scenario = IndexOnly(seed=3)
    scenario.command(State.BAKED)
    scenario.writing = False
    scenario.command(State.RETURNED, Event.ROLLBACK)
    assert (scenario.pointer.read().live, scenario.index.alias(ALIAS)) == ("blue", OLD)
    scenario.command(State.BAKED, Event.FORWARD)
    assert scenario.verdict() == []


def test_forward_again_is_refused_where_the_new_index_cannot_be_brought_in_step() -> None:
    """The application's own versions are higher than any of ours."""
    scenario = IndexOnly(seed=3, writes=0)
    scenario.command(State.BAKED)
    scenario.write(1, "Case")
    scenario.command(State.RETURNED, Event.ROLLBACK)
    scenario.write(1, "Case")
    with pytest.raises(Unverified, match=r"1 documents of .*-alpha-1 differ from the table: case\|1"):
        scenario.command(State.BAKED, Event.FORWARD)
    assert scenario.pointer.read().live == "blue"


def test_after_a_rollback_the_old_index_is_not_trusted() -> None:
    """The new color may have kept its own index only."""
    scenario = IndexOnly(seed=3)
    scenario.command(State.BAKED)
    scenario.command(State.RETURNED, Event.ROLLBACK)
    scenario.command(State.ABORTED, Event.ABORT)
    scenario.world.recipe = Recipe("older mappings", "code")  # the change was taken back
    plan = scenario.world.plan(scenario.world.journal())
    assert plan.kind is Kind.INDEX
    assert plan.indexes[0].why == "deployment 1 was rolled back: what changed meanwhile may be missing"


# ── what the proof is for ────────────────────────────────────────────────────────────────────────────────────────


def proven(*, before: tuple[Document, ...]) -> IndexOnly:
    """These documents stand in the new index when it is proven."""
    scenario = IndexOnly(seed=1, writes=0)
    scenario.until(Phase.PROVISION)
    scenario.index.bulk(scenario.new_index, before)
    return scenario


def test_a_document_of_nobody_is_removed_and_a_wrong_one_is_mended() -> None:
    scenario = proven(before=(Document("nobody's", {"n": 1}, 1),))
    case = next(f"case|{number}" for number, (entity, _) in scenario.truth.items() if entity == "Case")
    following = scenario.world.expose

    def spoil(port: object, name: str) -> object:
        return _Spoiled(following(port, name), case) if name == "index" else following(port, name)

    scenario.world.expose = spoil
    scenario.until(Phase.REINDEX)
    assert _evidence(scenario)["repaired"] == 2
    scenario.world.expose = following
    scenario.to_end()
    assert scenario._index_faults() == []


class _Spoiled:
    """An index that loses the first write of one document."""

    def __init__(self, inner: object, lost: str) -> None:
        self._inner = inner
        self._lost: str | None = lost

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def bulk(self, index: str, documents: list[Document]) -> object:
        kept = [one for one in documents if one.id != self._lost]
        self._lost = None if len(kept) < len(list(documents)) else self._lost
        return self._inner.bulk(index, kept)  # type: ignore[attr-defined]


def test_a_document_that_nothing_mends_stops_it() -> None:
    scenario = proven(before=(Document("nobody's", {"n": 1}, 1 << 61),))
    with pytest.raises(Unverified, match=r"1 documents of .* differ from the table: nobody's"):
        scenario.until(Phase.REINDEX)


def _evidence(scenario: IndexOnly) -> dict[str, int]:
    records = scenario.journal.records()
    return next(r.body.evidence for r in records if isinstance(r.body, PhaseDone) and r.body.phase is Phase.REINDEX)


def test_a_document_that_is_refused_waits_in_quarantine_and_the_switch_for_a_decision() -> None:
    def choosy(item: dict[str, object]) -> object:
        if item["pk"] == "case|7":
            raise ValueError("no title")
        return document(item)

    world = World(index=MemoryIndex(), document=choosy, made_of=Recipe("older mappings", "code"))
    world.live([{**item, "entityName": "Case"} for item in some_items(20)])
    with pytest.raises(PhaseFailed, match=r"1 item is in quarantine: case\|7"):
        runner.run(world.bench())
    assert world.index
    assert world.index.alias(ALIAS) == OLD
    assert world.items("alpha")["case|7", "case|7"], "the table is nobody's to change"
    assert Journal(world.rows, str).flags().color == "blue"
    world.document, world.recipe = document, Recipe("mappings", "mended code")
    bench = world.bench()
    redriving.mend(bench.journal, bench.log, "tester", (), {ALIAS: "mended code"})
    assert redriving.redrive(world.bench()).left == []
    baked = world.bench()
    assert runner.run(baked).state is State.BAKED
    assert world.index.read(f"{ALIAS}-alpha-1", ["case|7"])
    baked.log.append(Said(Event.FINALIZE, "tester"))
    assert runner.run(baked).state is State.FINISHED
    assert world.bench().plan.kind is Kind.COLOR, "the mended code is what it was made by"


def test_an_index_in_the_place_of_the_alias_is_found_before_the_flip() -> None:
    scenario = IndexOnly(seed=1, writes=0)
    scenario.until(Phase.APPROVE)
    index = scenario.index
    index.delete(OLD)  # and with it the alias, as of an application that writes to what is not there
    index.create(ALIAS, {})
    with pytest.raises(Invalid, match="this is an index, and must be an alias"):
        scenario.until(Phase.SWITCH)
    assert scenario.journal.flags().color == "blue"
    index.delete(ALIAS)
    scenario.until(Phase.SWITCH)


def test_hints_that_are_lost_are_made_up_for_by_the_proof() -> None:
    scenario = IndexOnly(seed=5, writes=0)
    scenario.until(Phase.REINDEX)
    scenario.write(2, "Case")
    scenario.world.clock.sleep(25 * 3600)
    scenario.command(State.BAKED)
    assert scenario.journal.folded(scenario.journal.records(1)).losses == 1
    assert scenario._index_faults() == []


def test_killed_twice() -> None:
    for first in range(20, 60, 7):
        scenario = IndexOnly(first, Kills(first, first + 25))
        scenario.to_end()
        assert scenario.verdict() == [], f"killed at {scenario.kills.killed}"
