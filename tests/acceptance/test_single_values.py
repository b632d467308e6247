"""`get` and `set` in place of the scripts that read and wrote one flag each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.conftest import SessionStack
from tests.scripted_environment import OTHERS, ScriptedEnvironment

from verdigris import commands
from verdigris.errors import NotFound, StoreError, UsageError

S, B = "S", "BOOL"


@pytest.fixture
def env(tmp_path: Path, stack: SessionStack, monkeypatch: pytest.MonkeyPatch) -> ScriptedEnvironment:
    return ScriptedEnvironment(tmp_path, stack.dynamodb_url, monkeypatch)


@pytest.fixture
def kept(env: ScriptedEnvironment) -> ScriptedEnvironment:
    """Flags as scripts leave them after a migration to beta, and much else."""
    env.make_deploy_table(
        *OTHERS,
        current_color={S: "blue"},
        source_table_version={S: "beta"},
        destination_table_version={S: "beta"},
        migrate={B: False},
        maintenance_mode={B: True},
        pending_color_switch={S: "true"},
    )
    return env


def get(env: ScriptedEnvironment, name: str) -> str:
    return commands.get(env.config, "dev", name)


def test_each_value_of_a_table_that_scripts_kept(kept: ScriptedEnvironment) -> None:
    name = kept.project.name
    expected = {
        "current-color": "blue",
        "deploying-color": "green",
        "source-version": "beta",
        "source-table-version": "beta",
        "destination-version": "beta",
        "source-table": f"{name}-dev-beta",
        "destination-table": f"{name}-dev-beta",
        "next-table": f"{name}-dev-alpha",
        "migrate": "false",
        "maintenance-mode": "true",
    }
    assert {one: get(kept, one) for one in expected} == expected


def test_bare_on_stdout_or_nothing_at_all(kept: ScriptedEnvironment) -> None:
    done = kept.project.run("get", "dev", "source-table")
    assert (done.code, done.out, done.err) == (0, f"{kept.project.name}-dev-beta\n", "")
    for words, code in (
        (("get", "prod", "source-table"), 2),
        (("get", "dev", "sourcetable"), 2),
        (("get", "dev", "migration-queue-is-empty"), 1),
        (("get", "dev", "pending-color-switch"), 1),
    ):
        done = kept.project.run(*words)
        assert (done.code, done.out) == (code, ""), words
        assert done.last.startswith("next: verdigris ")


@pytest.mark.parametrize("name", ["current-color", "deploying-color", "source-table", "next-table", "migrate"])
def test_without_a_deploy_table_there_is_no_value(env: ScriptedEnvironment, name: str) -> None:
    with pytest.raises(NotFound):
        get(env, name)


def test_what_a_missing_flag_means(env: ScriptedEnvironment) -> None:
    env.make_deploy_table(*OTHERS, destination_table_version={S: "alpha"})
    assert get(env, "current-color") == "green"
    assert get(env, "deploying-color") == "blue"
    assert get(env, "migrate") == "false"
    with pytest.raises(NotFound, match="source-table is not set"):
        get(env, "source-table")
    name = env.make_table("")
    assert get(env, "source-table") == name == f"{env.project.name}-dev"


@pytest.mark.parametrize(
    ("flag", "value", "name"),
    [
        ("migrate", {S: "true"}, "migrate"),
        ("current-color", {"L": [{S: "blue"}]}, "deploying-color"),
        ("source-table-version", {S: "null"}, "source-table"),
        ("maintenance-mode", {"N": "1"}, "maintenance-mode"),
    ],
)
def test_a_value_of_another_type_is_an_error_with_the_way_to_mend_it(
    kept: ScriptedEnvironment, flag: str, value: dict[str, Any], name: str
) -> None:
    kept.flag(flag, value)
    with pytest.raises(StoreError, match=flag) as caught:
        get(kept, name)
    assert caught.value.next_command.startswith(f"verdigris set ENV {flag} ")


# ── set ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_flag_is_written_whole_and_nothing_else_is_touched(kept: ScriptedEnvironment) -> None:
    kept.make_table("beta")
    before = kept.rows()
    kept.flag("migrate", {S: "true"})
    done = kept.project.ok("set", "dev", "migrate", "true")
    assert done.out == "migrate: 'true' → true\n"
    assert commands.set_value(kept.config, "dev", "destination-version", "alpha").changed
    assert not commands.set_value(kept.config, "dev", "source-version", "beta").changed
    changed: dict[tuple[str, str], dict[str, Any]] = {
        ("migrate", "migrate"): {"current": {B: True}},
        ("destination-table-version", "destination-table-version"): {"current": {S: "alpha"}},
    }
    expected = before | {key: {"pk": {S: key[0]}, "sk": {S: key[1]}, **value} for key, value in changed.items()}
    assert kept.rows() == expected
    acts = commands.history(kept.config, "dev").acts
    assert [(act.verb, act.what) for act in acts] == [
        ("set", "migrate: 'true' → true"),
        ("set", "destination-table-version: beta → alpha"),
    ]


@pytest.mark.parametrize(
    ("name", "value", "error", "said"),
    [
        ("current-color", "green", UsageError, "together with the traffic only"),
        ("current-color", "red", UsageError, "blue or green"),
        ("source-version", "alpha", NotFound, "there is no table"),
        ("source-version", "gamma", UsageError, "alpha or beta"),
        ("migrate", "yes", UsageError, "true or false"),
        ("deploying-color", "green", UsageError, "the other color than"),
        ("source-table", "x", UsageError, "follows from source-version"),
        ("order-search-enabled", "true", UsageError, "no value is called"),
    ],
)
def test_what_may_not_be_set(
    kept: ScriptedEnvironment, name: str, value: str, error: type[Exception], said: str
) -> None:
    before = kept.rows()
    with pytest.raises(error, match=said):
        commands.set_value(kept.config, "dev", name, value)
    assert kept.rows() == before


def test_a_color_that_makes_no_sense_can_be_mended(kept: ScriptedEnvironment) -> None:
    kept.flag("current-color", {S: "null"})
    commands.set_value(kept.config, "dev", "current-color", "blue")
    assert get(kept, "current-color") == "blue"


def test_nothing_but_maintenance_is_set_while_a_deployment_is_under_way(env: ScriptedEnvironment) -> None:
    assert env.project.run("deploy", "dev").code == 3, "it waits at the gate"
    for name, value in (("migrate", "true"), ("source-version", "beta"), ("pending-color-switch", "false")):
        with pytest.raises(UsageError, match="under way"):
            commands.set_value(env.config, "dev", name, value)
    env.flag("migrate", {S: "true"})
    env.flag("source-table-version", {S: "beta"})
    for name, value in (("migrate", "false"), ("source-version", "alpha")):
        assert commands.set_value(env.config, "dev", name, value).changed, "put back as the deployment left it"
    assert env.project.run("deploy", "dev").code == 3, "and it goes on"
    assert commands.set_value(env.config, "dev", "maintenance-mode", "true").changed
    assert get(env, "maintenance-mode") == "true"


def test_without_a_deploy_table_nothing_is_set(env: ScriptedEnvironment) -> None:
    for name in ("migrate", "maintenance-mode"):
        with pytest.raises((NotFound, UsageError)):
            commands.set_value(env.config, "dev", name, "true")
    assert env.tables() == set()
