"""Configuration and facts become a plan, and everything that stands in its way is said at once."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from verdigris.core.declared import Builder, ConsumerKind, Declared
from verdigris.core.model import Color, DataVersion, KeySchema, Kind, Phase
from verdigris.core.plan_faults import faults
from verdigris.core.planned_indexes import FoundIndex, Recipe
from verdigris.core.planning import Facts, Names, NewShape, PendingMigration, Plan, TableState, make_plan

NAMES = Names(
    env="dev",
    deploy_table="court-dev-deploy",
    tables={DataVersion.ALPHA: "court-dev-alpha", DataVersion.BETA: "court-dev-beta"},
)
FULL = TableState(True, False, True, True, 10, 1000)
NONE = TableState(False)
PENDING = (PendingMigration("0001_a.py", "1" * 64),)
RECIPE = Recipe("mappings", "code")
CASE = FoundIndex("case", "case", RECIPE, live="case-alpha-3", made_of=RECIPE)


ID = KeySchema((("id", "S"),))
OTHER = NewShape({"KeySchema": []}, KeySchema((("pk", "S"),)), ID, changes=("key pk → id", "index by-x is new"))


def facts(**changes: Any) -> Facts:
    usual = Facts(Color.BLUE, DataVersion.ALPHA, DataVersion.ALPHA, FULL, NONE, PENDING)
    return msgspec.structs.replace(usual, **{"indexes": (CASE,), "deployment": 7} | changes)


def said(**changes: Any) -> list[str]:
    found = facts(**changes)
    return [fault.what for fault in faults(make_plan(NAMES, found), found)]


def test_what_is_pending_decides_what_a_deployment_carries() -> None:
    migrate = make_plan(NAMES, facts())
    assert (migrate.kind, migrate.before, migrate.after) == (Kind.MIGRATE, Color.BLUE, Color.GREEN)
    assert (migrate.source_table, migrate.destination_table) == ("court-dev-alpha", "court-dev-beta")
    assert (migrate.indexes[0].source, migrate.indexes[0].destination) == ("case-alpha-3", "case-beta-7")
    color = make_plan(NAMES, facts(pending=()))
    assert (color.kind, color.destination_table) == (Kind.COLOR, "court-dev-alpha")
    assert Phase.BACKFILL in migrate.phases
    assert Phase.BACKFILL not in color.phases
    first = make_plan(NAMES, facts(color=None, source=None, destination=None, alpha=NONE))
    assert (first.kind, first.after, first.destination_table) == (Kind.BOOTSTRAP, Color.BLUE, "court-dev-alpha")


def test_the_other_version_is_the_next_one() -> None:
    back = make_plan(NAMES, facts(source=DataVersion.BETA, destination=DataVersion.BETA, alpha=NONE, beta=FULL))
    assert (back.source_table, back.destination_table) == ("court-dev-beta", "court-dev-alpha")


def test_the_digest_is_of_what_is_decided_and_of_nothing_else() -> None:
    plan = make_plan(NAMES, facts())
    assert plan.digest == make_plan(NAMES, facts(notes=("x",), alpha=TableState(True, False, True, True, 99))).digest
    assert plan.digest != make_plan(NAMES, facts(pending=(PendingMigration("0001_a.py", "2" * 64),))).digest


def test_nothing_stands_in_the_way_of_a_usual_deployment() -> None:
    assert said() == []
    assert said(pending=()) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"alpha": NONE}, "the source table court-dev-alpha does not exist"),
        ({"beta": FULL}, "the destination table court-dev-beta exists and holds items"),
        ({"alpha": TableState(True, False, False, False, 10)}, "has no stream"),
        ({"alpha": TableState(True, False, True, False, 10)}, "does not carry NEW_AND_OLD_IMAGES"),
        ({"destination": DataVersion.BETA}, "the flags disagree"),
        ({"migration_faults": ("0001 changed",)}, "0001 changed"),
        ({"production": True, "has_fence": False}, "production refuses an unproven fence"),
        ({"indexes": (replace(CASE, fault="case: this is an index, and must be an alias"),)}, "must be an alias"),
        ({"color": None, "alpha": NONE, "has_shape": False}, "[table] shape does not say how to make it"),
        ({"color": None}, "nothing says which migrations it has been through"),
    ],
)
def test_each_fault_is_told(changes: dict[str, Any], fault: str) -> None:
    assert any(fault in text for text in said(**changes)), said(**changes)


def test_all_faults_are_told_at_once_each_with_a_command() -> None:
    found = facts(beta=FULL, migration_faults=("0001 changed",), alpha=TableState(True, False))
    all_of_them = faults(make_plan(NAMES, found), found)
    assert len(all_of_them) == 3
    assert all(fault.next_command for fault in all_of_them)


def test_consent_to_the_stream_is_enough() -> None:
    assert said(alpha=TableState(True, False), may_enable_stream=True) == []


def test_an_unproven_fence_is_said_in_the_plan() -> None:
    plan = make_plan(NAMES, facts(has_fence=False))
    assert "unproven" in plan.notes[0]
    assert make_plan(NAMES, facts(has_fence=False, pending=())).notes == ()


def test_another_shape_belongs_to_the_deployment_that_migrates() -> None:
    plan = make_plan(NAMES, facts(shape=OTHER))
    assert (plan.new_key, said(shape=OTHER)) == (ID, [])
    assert plan.digest != make_plan(NAMES, facts()).digest
    assert msgspec.json.decode(msgspec.json.encode(plan), type=Plan) == plan
    assert make_plan(NAMES, facts()).new_key is None


def test_another_shape_that_no_migration_brings_is_a_fault() -> None:
    assert make_plan(NAMES, facts(shape=OTHER, pending=())).shape is None
    (only,) = said(shape=OTHER, pending=())
    assert "[table.destination] says what court-dev-alpha is not (key pk → id, index by-x is new)" in only


def test_the_first_deployment_takes_a_table_as_it_is_and_says_so() -> None:
    found = facts(
        color=None, source=None, destination=None, shape=OTHER, alpha=msgspec.structs.replace(FULL, empty=True)
    )
    plan = make_plan(NAMES, found)
    assert (plan.shape, faults(plan, found)) == (None, [])
    assert plan.notes == (
        "the table is taken as it is; [table.destination] wants another one: key pk → id, index by-x is new",
    )


def test_consumers_belong_to_a_deployment_that_fills_a_table() -> None:
    mails = Declared("court-green-mails", ConsumerKind.EFFECTS)
    found = facts(consumers=(mails,), indexes=(replace(CASE, by=Builder.APPLICATION),))
    plan = make_plan(NAMES, found)
    assert plan.consumers == (mails,)
    assert plan.indexes[0].by is Builder.APPLICATION
    assert plan.digest != make_plan(NAMES, facts()).digest
    assert make_plan(NAMES, facts(consumers=(mails,), pending=())).consumers == ()


def test_a_consumer_that_nobody_declared_is_in_the_way() -> None:
    found = facts(undeclared=("court-green-audit:live",))
    (fault,) = faults(make_plan(NAMES, found), found)
    assert "court-green-audit:live reads the stream of court-dev-beta" in fault.what
    assert 'function = "court-green-audit"' in fault.next_command


# ── indexes ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (replace(CASE, recipe=Recipe("others", "code")), "its mappings or settings changed"),
        (replace(CASE, recipe=Recipe("mappings", "other")), "the code of its documents changed"),
        (replace(CASE, live=None), "there is none yet"),
        (replace(CASE, doubt="deployment 6 was rolled back"), "deployment 6 was rolled back"),
    ],
)
def test_an_index_is_built_anew_without_the_data_when_it_must_be(found: FoundIndex, why: str) -> None:
    other = replace(CASE, alias="docket", variable="docket", live="docket-alpha-5")
    plan = make_plan(NAMES, facts(pending=(), indexes=(found, other)))
    assert (plan.kind, plan.source_table, plan.destination_table) == (Kind.INDEX, *["court-dev-alpha"] * 2)
    assert (Phase.REINDEX in plan.phases, Phase.BACKFILL in plan.phases) == (True, False)
    built, kept = plan.indexes
    assert (built.source, built.destination, built.why, built.built) == (found.live, "case-alpha-7", why, True)
    assert (kept.source, kept.destination, kept.why, kept.built) == ("docket-alpha-5", "docket-alpha-5", "", False)
    assert plan.digest != make_plan(
        NAMES, facts(pending=(), indexes=(replace(found, recipe=RECIPE), other))
    ).digest or (found.recipe == RECIPE)


def test_an_index_of_which_nothing_is_known_is_taken_as_it_is_and_that_is_said() -> None:
    plan = make_plan(NAMES, facts(pending=(), indexes=(replace(CASE, made_of=None, live="people-made"),)))
    assert (plan.kind, plan.indexes[0].destination) == (Kind.COLOR, "people-made")
    assert plan.indexes[0].recipe == RECIPE, "from now on it is known"
    assert plan.notes == ("nothing says what people-made was made of: it is taken as it is",)


def test_an_index_alone_needs_the_stream_too() -> None:
    found = (replace(CASE, live=None),)
    assert "has no stream" in said(pending=(), indexes=found, alpha=TableState(True, False))[0]
    assert said(pending=(), indexes=found, other_regions=("us-west-1",)) == [], "no table is made"


def test_an_index_that_the_application_builds_needs_a_table_that_is_filled() -> None:
    found = (replace(CASE, live=None, by=Builder.APPLICATION),)
    assert "the application builds case from the stream of a table that is filled" in said(pending=(), indexes=found)[0]
    assert said(indexes=found) == said(pending=(), indexes=(replace(CASE, by=Builder.APPLICATION),)) == []


def test_a_first_deployment_beside_items_says_that_its_index_is_empty() -> None:
    found = facts(color=None, source=None, destination=None, indexes=(replace(CASE, live=None),), pending=())
    plan = make_plan(NAMES, found)
    assert (plan.indexes[0].recipe, plan.indexes[0].destination) == (None, "case-alpha-7")
    assert plan.notes == ("the index case is made empty, and the table holds items: the next deployment fills it",)
    empty = make_plan(NAMES, replace(found, alpha=NONE))
    assert (empty.indexes[0].recipe, empty.notes) == (RECIPE, ())


def test_a_table_of_several_regions_is_whole_or_made_whole_while_it_is_empty() -> None:
    both: dict[str, Any] = {"other_regions": ("us-west-1",)}
    assert make_plan(NAMES, facts(**both)).replicas == ("us-west-1",)
    assert make_plan(NAMES, facts(**both, pending=())).replicas == ()
    assert said(**both) == []
    west_gone = "court-dev-alpha is there at home, and has no replica in us-west-1: the application reads nothing there"
    for pending in (PENDING, ()):
        assert said(**both, source_unready=(("us-west-1", ""),), pending=pending) == [west_gone]
    first: dict[str, Any] = {"color": None, "source": None, "destination": None, "indexes": (), "has_shape": True}
    empty = TableState(True, True, True, True)
    assert said(**both, **first, source_unready=(("us-west-1", ""),), alpha=empty, pending=()) == []
    assert said(**both, **first, source_unready=(("us-west-1", ""),), alpha=FULL, pending=()) == [west_gone]
    going = "the replica of court-dev-alpha in us-west-1 is DELETING"
    assert said(**both, source_unready=(("us-west-1", "DELETING"),), pending=()) == [going]
    assert said(**both, has_replicas=False) == ["dev has 2 regions, and the embedded engines have no replicas"]
