"""A destination that an earlier attempt left behind: found before anything is built, removed only when confirmed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import urllib3
from tests.conftest import SessionStack
from tests.fault.global_tables import Copy, GlobalTable, answer
from tests.fault.scripted import Answer, Request, answering
from tests.scripted_environment import ScriptedEnvironment

from verdigris import commands
from verdigris.errors import Interrupted, Invalid, PhaseFailed, UsageError
from verdigris.stores.memory_domains import MemoryDomains
from verdigris.wiring import Wiring

EAST, WEST = "us-east-1", "us-west-1"
FLAGS: dict[str, Any] = {
    "current_color": {"S": "blue"},
    "source_table_version": {"S": "alpha"},
    "destination_table_version": {"S": "alpha"},
}
MIGRATION = "def up(item):\n    return item\n"


@pytest.fixture
def env(tmp_path: Path, stack: SessionStack, monkeypatch: pytest.MonkeyPatch) -> ScriptedEnvironment:
    """alpha serves; a destination is left in both regions."""
    env = ScriptedEnvironment(tmp_path, stack.dynamodb_url, monkeypatch, regions=(EAST, WEST))
    env.make_deploy_table(**FLAGS)
    env.make_table("alpha", items=2)
    env.make_table("beta", items=3)
    env.make_table("beta", WEST, items=1)
    return env


def live_command(env: ScriptedEnvironment, table: str) -> None:
    env.project.write("live.py", f"import os\nprint(os.environ['VERDIGRIS_COLOR'] and {table!r})\n")
    env.project.replace(
        "verdigris.toml", "[environments.dev]", '[live]\ncommand = ["{python}", "live.py"]\n[environments.dev]'
    )


def test_it_is_shown_then_removed_in_every_region(env: ScriptedEnvironment) -> None:
    project, name = env.project, f"{env.project.name}-dev-beta"
    done = project.run("clean", "dev")
    assert done.code == 3
    assert f"{name} in {EAST}: 3 items" in done.out
    assert f"{name} in {WEST}: 1 item" in done.out
    assert done.last == f"next: verdigris clean dev --confirm {name} --items 3"
    done = project.ok(*done.last.split()[2:])
    assert f"deleted {name} in {WEST}" in done.out
    assert env.tables() == {f"{project.name}-dev-alpha", env.deploy_table}
    assert env.tables(WEST) == set()
    acts = [act.what for act in commands.history(env.config, "dev").acts]
    assert acts == [f"{name}: deleting, 3 items by its own count, in {EAST}, {WEST}", f"{name}: gone"]
    assert commands.clean(env.config, "dev").nothing
    assert commands.clean(env.config, "dev", confirm=name, items=0).nothing, "doing it again is fine"


@pytest.mark.parametrize(
    ("confirm", "items", "said"),
    [
        ("{name}-dev-beta", None, "its number of items must be confirmed too"),
        ("{name}-dev-beta", 4, "not 4 items"),
        ("{name}-dev-alpha", 3, "the table is .*-dev-beta, not .*-dev-alpha"),
        ("dev", 3, "the table is .*-dev-beta, not dev"),
    ],
)
def test_a_wrong_confirmation_removes_nothing(
    env: ScriptedEnvironment, confirm: str, items: int | None, said: str
) -> None:
    before = env.tables(), env.tables(WEST), env.rows()
    with pytest.raises(UsageError, match=said):
        commands.clean(env.config, "dev", confirm=confirm.format(name=env.project.name), items=items)
    assert (env.tables(), env.tables(WEST), env.rows()) == before


def test_nothing_is_removed_where_flags_and_application_do_not_agree(env: ScriptedEnvironment) -> None:
    env.flag("destination-table-version", {"S": "beta"})
    with pytest.raises(PhaseFailed, match="not certain"):
        commands.clean(env.config, "dev")
    env.flag("destination-table-version", {"S": "alpha"})
    live_command(env, f"{env.project.name}-dev-beta")
    with pytest.raises(PhaseFailed, match=r"the live application works on .*-dev-beta") as caught:
        commands.clean(env.config, "dev", confirm=f"{env.project.name}-dev-beta", items=3)
    assert caught.value.next_command == "verdigris doctor dev"
    assert f"{env.project.name}-dev-beta" in env.tables()


def test_the_plan_and_doctor_find_it_before_anything_is_built(env: ScriptedEnvironment) -> None:
    env.project.write("migrations/0001_a.py", MIGRATION)
    env.client().delete_table(TableName=f"{env.project.name}-dev-beta")
    planned = commands.plan(env.config, "dev", enable_stream=True)
    found = {fault.what: fault.next_command for fault in planned.faults}
    assert found[f"the destination table {env.project.name}-dev-beta exists in {WEST}"] == "verdigris clean dev"
    done = env.project.run("deploy", "dev", "--enable-stream")
    assert done.code == 1
    assert f"exists in {WEST}" in done.err


def test_a_deployment_under_way_has_no_leftover(
    tmp_path: Path, stack: SessionStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = ScriptedEnvironment(tmp_path, stack.dynamodb_url, monkeypatch)
    with pytest.raises(UsageError, match="nothing was ever deployed"):
        commands.clean(env.config, "dev")
    assert env.project.run("deploy", "dev").code == 3
    with pytest.raises(UsageError, match="under way"):
        commands.clean(env.config, "dev")


def test_flags_that_the_last_deployment_did_not_leave_are_not_believed(
    tmp_path: Path, stack: SessionStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = ScriptedEnvironment(tmp_path, stack.dynamodb_url, monkeypatch)
    env.project.ok("deploy", "dev", "--yes")
    env.make_table("beta")
    for name in ("source-version", "destination-version"):
        commands.set_value(env.config, "dev", name, "beta")
    with pytest.raises(PhaseFailed, match="left alpha serving"):
        commands.clean(env.config, "dev", confirm=f"{env.project.name}-dev-alpha", items=0)
    live_command(env, f"{env.project.name}-dev-beta")
    assert commands.clean(env.config, "dev").table == f"{env.project.name}-dev-alpha"


def test_its_search_domain_goes_too_and_is_waited_for(
    env: ScriptedEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    env.project.replace(
        "verdigris.toml",
        "[environments.dev]",
        '[search_domain]\nname = "s{env}-{version}"\ncreate = "domain.json"\n[environments.dev]',
    )
    domains = MemoryDomains(looks=5)
    for name in ("sdev-alpha", "sdev-beta"):
        domains.create(name, {}, "somebody")
    monkeypatch.setattr(Wiring, "domains", domains)
    name, reason = f"{env.project.name}-dev-beta", "the search domain sdev-beta is being removed"

    def stop(said: str) -> None:
        if said == reason:
            raise Interrupted("stopped")

    with pytest.raises(Interrupted):
        commands.clean(env.config, "dev", confirm=name, items=3, hooks=commands.Hooks(waiting=stop))
    found = commands.clean(env.config, "dev")
    assert (found.domain, found.tables, found.nothing) == ("sdev-beta", (), False), "it goes, and is not gone"
    reasons: list[str] = []
    commands.clean(env.config, "dev", confirm=name, items=0, hooks=commands.Hooks(waiting=reasons.append))
    assert reason in reasons
    assert domains.made.keys() == {"sdev-alpha"}
    assert commands.clean(env.config, "dev").nothing


# ── replicas: the deploy table on DynamoDB Local, the destination on a server that answers as AWS ────────────────────


def behind(url: str, *tables: GlobalTable) -> Callable[[Request], Answer]:
    """Everything that is not about these tables goes to DynamoDB Local."""
    pool = urllib3.PoolManager()

    def forward(request: Request) -> Answer:
        headers = {name: value for name, value in request.headers.items() if name != "host"}
        given = pool.request("POST", url, body=request.body, headers=headers)
        return Answer(given.data, given.status)

    return answer(*tables, otherwise=forward)


@pytest.fixture
def replicated(env: ScriptedEnvironment) -> GlobalTable:
    for region in (EAST, WEST):
        env.client(region).delete_table(TableName=f"{env.project.name}-dev-beta")
    name = f"{env.project.name}-dev-beta"
    return GlobalTable(name, {EAST: Copy(), WEST: Copy(EAST)}, polls=1, items=20)


def use(env: ScriptedEnvironment, url: str) -> None:
    env.project.replace("verdigris.toml", env.project.dynamodb_url, url)


def test_replicas_first_then_home_and_the_reason_is_told(env: ScriptedEnvironment, replicated: GlobalTable) -> None:
    reasons: list[str] = []
    hooks = commands.Hooks(waiting=reasons.append)
    with answering(behind(env.project.dynamodb_url, replicated)) as script:
        use(env, script.url)
        found = commands.clean(env.config, "dev")
        assert [(one.region, [replica.region for replica in one.replicas]) for one in found.tables] == [
            (EAST, [WEST]),
            (WEST, [EAST]),
        ]
        assert found.items == 20
        commands.clean(env.config, "dev", confirm=replicated.name, items=20, hooks=hooks)
    assert replicated.changes == [(EAST, "UpdateTable", WEST), (EAST, "DeleteTable", EAST)]
    assert f"the replica in {WEST} is DELETING" in reasons


def test_protection_in_another_region_stops_it_before_anything_is_deleted(
    env: ScriptedEnvironment, replicated: GlobalTable
) -> None:
    replicated.copies[WEST].protected = True
    with answering(behind(env.project.dynamodb_url, replicated)) as script:
        use(env, script.url)
        with pytest.raises(Invalid, match="deletion protection"):
            commands.clean(env.config, "dev", confirm=replicated.name, items=20)
    assert replicated.changes == []


def test_interrupted_while_it_waits_the_next_run_goes_on(env: ScriptedEnvironment, replicated: GlobalTable) -> None:
    def stop(reason: str) -> None:
        raise Interrupted("stopped")

    with answering(behind(env.project.dynamodb_url, replicated)) as script:
        use(env, script.url)
        with pytest.raises(Interrupted) as caught:
            commands.clean(env.config, "dev", confirm=replicated.name, items=20, hooks=commands.Hooks(waiting=stop))
        assert "asked to go" in caught.value.state
        assert replicated.copies[WEST].status == "DELETING"
        commands.clean(env.config, "dev", confirm=replicated.name, items=20)
    assert replicated.copies == {}
    assert len(replicated.changes) == 2
