"""`plan --out`, `deploy --plan`, `--migrate`: what was read is done, or nothing is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.conftest import SessionStack
from tests.project import Project

MIGRATION = '''"""A mark."""


def up(item):
    return item | {"marked": True}
'''


@pytest.fixture
def live(tmp_path: Path, stack: SessionStack) -> Project:
    """Ten items of about 2 kB are served."""
    made = Project(tmp_path / "plan", stack.dynamodb_url, environment='approve = "auto"\nenable_stream = true')
    made.ok("deploy", "dev")
    items = [{"pk": {"S": f"case|{n}"}, "sk": {"S": "x"}, "text": {"S": "x" * 2000}} for n in range(10)]
    made.raw("alpha").write([json.dumps(item).encode() for item in items])
    return made


def rows(project: Project) -> list[str]:
    """Every row of the deploy table, and which tables there are."""
    client = project.aws.client("dynamodb")
    tables = [name for name in client.list_tables()["TableNames"] if name.startswith(project.name)]
    return [*tables, *sorted(map(str, client.scan(TableName=project.table("deploy"))["Items"]))]


def test_each_number_says_where_it_is_from(live: Project) -> None:
    live.write("migrations/0001_mark.py", MIGRATION)
    shown = live.ok("plan", "dev").out
    assert "described" in shown
    assert "assumed" in shown
    assert "measured" not in shown, "nothing was"
    assert "finalize  destroys the table" in shown
    assert "risk: finalize deletes" in shown
    sampled = json.loads(live.ok("plan", "dev", "--sample", "10", "--json").out)["outlook"]
    found = {figure["name"]: figure for figure in sampled["figures"]}
    writes = found["written by the backfill"]
    assert (writes["value"], writes["unit"], writes["source"]) == (20, "write units", "measured")
    assert found["backfill"]["source"] == "measured"
    assert found["total, once"]["value"] > 0

    live.ok("deploy", "dev", "--plan", _kept(live))
    live.ok("finalize", "dev", "--confirm", "dev")
    live.write("migrations/0002_mark.py", MIGRATION)
    again = json.loads(live.ok("plan", "dev", "--json").out)["outlook"]["figures"]
    (backfill,) = (figure for figure in again if figure["name"] == "backfill")
    assert (backfill["source"], backfill["by"]) == ("measured", "as deployment 2 took")


def _kept(project: Project) -> str:
    project.ok("plan", "dev", "--out", "next.plan")
    return "next.plan"


def test_a_world_that_has_changed_is_refused_and_nothing_is_touched(live: Project) -> None:
    live.write("migrations/0001_mark.py", MIGRATION)
    plan = _kept(live)
    shape = json.loads((live.folder / "table.json").read_text())
    live.aws.client("dynamodb").create_table(TableName=live.table("beta"), **shape)
    live.write("migrations/0002_more.py", MIGRATION)
    before = rows(live)
    done = live.run("deploy", "dev", "--plan", plan)
    assert done.code == 2
    assert "beta: exists: no → yes" in done.err
    assert "0002_more.py is pending now" in done.err
    assert done.last == f"next: verdigris plan dev --out {plan}"
    assert rows(live) == before
    live.write("other.plan", "{}")
    assert live.run("deploy", "dev", "--plan", "other.plan").code == 2
    assert rows(live) == before


def test_a_plan_holds_for_the_deployment_that_it_began(live: Project) -> None:
    live.write("migrations/0001_mark.py", MIGRATION)
    plan = _kept(live)
    live.ok("deploy", "dev", "--plan", plan, "--until", "backfill")
    live.ok("deploy", "dev", "--plan", plan)
    live.ok("finalize", "dev", "--confirm", "dev")
    done = live.run("deploy", "dev", "--plan", plan)
    assert done.code == 2
    assert "the source version: alpha → beta" in done.err


def test_what_is_no_plan_or_another_environments(live: Project) -> None:
    plan = live.folder / _kept(live)
    before = rows(live)
    for text, said, then in (
        (plan.read_text()[:-20], "this is no plan", "verdigris plan dev --out bad.plan"),
        (plan.read_text().replace('"dev"', '"prod"'), "a plan for prod, not for dev", "deploy prod --plan bad.plan"),
        (None, "this is no plan: No such file", "verdigris plan dev --out bad.plan"),
    ):
        (live.folder / "bad.plan").unlink(missing_ok=True)
        if text is not None:
            live.write("bad.plan", text)
        done = live.run("deploy", "dev", "--plan", "bad.plan")
        assert (done.code, said in done.err, "nothing was changed" in done.err) == (2, True, True), done.err
        assert then in done.last
    assert rows(live) == before


def test_migrate_copies_the_data_though_nothing_is_pending(live: Project) -> None:
    live.ok("deploy", "dev", "--until", "preflight")
    refused = live.run("deploy", "dev", "--migrate")
    assert (refused.code, "migrates nothing" in refused.err) == (2, True)
    live.ok("abort", "dev")
    planned = live.ok("plan", "dev", "--migrate", "--out", "next.plan")
    assert "--migrate)" in planned.out, "a note says why"
    assert planned.last == "next: verdigris deploy dev --plan next.plan"
    live.ok("deploy", "dev", "--plan", "next.plan")
    assert live.items("beta").keys() == live.items("alpha").keys()
    live.ok("finalize", "dev", "--confirm", "dev")
    assert live.ok("get", "dev", "source-version").out.strip() == "beta"
    live.ok("set", "dev", "migrate", "true")
    assert "alpha" in live.ok("plan", "dev").out
    assert json.loads(live.ok("plan", "dev", "--json").out)["plan"]["kind"] == "migrate"
