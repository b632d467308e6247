"""A reindex in a runner whose tail has written documents already: after hints were lost, or while it was paused."""

from __future__ import annotations

from tests.lifecycle.scenario import INDEX, Scenario

from verdigris.core.model import Phase
from verdigris.core.records import PhaseBegan
from verdigris.phases import reindex
from verdigris.phases.tail import tail


def test_the_versions_of_documents_go_on() -> None:
    scenario = Scenario(seed=1, writes=0.0)
    scenario.until(Phase.VERIFY)
    scenario.world.bench().log.append(PhaseBegan(Phase.REINDEX))
    bench = scenario.world.bench()
    following = tail(bench)
    for _ in range(5):
        scenario.write(0, "Case")
        following.step()
    reindex.run(bench)
    scenario.write(0, "Case")
    following.step()
    assert scenario.index.stored(INDEX)["case|0"] == {"cents": scenario.truth[0][1] * 100}
