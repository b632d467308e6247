"""A share of `make chaos`, and that it notices when a rule is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.chaos.deployment import Deployment, estate
from tests.chaos.engines import Engines
from tests.chaos.estate.ledger import Ledger
from tests.chaos.estate.shapes import SIMPLE, Thing
from tests.chaos.estate.writing import fill, to_table
from tests.chaos.rounds import ENVIRONMENT, judge
from tests.chaos.tally import Tally
from tests.project import Project

from verdigris.testing.fault_proxy import FaultProxy

_WRITES = "BatchWriteItem *-beta"


@pytest.mark.parametrize("seed", [6, 4], ids=["carried", "served"])
def test_a_round(tmp_path: Path, seed: int) -> None:
    with Engines(tmp_path) as engines:
        tally = engines.round(seed)
    told = "\n".join([*tally.faulty(), tally.table(), f"again: make chaos N=1 SEED={seed}"])
    assert tally.ok, told
    assert tally.struck, told


def killed_at_its_first_settle(folder: Path, dynamodb_url: str, broken: str) -> Tally:
    """A thing is deleted during the backfill; the runner dies when it is about to write that; another one goes on."""
    tally, ledger = Tally(rounds=1), Ledger(1)
    with FaultProxy(dynamodb_url, seed=1) as proxy:
        endpoint = f'endpoints = {{ dynamodb = "{proxy.url}" }}'
        # In one segment: what is held has been scanned whole, or the thing may be deleted before its turn comes.
        project = Project(folder / "killed", dynamodb_url, environment=ENVIRONMENT + endpoint, sections="segments = 1")
        estate(project)
        deployment = Deployment(project, tally, broken)
        deployment.insist("deploy", "dev", "--yes")
        fill(project, ledger, 40)
        ledger.take({7: Thing("Other", 1)})
        to_table(project)({7: Thing("Other", 1)})
        estate(project, sorted(SIMPLE))
        write = to_table(project)
        copied, read = proxy.hold(_WRITES), proxy.hold("GetRecords *")
        runner = deployment.start()
        copied.wait(60)
        write({7: None})
        ledger.take({7: None})
        copied.let_go()
        read.wait(60)
        settled = proxy.hold(_WRITES)
        read.let_go()
        settled.wait(60)
        assert runner.kill()
        settled.drop()
        deployment.insist("deploy", "dev")
        deployment.insist("approve", "dev")
        deployment.insist("deploy", "dev")
        judge(project, ledger, tally)
    return tally


@pytest.mark.parametrize(
    ("broken", "repaired", "resurrected"),
    [
        ("", [], []),
        ("position-before-write", ["case|7/case|7"], []),
        ("position-before-write,verify-repairs-nothing", [], ["case|7/case|7"]),
    ],
    ids=["sound", "position-before-write", "and-verify-repairs-nothing"],
)
def test_a_missing_rule_is_noticed(
    tmp_path: Path, fresh_dynamodb: Callable[[], str], broken: str, repaired: list[str], resurrected: list[str]
) -> None:
    tally = killed_at_its_first_settle(tmp_path, fresh_dynamodb(), broken)
    assert tally.repaired == repaired
    assert tally.verdict == {"lost": [], "resurrected": resurrected, "stale": [], "extra": []}
    assert tally.ok == (not broken)
