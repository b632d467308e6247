"""What adopting makes of the flags that scripts leave: written, left as they are, or for a person to decide."""

from __future__ import annotations

from typing import Any

import pytest

from verdigris.core.adoption import FLAGS, World, plan_flags
from verdigris.core.model import DataVersion

A, B = DataVersion.ALPHA, DataVersion.BETA
TABLES = {A: "court-dev-alpha", B: "court-dev-beta"}
USUAL: dict[str, Any] = {
    "current-color": "blue",
    "source-table-version": "beta",
    "destination-table-version": "beta",
    "migrate": False,
    "pending-color-switch": False,
    "migration-queue-is-empty": True,
    "maintenance-mode": False,
}


def world(without: tuple[str, ...] = (), existing: tuple[DataVersion, ...] = (B,), **changes: Any) -> World:
    parts = {name: changes.pop(name) for name in ("live", "unversioned") if name in changes}
    flags = USUAL | {name.replace("_", "-"): value for name, value in changes.items()}
    return World(
        "dev", {name: value for name, value in flags.items() if name not in without}, TABLES, existing, **parts
    )


def wanted(of: World) -> dict[str, Any]:
    plans, faults = plan_flags(of)
    assert faults == ()
    assert [plan.name for plan in plans] == list(FLAGS)
    return {plan.name: plan.wanted for plan in plans if plan.wanted is not None}


def test_nothing_is_written_where_everything_is_said() -> None:
    assert wanted(world()) == {}


def test_what_scripts_read_into_a_missing_flag_is_written() -> None:
    assert wanted(world(without=("current-color", "migrate", "pending-color-switch"))) == {
        "current-color": "green",
        "migrate": False,
    }


@pytest.mark.parametrize("name", ["migrate", "pending-color-switch", "migration-queue-is-empty", "maintenance-mode"])
def test_a_text_that_says_no_becomes_a_no(name: str) -> None:
    changes: dict[str, Any] = {name.replace("-", "_"): "false"}
    assert wanted(world(**changes)) == {name: False}


@pytest.mark.parametrize(
    ("changes", "versions"),
    [
        ({"without": ("source-table-version", "destination-table-version")}, {"source": "beta", "destination": "beta"}),
        ({"without": ("destination-table-version",)}, {"destination": "beta"}),
        ({"source_table_version": "alpha", "live": "court-dev-beta", "existing": (A, B)}, {"source": "beta"}),
        ({"destination_table_version": "alpha", "live": "court-dev-beta"}, {"destination": "beta"}),
        (
            {"live": "court-dev-alpha", "existing": (A, B)},
            {"source": "alpha", "destination": "alpha"},
        ),
    ],
)
def test_the_versions_follow_the_table_that_serves(changes: dict[str, Any], versions: dict[str, str]) -> None:
    assert wanted(world(**changes)) == {f"{name}-table-version": value for name, value in versions.items()}


@pytest.mark.parametrize(
    ("changes", "said", "then"),
    [
        ({"current_color": "red"}, "current-color is red", "verdigris set dev current-color COLOR"),
        ({"current_color": None}, "current-color is None", "verdigris set dev current-color COLOR"),
        ({"migrate": "true"}, "migrate is 'true'", "verdigris set dev migrate true"),
        ({"maintenance_mode": 1}, "maintenance-mode is 1", "verdigris set dev maintenance-mode false"),
        ({"source_table_version": "null"}, "source-table-version is null", "verdigris set dev source-table-version"),
        ({"destination_table_version": "alpha"}, "does not say how to ask", "look which table"),
        ({"pending_color_switch": True}, "have not switched", "let them end it"),
        (
            {"migrate": True, "destination_table_version": "alpha", "live": "court-dev-beta"},
            "the versions differ",
            "let them end it",
        ),
        ({"existing": (A,)}, "there is no such table", "mend [table] name"),
        ({"live": "court-dev"}, "works on court-dev", "mend [table] name"),
        (
            {"without": ("source-table-version", "destination-table-version"), "existing": (A, B)},
            "there are both",
            "verdigris set dev source-table-version VERSION",
        ),
        (
            {
                "without": ("source-table-version", "destination-table-version"),
                "existing": (),
                "unversioned": "court-dev",
            },
            "the data is in court-dev",
            'write unversioned = "alpha" under [environments.dev]',
        ),
        (
            {"without": ("source-table-version", "destination-table-version"), "existing": ()},
            "there is neither",
            "mend [table] name",
        ),
    ],
)
def test_what_a_person_must_decide(changes: dict[str, Any], said: str, then: str) -> None:
    _, faults = plan_flags(world(**changes))
    assert [said in fault.what for fault in faults] == [True], faults
    assert faults[0].next_command.startswith(then)


def test_all_of_it_is_said_at_once() -> None:
    _, faults = plan_flags(world(current_color="red", migrate="true", pending_color_switch=True, existing=(A,)))
    assert len(faults) == 4
