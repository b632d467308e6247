"""Documents that no later settle names: written again in a reindex after others, or by a runner that died."""

from __future__ import annotations

from typing import Any

from tests.lifecycle.scenario import INDEX, MIGRATIONS, Plain, Scenario, cents

from verdigris import runner
from verdigris.core.model import Phase
from verdigris.core.records import PhaseBegan
from verdigris.core.transform import Migration
from verdigris.phases import reindex
from verdigris.phases.tail import tail
from verdigris.stores.searching import Document


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


def seeing(item: Plain, view: Any) -> Plain:
    view.get({"pk": "case|0", "sk": "case|0"})
    return cents(item)


def test_a_document_of_what_a_dead_runner_read_through_a_view_does_not_outlive_the_switch() -> None:
    """What it had read has changed since: the image of no change gives the id again."""
    reading = Migration("0001_cents.py", up=seeing, selects={"entityName": "Case"}, reads=True)
    scenario = Scenario(seed=1, writes=0.0, migrations=(reading, *MIGRATIONS[1:]))
    scenario.until(Phase.EXERCISE)
    version = (scenario.world.bench().journal.token << 40) | 7
    scenario.index.bulk(INDEX, [Document("case|nobody", {"cents": 1}, version)])
    runner.run(scenario.world.bench())
    assert "case|nobody" not in scenario.index.stored(INDEX)
    assert "case|22" in scenario.index.stored(INDEX)
