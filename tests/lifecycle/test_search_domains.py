"""Each data version has a search domain of its own: it comes with the destination's table, goes with the source's."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from tests.lifecycle.perils import Exposed, Kills
from tests.lifecycle.scenario import Scenario, each_call
from tests.lifecycle.world import ALIAS

from verdigris import runner
from verdigris.core.machine import Event, State
from verdigris.core.model import DataVersion, Phase
from verdigris.core.planning import Plan
from verdigris.errors import Invalid, NotFound, PhaseFailed
from verdigris.journal.journal import Journal
from verdigris.phases import domains
from verdigris.phases.base import Bench
from verdigris.stores.memory_domains import MemoryDomains
from verdigris.stores.memory_index import MemoryIndex
from verdigris.stores.searching import SearchIndex

OLD, NEW = "search-dev-alpha", "search-dev-beta"


class Domained(Scenario):
    """The source's index lies in the source's domain; what is made lies in the destination's."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.old, self.index = self.index, MemoryIndex()
        self.domains = MemoryDomains(looks=3)
        self.body: dict[str, object] = {}
        self.domains.create(OLD, {}, "somebody")
        for _ in range(3):
            self.domains.describe(OLD)
        self._plan, self._bench = self.world.plan, self.world.bench
        self.world.plan = self.plan  # type: ignore[method-assign]
        self.world.bench = self.bench  # type: ignore[method-assign]

    def plan(self, journal: Journal) -> Plan:
        return msgspec.structs.replace(self._plan(journal), source_domain=OLD, destination_domain=NEW)

    def bench(self, *, fresh: bool = False) -> Bench:
        made = self._bench(fresh=fresh)
        made.domain_body = lambda: self.body
        made.stores = replace(made.stores, search=self.search, domains=self.world.expose(self.domains, "domains"))
        return made

    def search(self, version: DataVersion) -> SearchIndex:
        name, index = (OLD, self.old) if version is DataVersion.ALPHA else (NEW, self.index)
        if name not in self.domains.made or not self.domains.made[name].serves:
            raise NotFound("no such search domain, or it is being made", where=name)
        found: SearchIndex = Exposed(index, "index", self._between)
        return found


class AroundDomains(Kills):
    """Counts the calls to domains only, and the record that follows each."""

    last = ""

    def __call__(self, port: str, name: str) -> None:
        before, self.last = self.last, port
        if port == "domains" or (port == "rows" and before == "domains"):
            super().__call__(port, name)


def test_killed_around_every_call_to_domains() -> None:
    for scenario in each_call(Domained, kills=AroundDomains):
        scenario.to_end()
        assert scenario.verdict() == [], f"seed {scenario.seed}, killed at {scenario.kills.killed}"
        assert isinstance(scenario, Domained)
        assert scenario.domains.made.keys() == {NEW}
        assert scenario.domains.made[NEW].owner == "court-dev-deploy/1"
        assert scenario.old.alias(ALIAS) == "court-dev-case-alpha", "its indexes went with the domain"
        removed = scenario.journal.folded(scenario.journal.records(1)).phases[Phase.FINALIZE].evidence
        assert (OLD in removed["removed"], removed["not_there"]) == (True, [])


def test_killed_around_every_call_to_domains_of_an_abort() -> None:
    def undoing(seed: int) -> Scenario:
        scenario = Domained(seed)
        scenario.until(Phase.PROVISION)
        return scenario

    for scenario in each_call(undoing, kills=AroundDomains):
        scenario.command(State.ABORTED, Event.ABORT)
        assert isinstance(scenario, Domained)
        assert scenario.domains.made.keys() == {OLD}


def test_abort_leaves_a_domain_that_was_prepared() -> None:
    scenario = Domained(1)
    scenario.domains.create(NEW, {}, "somebody")
    scenario.until(Phase.PROVISION)
    scenario.command(State.ABORTED, Event.ABORT)
    assert scenario.domains.made.keys() == {OLD, NEW}
    assert not scenario.index.named(ALIAS), "the index was this deployment's"


def test_a_domain_that_is_not_there_is_said_to_be_not_there() -> None:
    scenario = Domained(1)
    scenario.command(State.BAKED)
    del scenario.domains.made[OLD]
    scenario.command(State.FINISHED, Event.FINALIZE)
    removed = scenario.journal.folded(scenario.journal.records(1)).phases[Phase.FINALIZE].evidence
    assert removed["not_there"] == [OLD]
    assert OLD not in removed["removed"]


def test_one_that_stays_in_processing_has_a_reason_and_a_limit() -> None:
    scenario = Domained(1)
    scenario.domains.looks = 10**9
    reasons = set()
    scenario.world.progress = lambda told: reasons.add(told.reason)
    began_s = scenario.world.clock()
    with pytest.raises(PhaseFailed, match="is being made or changed, and was not done in 2 hours") as caught:
        runner.run(scenario.world.bench())
    assert scenario.world.clock() - began_s == pytest.approx(domains.LIMIT_S, abs=60)
    assert (caught.value.exit_code, caught.value.where) == (1, NEW)
    assert caught.value.next_command == "verdigris deploy dev"
    assert f"the search domain {NEW} is being made or changed" in reasons
    scenario.domains.looks = 3  # it gets through after all
    scenario.to_end()
    assert scenario.verdict() == []


def test_what_it_is_made_from_is_looked_at_before_anything_is_made() -> None:
    scenario = Domained(1)
    scenario.body = {"DomainName": "another"}
    with pytest.raises(Invalid, match="a domain's name is not taken from its body"):
        runner.run(scenario.world.bench())
    assert scenario.domains.made.keys() == {OLD}
    assert scenario.world.tables.describe("court-dev-beta") is None
    scenario.body = {}
    scenario.to_end()
    assert scenario.verdict() == []


def test_each_color_reads_its_own_domain_after_a_rollback() -> None:
    scenario = Domained(1)
    scenario.command(State.BAKED)
    before = scenario.old.alias(ALIAS), dict(scenario.old.documents("court-dev-case-alpha"))
    scenario.command(State.RETURNED, Event.ROLLBACK)
    assert (scenario.old.alias(ALIAS), dict(scenario.old.documents("court-dev-case-alpha"))) == before
    assert scenario.domains.made.keys() == {OLD, NEW}, "the way forward stays open until somebody closes it"
    assert scenario.index.alias(ALIAS) == scenario.new_index
    scenario.command(State.ABORTED, Event.ABORT)
    assert scenario.domains.made.keys() == {OLD}
    assert scenario.old.alias(ALIAS) == "court-dev-case-alpha"


def test_a_domain_that_vanishes_stops_the_deployment() -> None:
    scenario = Domained(1)
    scenario.until(Phase.PROVISION)
    del scenario.domains.made[NEW]
    with pytest.raises(PhaseFailed, match="search domain search-dev-beta was made for this deployment, and is gone"):
        runner.run(scenario.world.bench())
