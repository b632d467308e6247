"""The whole guide of the court's deployments, by Verdigris: forward, back, forward, finalized; then the other way.

`make guide` runs it alone, and prints its steps as a table.
"""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.acceptance.browser import Browser
from tests.acceptance.dawson import EAST, EXAMPLE, WEST, Dawson, Functions, until
from tests.acceptance.guide_steps import Steps, workflow
from tests.acceptance.lambda_functions import cloud
from tests.circleci import CircleCi, circleci
from tests.conftest import SessionStack
from tests.contract.applications import TERRAFORMS

from verdigris.core.machine import Event
from verdigris.core.model import Color
from verdigris.core.records import PhaseDone, Said
from verdigris.testing.regions import Regions

CASES = 100
CASE = "case|002-20"
REOPENED = '''"""Cases say whether they were reopened."""

selects = {"entityName": "Case"}


def up(item):
    return item | {"reopened": False}


def down(item, old):
    item.pop("reopened")
    return item
'''


@pytest.fixture
def say() -> Callable[[str], None]:
    """Told at once to whoever watches (`make guide`)."""

    def said(line: str) -> None:
        print(line, flush=True)

    said(f"\nThe whole guide, with {TERRAFORMS[0]}.\nStarting DynamoDB for two regions, OpenSearch, moto …\n")
    return said


@pytest.fixture
def ci() -> Iterator[CircleCi]:
    with circleci() as service:
        for name in ("first", "second"):
            service.workflow(name, "wait-for-reindex", "switch-colors", "remove-old-color", status="on_hold")
        yield service


@pytest.fixture
def regions(say: object, fresh_dynamodb: Callable[[], str]) -> Iterator[Regions]:
    with Regions(fresh_dynamodb()) as made:
        yield made


@pytest.fixture
def dawson(regions: Regions, stack: SessionStack, ci: CircleCi, tmp_path: Path) -> Iterator[Dawson]:
    with cloud() as url:
        made = Dawson(tmp_path / "dawson", regions.url, stack.search_url, url, ci)
        made.left_by_scripts(CASES)
        yield made


class Guide:
    """What is done, and what is looked at from outside after it."""

    def __init__(self, dawson: Dawson, ci: CircleCi, say: Callable[[str], None]) -> None:
        self.dawson, self.ci = dawson, ci
        self.steps = Steps(dawson, say)
        self.browser = Browser(dawson)
        self.names = self.browser.records()

    def serves(self, color: Color, **attributes: object) -> bool:
        """Whether all names lead to this color near both regions, to a case that looks so. DNS is never touched."""
        assert self.browser.records() == self.names
        answers = self.browser.everywhere(CASE)
        cases = [answer.case or {} for answer in answers]
        return {answer.color for answer in answers} == {color} and all(
            attributes.items() <= case.items() for case in cases
        )

    def said(self, event: Event) -> Said:
        """What somebody said last."""
        bodies = [record.body for record in self.dawson.records()]
        return [body for body in bodies if isinstance(body, Said) and body.event is event][-1]

    # ── forward, the first time: step by step ────────────────────────────────────────────────────────────────────

    def prepare(self) -> None:
        """Up to the gate; at the gate the application writes."""
        do, dawson = self.steps.do, self.dawson
        with Functions(dawson, Color.BLUE) as functions:
            make = functions.make
            do("make both tables, run terraform", "deploy", "dev", "--until", "provision", meanwhile=make)
            assert dawson.there()[WEST] == {"alpha", "beta"}
            assert functions.stream
            do("disable trigger, migrate, watch SQS", "deploy", "dev", "--until", "verify")
            assert not functions.stream.mapping.enabled
            assert functions.stream.read == 0
            do("enable trigger, watch counts", "deploy", "dev", code=3)
            assert functions.stream.mapping.enabled
            assert self.ci.approvals == [("first", "wait-for-reindex")]
            dawson.raw("alpha").write([], [("case|001-20", "case|001-20")])
            dawson.write_cases("alpha", range(90, CASES), fee="1")
            self.approve()
            self.alarm()

    def approve(self) -> None:
        """Somebody else, at another terminal, says yes to this gate and no other."""
        dawson = self.dawson
        shown = self.steps.do("who says yes, to what, until when?", "status", "dev").out
        found = re.search(r"(switch-\w{8}) before switch, about (\w{16}), until \S+ \S+ UTC: then deploy undoes", shown)
        assert found, shown
        elsewhere = {"VERDIGRIS_STATE": str(dawson.folder.parent / "elsewhere"), "LOGNAME": "clerk"}
        command = ("approve", "dev", "--gate", found[1], "--comment", "counts look right")
        self.steps.do("approve switch-colors", *command, env=elsewhere)
        yes = self.said(Event.APPROVED)
        assert (yes.gate, yes.digest, yes.comment) == (found[1], found[2], "counts look right")
        assert yes.who.startswith("clerk@")

    def alarm(self) -> None:
        """In bake an alarm fires, and the traffic goes back by itself; and forward again when it is quiet."""
        do, dawson = self.steps.do, self.dawson

        def fires(deploy: subprocess.Popen[str]) -> None:
            until(lambda: self.serves(Color.BLUE, feeCents={"N": "6050"}), deploy)
            dawson.alarm("ALARM", "12 errors in a minute")

        dawson.replace("verdigris.toml", "bake_minutes = 0\n", "bake_minutes = 10\n")
        do("switch both APIs (an alarm fires)", "deploy", "dev", code=1, meanwhile=fires)
        dawson.replace("verdigris.toml", "bake_minutes = 10\n", "bake_minutes = 0\n")
        assert self.serves(Color.GREEN, fee={"N": "60.5"})
        shown = do("what happened?", "status", "dev").out
        why = "the alarm efcms-dev-api-errors in us-east-1 fired: 12 errors in a minute"
        assert f"went back by itself, since {why}: green is live" in shown
        assert re.search(r"live +green on alpha\n", shown)
        assert do("which color is live?", "get", "dev", "current-color").out == "green\n"
        dawson.alarm("OK", "no errors")
        do("switch again", "deploy", "dev")
        assert self.serves(Color.BLUE, feeCents={"N": "6050"})

    # ── forward, the other way: as CircleCI does it ──────────────────────────────────────────────────────────────

    def pipeline(self, name: str) -> None:
        """The workflow of the example's .circleci/config.yml. A person approves what Verdigris does not, and the
        application writes while that is waited for."""
        self.dawson.workflow = name
        file = self.dawson.folder / ".circleci" / "config.yml"
        with Functions(self.dawson, Color.GREEN) as functions:
            for job, command in workflow(file, ENV="dev", CIRCLE_WORKFLOW_ID=name):
                if command:
                    meanwhile = functions.make if job == "deploy" else None
                    self.steps.do(job, *command, meanwhile=meanwhile)
                elif job != "wait-for-reindex":
                    self.ci.set_status(name, job, "success")
                if job == "switch-colors":
                    self.dawson.raw("beta").write([], [("case|003-20", "case|003-20")])
                assert command or self.ci.status(name, job) == "success"


def replica(dawson: Dawson) -> dict[str, object]:
    """What verify found in the west."""
    bodies = [record.body for record in dawson.records()]
    (verify,) = [body.evidence for body in bodies if isinstance(body, PhaseDone) and body.phase == "verify"]
    return {name: verify["replicas"][WEST][name] for name in ("items", "differences")}


def test_the_whole_guide(dawson: Dawson, regions: Regions, ci: CircleCi, say: Callable[[str], None]) -> None:
    began_s = time.monotonic()
    guide = Guide(dawson, ci, say)
    do = guide.steps.do
    assert guide.serves(Color.GREEN, fee={"N": "60.5"})
    guide.steps.part("as scripts left it")
    shown = do("look into the deploy table", "adopt", "dev", code=3)
    assert "current-color" in shown.out
    do("write down what was never written", "adopt", "dev", "--yes")
    do("is everything in place?", "doctor", "dev")
    do("which migrations have not run?", "plan", "dev")

    guide.steps.part("forward, alpha to beta")
    dawson.workflow = "first"
    guide.prepare()
    assert replica(dawson) == {"items": CASES, "differences": 0}
    wanted = {f"case|{number:03d}-20": 6050 if number < 90 else 100 for number in range(2, CASES) if number % 5}
    assert dawson.found() == wanted

    guide.steps.part("back, forward, finalized")
    do("switch back (there was no way)", "rollback", "dev", "--lossy")
    assert guide.serves(Color.GREEN, fee={"N": "60.5"})
    do("and forward again", "deploy", "dev")
    assert guide.serves(Color.BLUE, feeCents={"N": "6050"})

    do("back up, delete mappings and stores", "finalize", "dev", "--confirm", "dev")
    assert dawson.there() == {EAST: {"beta"}, WEST: {"beta"}}
    assert [what for _, _, what in regions.changes[-2:]] == [WEST, "efcms-dev-alpha"], "the replica first"
    assert dawson.mappings() == {"blue (none)"}
    (backup,) = dawson.tables(EAST).list_backups()["BackupSummaries"]
    assert (backup["TableName"], backup["BackupStatus"]) == ("efcms-dev-alpha", "AVAILABLE")
    assert not dawson.search.exists("efcms-dev-case-alpha")
    assert do("set the flags", "get", "dev", "source-version").out == "beta\n"

    dawson.write("migrations/0002_reopened.py", REOPENED)
    guide.steps.part("beta to alpha, by CircleCI's jobs")
    guide.pipeline("second")
    assert guide.serves(Color.GREEN, feeCents={"N": "6050"}, reopened={"BOOL": False})
    assert dawson.found() == {id_: cents for id_, cents in wanted.items() if id_ != "case|003-20"}
    assert dawson.there() == {EAST: {"alpha"}, WEST: {"alpha"}}
    items = dawson.items("alpha")
    assert len(items) == CASES - 2
    assert all("reopened" in item for item in items.values() if item["entityName"]["S"] == "Case")
    west = dawson.tables(WEST).scan(TableName="efcms-dev-alpha", ConsistentRead=True)["Items"]
    assert {item["pk"]["S"]: item for item in west} == {key[0]: item for key, item in items.items()}
    say(f"\n{time.monotonic() - began_s:.0f} s")
    assert guide.steps.table(80) in (EXAMPLE / "README.md").read_text(), "the README shows what the guide prints"
