"""An environment that scripts deployed is taken over: looked at, decided about, written once, and deployed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import SessionStack
from tests.fault.scripted import fault, scripted
from tests.scripted_environment import OTHERS, ScriptedEnvironment

from verdigris import commands
from verdigris.core.records import PhaseDone, Record, Said, Undone
from verdigris.errors import AccessRefused, NotFound, UsageError

S, B = "S", "BOOL"
RECORDED = {"pk": {S: "migration|0012-court.ts"}, "sk": {S: "migration|0012-court.ts"}, "createdAt": {S: "2024-05-01"}}


@pytest.fixture
def env(tmp_path: Path, stack: SessionStack, monkeypatch: pytest.MonkeyPatch) -> ScriptedEnvironment:
    return ScriptedEnvironment(tmp_path, stack.dynamodb_url, monkeypatch)


@pytest.fixture
def old(env: ScriptedEnvironment) -> ScriptedEnvironment:
    """The first color was never written; `migrate` is a text; beta serves."""
    env.make_deploy_table(
        *OTHERS,
        RECORDED,
        source_table_version={S: "beta"},
        destination_table_version={S: "beta"},
        migrate={S: "false"},
        maintenance_mode={B: False},
    )
    env.make_table("beta", items=3)
    return env


def test_it_is_shown_and_written_only_then(old: ScriptedEnvironment) -> None:
    before = old.rows()
    done = old.project.run("adopt", "dev")
    assert done.code == 3
    assert "current-color              missing → green" in done.out
    assert "migrate                    'false' → false" in done.out
    assert f"and {len(OTHERS)} other items that nobody touches" in done.out
    assert f"{old.project.name}-dev-beta: 3 items" in done.out
    assert done.last == "next: verdigris adopt dev --yes"
    assert old.rows() == before

    done = old.project.ok("adopt", "dev", "--yes")
    assert done.last == "next: verdigris doctor dev"
    changed: dict[str, dict[str, Any]] = {"current-color": {S: "green"}, "migrate": {B: False}}
    expected = before | {(name, name): {"pk": {S: name}, "sk": {S: name}, "current": v} for name, v in changed.items()}
    assert old.rows() == expected, "whole items, and nothing else"

    done = old.project.ok("adopt", "dev", "--yes")
    assert "there is nothing to write" in done.out
    assert old.rows() == expected
    (act,) = commands.history(old.config, "dev").acts
    assert (act.verb, act.what) == ("adopt", "current-color: missing → green; migrate: 'false' → false")


def test_then_it_is_deployed(old: ScriptedEnvironment) -> None:
    """Color only, since nothing is pending; before it is adopted nothing is."""
    old.project.replace("verdigris.toml", "late_write_seconds", 'approve = "auto"\nlate_write_seconds')
    assert old.project.run("deploy", "dev").last == "next: verdigris set dev migrate false"
    old.flag("migrate", {B: False})
    done = old.project.run("deploy", "dev")
    assert done.code == 1
    assert done.last == "next: verdigris adopt dev"
    old.project.ok("adopt", "dev", "--yes")
    old.project.ok("doctor", "dev")
    before = old.rows()
    old.project.ok("deploy", "dev")
    assert commands.get(old.config, "dev", "current-color") == "blue"
    assert commands.get(old.config, "dev", "source-table") == f"{old.project.name}-dev-beta"
    old.project.ok("finalize", "dev", "--confirm", "dev")
    others = [old.rows(), before]
    assert [rows.pop(("current-color", "current-color"))["current"] for rows in others] == [{S: "blue"}, {S: "green"}]
    assert others[0] == others[1], "a color alone changes nothing else"


def test_a_table_without_version_is_deployed_from(env: ScriptedEnvironment) -> None:
    env.make_deploy_table(current_color={S: "blue"})
    table = env.make_table("", items=3)
    done = env.project.run("adopt", "dev")
    assert done.last == 'next: write unversioned = "alpha" under [environments.dev] in verdigris.toml'
    env.project.replace(
        "verdigris.toml", "late_write_seconds", 'unversioned = "alpha"\napprove = "auto"\nlate_write_seconds'
    )
    env.project.ok("adopt", "dev", "--yes")
    env.project.ok("deploy", "dev", "--migrate", "--enable-stream")
    assert env.tables() == {table, env.deploy_table, f"{env.project.name}-dev-beta"}
    assert commands.get(env.config, "dev", "source-table") == table
    env.project.ok("finalize", "dev", "--confirm", "dev")
    assert env.tables() == {env.deploy_table, f"{env.project.name}-dev-beta"}
    assert env.client().scan(TableName=f"{env.project.name}-dev-beta")["Count"] == 3
    assert commands.get(env.config, "dev", "source-table") == f"{env.project.name}-dev-beta"


def test_the_flags_that_others_read_are_true_at_every_moment(old: ScriptedEnvironment) -> None:
    """A migration from beta into alpha, the way back, forward again, and the end."""
    for name in ("pending-color-switch", "migration-queue-is-empty"):
        old.flag(name, {B: False})
    commands.adopt(old.config, "dev", yes=True)
    old.project.write("migrations/0001_a.py", "def up(item):\n    return item\n")
    seen: dict[str, tuple[str, ...]] = {}

    def look(record: Record) -> None:
        names = ("pending-color-switch", "migration-queue-is-empty", "migrate", "maintenance-mode")
        values = tuple(commands.get(old.config, "dev", name) for name in names)
        match record.body:
            case PhaseDone(phase) | Undone(phase):
                seen[phase] = values
            case Said(event):
                seen[event] = values

    hooks = commands.Hooks(record=look)
    commands.deploy(old.config, "dev", yes=True, enable_stream=True, hooks=hooks)
    assert seen == {
        "preflight": ("true", "false", "false", "false"),
        **dict.fromkeys(("provision", "backfill"), ("true", "false", "true", "false")),
        **dict.fromkeys(("replay", "verify", "reindex", "exercise", "approved"), ("true", "true", "true", "false")),
        **dict.fromkeys(("switch", "bake"), ("false", "true", "true", "false")),
    }
    commands.rollback(old.config, "dev", lossy=True, hooks=hooks)
    assert (seen["rollback"][0], seen["switch"][0]) == ("true", "false")
    commands.deploy(old.config, "dev", hooks=hooks)
    commands.finalize(old.config, "dev", confirm="dev", hooks=hooks)
    assert seen["finalize"] == ("false", "true", "false", "false")
    assert commands.get(old.config, "dev", "source-table") == f"{old.project.name}-dev-alpha"


def test_migrations_of_another_tool_become_the_baseline(old: ScriptedEnvironment) -> None:
    for name in ("0011-older.ts", "0012-court.ts", "0012-court.test.ts", "helpers.ts"):
        old.project.write(f"lambdas/{name}", "export {}")
    own = old.project.write("migrations/0001_ours.py", "def up(item):\n    return item\n")
    names = [str(old.project.folder / "lambdas"), "0013_new.sql", "migrations/0001_ours.py"]
    found = commands.adopt(old.config, "dev", baseline=names)
    assert found.baseline == ("0001_ours.py", "0011-older.ts", "0013_new.sql")
    assert found.recorded == ("0012-court.ts",)
    assert commands.adopt(old.config, "dev", baseline=names, yes=True).written
    rows = {key[0]: row for key, row in old.rows().items() if key[0].startswith("migration|")}
    assert rows["migration|0012-court.ts"] == RECORDED
    assert set(rows["migration|0011-older.ts"]) == {"pk", "sk", "createdAt"}
    assert set(rows["migration|0001_ours.py"]) == {"pk", "sk", "createdAt", "checksum"}
    listed = commands.list_migrations(old.config, "dev")
    assert (listed.pending, listed.faults) == ((), ())
    own.write_text("def up(item):\n    return None\n")
    assert commands.list_migrations(old.config, "dev").changed == ("0001_ours.py",)
    with pytest.raises(UsageError, match="begins with its number"):
        commands.adopt(old.config, "dev", baseline=["court.ts"])


def test_what_contradicts_is_decided_by_a_person(old: ScriptedEnvironment) -> None:
    old.flag("destination-table-version", {S: "alpha"})
    old.flag("maintenance-mode", {S: "true"})
    before = old.rows()
    done = old.project.run("adopt", "dev", "--yes", "--json")
    assert done.code == 1
    found = json.loads(done.out)
    assert len(found["faults"]) == 2
    assert not found["written"]
    assert old.rows() == before
    old.project.ok("set", "dev", "maintenance-mode", "true")
    old.project.ok("set", "dev", "destination-version", "beta")
    assert commands.adopt(old.config, "dev", yes=True).written


def test_the_live_application_decides_where_it_can_be_asked(old: ScriptedEnvironment) -> None:
    old.make_table("alpha")
    old.project.write(
        "live.py",
        f"import os\nassert os.environ['VERDIGRIS_COLOR'] == 'green'\nprint('{old.project.name}-dev-alpha')\n",
    )
    old.project.replace("verdigris.toml", "[environments", '[live]\ncommand = ["{python}", "live.py"]\n[environments')
    done = old.project.run("doctor", "dev")
    assert done.code == 1
    found = commands.adopt(old.config, "dev", yes=True)
    assert found.live == f"{old.project.name}-dev-alpha"
    assert commands.get(old.config, "dev", "source-version") == "alpha"
    assert {one.name for one in commands.doctor(old.config, "dev") if not one.ok} == set()
    old.flag("source-table-version", {S: "beta"})
    (wrong, *_) = [one for one in commands.doctor(old.config, "dev") if not one.ok]
    assert (wrong.name, wrong.next_command) == ("data", "verdigris set dev source-table-version alpha")
    old.project.ok(*wrong.next_command.split()[1:])
    assert commands.get(old.config, "dev", "source-version") == "alpha"


def test_a_live_application_that_cannot_be_asked(old: ScriptedEnvironment) -> None:
    old.project.write("live.py", "raise SystemExit('no such stack')\n")
    old.project.replace("verdigris.toml", "[environments", '[live]\ncommand = ["{python}", "live.py"]\n[environments')
    found = commands.adopt(old.config, "dev", yes=True)
    assert not found.written
    assert "no such stack" in found.faults[0].what


def test_bad_deploy_tables(env: ScriptedEnvironment) -> None:
    with pytest.raises(NotFound, match="there is no deploy table"):
        commands.adopt(env.config, "dev", yes=True)
    assert env.tables() == set()
    key = [{"AttributeName": "id", "AttributeType": S}]
    schema = [{"AttributeName": "id", "KeyType": "HASH"}]
    env.client().create_table(
        TableName=env.deploy_table, AttributeDefinitions=key, KeySchema=schema, BillingMode="PAY_PER_REQUEST"
    )
    with pytest.raises(UsageError, match=r"id \(S\)"):
        commands.adopt(env.config, "dev", yes=True)


def test_no_permission(env: ScriptedEnvironment) -> None:
    with scripted(fault("AccessDeniedException", "not authorized to perform dynamodb:DescribeTable")) as script:
        env.project.replace("verdigris.toml", env.project.dynamodb_url, script.url)
        with pytest.raises(AccessRefused, match="dynamodb:DescribeTable"):
            commands.adopt(env.config, "dev", yes=True)


def test_an_environment_under_way_is_adopted_already(env: ScriptedEnvironment) -> None:
    assert env.project.run("deploy", "dev").code == 3
    with pytest.raises(UsageError, match="deploys here already"):
        commands.adopt(env.config, "dev", yes=True)
