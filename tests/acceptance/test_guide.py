"""The whole guide of the court's deployments, by Verdigris: forward, back, forward, finalized; then the other way.

`make guide` runs it alone, and prints its steps as a table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.acceptance.dawson import EAST, WEST, Dawson, Steps, StreamsFunction
from tests.acceptance.lambda_functions import cloud
from tests.circleci import CircleCi, circleci
from tests.conftest import SessionStack

from verdigris.core.model import Color
from verdigris.core.records import PhaseDone
from verdigris.testing.regions import Regions

CASES = 100
REOPENED = '''"""Cases say whether they were reopened."""

selects = {"entityName": "Case"}


def up(item):
    return item | {"reopened": False}


def down(item, old):
    item.pop("reopened")
    return item
'''


@pytest.fixture
def ci() -> Iterator[CircleCi]:
    with circleci() as service:
        for workflow in ("first", "second"):
            service.workflow(workflow, "wait-for-reindex", status="on_hold")
        yield service


@pytest.fixture
def regions(fresh_dynamodb: Callable[[], str]) -> Iterator[Regions]:
    with Regions(fresh_dynamodb()) as made:
        yield made


@pytest.fixture
def dawson(regions: Regions, stack: SessionStack, ci: CircleCi, tmp_path: Path) -> Iterator[Dawson]:
    with cloud() as url:
        made = Dawson(tmp_path / "dawson", regions.url, stack.search_url, url, ci)
        made.left_by_scripts(CASES)
        yield made


def deployed(dawson: Dawson, steps: Steps, ci: CircleCi, workflow: str, color: Color, version: str) -> None:
    """One migration, from the plan to the traffic; the application writes while it waits at the gate."""
    old = "alpha" if version == "beta" else "beta"
    dawson.workflow = workflow
    steps.do("make the destination, west and east; terraform", "deploy", "dev", "--until", "provision")
    assert dawson.there()[WEST] == {"alpha", "beta"}
    dawson.function(color, dawson.table(version))
    function = StreamsFunction(dawson, color, version)
    with function.running():
        steps.do("disable the trigger, migrate, watch queues", "deploy", "dev", "--until", "verify")
        assert not function.mapping.enabled
        assert function.read == 0
        steps.do("enable it, reindex, watch counts, approve CI", "deploy", "dev", code=3)
        assert function.mapping.enabled
        assert ci.approvals[-1] == (workflow, "wait-for-reindex")
        more = {"fee": "1"} if version == "beta" else {}
        dawson.raw(old).write([], [("case|001-20", "case|001-20")])
        if more:
            dawson.write_cases(old, range(90, CASES), **more)
        steps.do("approve the switch", "approve", "dev")
        steps.do("switch both APIs in both regions", "deploy", "dev")
    assert {one for one in dawson.live() if one.endswith("(none)")} == {f"{color} (none)"}


def proofs(dawson: Dawson) -> dict[str, object]:
    bodies = [record.body for record in dawson.records()]
    (verify,) = [body.evidence for body in bodies if isinstance(body, PhaseDone) and body.phase == "verify"]
    return {name: verify["replicas"][WEST][name] for name in ("items", "differences")}


def test_the_whole_guide(dawson: Dawson, regions: Regions, ci: CircleCi) -> None:
    steps = Steps(dawson)
    shown = steps.do("look into the deploy table", "adopt", "dev", code=3)
    assert "current-color" in shown.out
    steps.do("", "adopt", "dev", "--yes")
    steps.do("is everything in place?", "doctor", "dev")
    steps.do("which migrations have not run?", "plan", "dev")

    deployed(dawson, steps, ci, "first", Color.BLUE, "beta")
    assert proofs(dawson) == {"items": CASES, "differences": 0}
    wanted = {f"case|{number:03d}-20": 6050 if number < 90 else 100 for number in range(2, CASES) if number % 5}
    assert dawson.found() == wanted

    steps.do("switch back (there was no way)", "rollback", "dev", "--lossy")
    assert {one for one in dawson.live() if one.endswith("(none)")} == {"green (none)"}
    steps.do("and forward again", "deploy", "dev")
    assert {one for one in dawson.live() if one.endswith("(none)")} == {"blue (none)"}

    steps.do("back up, remove mappings, index, west, east", "finalize", "dev", "--confirm", "dev")
    assert dawson.there() == {EAST: {"beta"}, WEST: {"beta"}}
    assert [what for _, _, what in regions.changes[-2:]] == [WEST, "efcms-dev-alpha"], "the replica first"
    assert dawson.live() == {"blue (none)"}
    (backup,) = dawson.tables(EAST).list_backups()["BackupSummaries"]
    assert (backup["TableName"], backup["BackupStatus"]) == ("efcms-dev-alpha", "AVAILABLE")
    assert not dawson.search.exists("efcms-dev-case-alpha")
    assert steps.do("set the flags", "get", "dev", "source-version").out.strip() == "beta"

    dawson.write("migrations/0002_reopened.py", REOPENED)
    deployed(dawson, steps, ci, "second", Color.GREEN, "alpha")
    assert dawson.found() == wanted
    steps.do("", "finalize", "dev", "--confirm", "dev")
    assert dawson.there() == {EAST: {"alpha"}, WEST: {"alpha"}}
    items = dawson.items("alpha")
    assert len(items) == CASES - 1
    assert all("reopened" in item for item in items.values() if item["entityName"]["S"] == "Case")
    west = dawson.tables(WEST).scan(TableName="efcms-dev-alpha", ConsistentRead=True)["Items"]
    assert {item["pk"]["S"]: item for item in west} == {key[0]: item for key, item in items.items()}
    print(f"\n{steps.table()}")
