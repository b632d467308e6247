"""Each number of a plan says where it is from, and is no better than what it is made of."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.unit.test_planning import NAMES, facts

from verdigris.core.figures import TOTAL, Figure, Scale, Source, Unit, figures, predicted
from verdigris.core.forecast import Measured
from verdigris.core.outlook import Around, outlook
from verdigris.core.pacing import Budget
from verdigris.core.planning import Plan, TableState, make_plan
from verdigris.core.prices import PRICES_FROM, Prices

MILLION = 1_000_000


def plan_of(items: int = MILLION, size: int = 2000 * MILLION, **changes: Any) -> Plan:
    """A migration of two write units an item, unless said otherwise."""
    return make_plan(NAMES, facts(alpha=TableState(True, False, True, True, items, size), **changes))


def by_name(plan: Plan, **scale: Any) -> dict[str, Figure]:
    return {one.name: one for one in figures(plan, Scale(**{"budget": Budget(), "prices": Prices()} | scale))}


def test_what_nobody_measured_is_assumed_and_says_how() -> None:
    found = by_name(plan_of())
    assert (found["items"].value, found["items"].source) == (MILLION, Source.DESCRIBED)
    assert (found["written by the backfill"].value, found["written by the backfill"].source) == (
        2 * MILLION,
        Source.ASSUMED,
    )
    assert found["read by the backfill"].value == 488_282  # 2 GB in pages of 4 KB
    assert found["read by verify"].value == 2 * 488_282
    assert (found["backfill"].value, found["backfill"].unit) == (2 * MILLION / 4000, Unit.SECONDS)
    assert found["writes of the backfill"].value == pytest.approx(1.25)
    assert found["writes of the backfill"].by == f"$0.625 a million, {PRICES_FROM}"
    assert found["second copy, until finalize"].value == pytest.approx(0.5)
    paid = [one.value for one in found.values() if one.unit is Unit.USD and one.name != TOTAL]
    assert found[TOTAL].value == pytest.approx(sum(paid))


def test_what_was_measured_is_said_to_be() -> None:
    found = by_name(plan_of(), measured=Measured(100, 0.1, 300), measured_by="by a sample of 100 items")
    writes = found["written by the backfill"]
    assert (writes.value, writes.source) == (3 * MILLION, Source.MEASURED)
    assert (found["backfill"].value, found["backfill"].source) == (1000.0, Source.MEASURED)
    assert found["writes of the backfill"].source is Source.ASSUMED, "its price is the public one"


def test_a_time_that_was_measured_counts_the_writes_as_assumed() -> None:
    scale: dict[str, Any] = {"measured": Measured(100, 1.0, 0), "measured_by": "as deployment 3 took"}
    found = by_name(plan_of(), **scale)
    assert (found["backfill"].value, found["backfill"].source) == (10_000, Source.MEASURED)
    assert found["written by the backfill"].source is Source.ASSUMED
    slower = by_name(plan_of(), budget=Budget(write=100), **scale)
    assert slower["backfill"].value == 20_000
    assert "write budget" in slower["backfill"].by


def test_a_price_of_your_own_is_described() -> None:
    own = by_name(plan_of(), prices=Prices(million_writes=1.0), measured=Measured(1, 0.0, 2))
    writes = own["writes of the backfill"]
    assert writes.value == pytest.approx(2.0)
    assert writes.source is Source.DESCRIBED
    assert writes.by == "$1 a million, [prices] million_writes"


def test_indexes_replicas_passes_and_the_backup_cost_something() -> None:
    found = by_name(plan_of(), copies=3, replicas=1, passes=2, backup=True, shards=4)
    assert found["written by the backfill"].value == 6 * MILLION
    assert found["writes of the replicas"].value == pytest.approx(3.75)
    assert found["read by verify"].value == 4 * 488_282
    assert found["second copy, until finalize"].value == pytest.approx(0.25 * 2 * 3 * 2)
    assert found["backup"].value == pytest.approx(0.2)
    assert found["stream requests"].value > 4 * 3600


def test_where_nothing_is_copied_nothing_is_paid() -> None:
    assert by_name(plan_of(pending=())).keys() == {"items", "size"}
    assert predicted(plan_of(pending=()), Scale(Budget(), Prices())) is None


def test_an_empty_table_takes_no_time() -> None:
    found = by_name(plan_of(0, 0))
    assert "backfill" not in found
    assert found["written by the backfill"].value == 0


AROUND = Around(("us-east-1",), bake_minutes=60, watched=True, application=True, mappings=True, index=True)


def test_what_is_destroyed_and_when() -> None:
    removes = outlook(plan_of(), Scale(Budget(), Prices(), backup=True), AROUND).removes
    assert [f"{one.when}: {one.what}" for one in removes] == [
        "finalize: nothing, before a backup of court-dev-alpha is there",
        "finalize: the API mappings of blue",
        "finalize: the application of blue",
        "finalize: the index case-alpha-3",
        "finalize: the table court-dev-alpha in us-east-1",
        "abort: the application of green",
        "abort: the index case-beta-7",
        "abort: the table court-dev-beta",
    ]
    color = outlook(plan_of(pending=()), Scale(Budget(), Prices()), AROUND).removes
    assert [one.what for one in color if "table" in one.what or "index" in one.what] == []


def test_search_domains_are_destroyed_with_their_data() -> None:
    plan = msgspec.structs.replace(plan_of(), source_domain="court-dev-alpha", destination_domain="court-dev-beta")
    said = [f"{one.when}: {one.what}" for one in outlook(plan, Scale(Budget(), Prices()), AROUND).removes]
    assert "finalize: the search domain court-dev-alpha, with all that is in it" in said
    assert "abort: the search domain court-dev-beta, if this deployment made it" in said


def test_risks_are_said() -> None:
    slow = Scale(Budget(write=10), Prices())
    said = " | ".join(outlook(plan_of(), slow, AROUND).risks)
    assert "longer than the stream keeps changes" in said
    assert "finalize deletes court-dev-alpha without a backup" in said
    assert "a rollback leaves behind what was written to green" in said
    bare = Around(("us-east-1", "us-west-1"))
    said = " | ".join(outlook(plan_of(), Scale(Budget(), Prices(), backup=True), bare).risks)
    assert "bake_minutes is 0" in said
    assert "us-west-1 reaches us-east-1 late" in said
    assert "without a backup" not in said
    assert outlook(plan_of(pending=()), Scale(Budget(), Prices()), AROUND).risks == ()
