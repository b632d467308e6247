"""What a way back would leave behind, counted from the new table's stream and nothing else."""

from __future__ import annotations

from typing import Any

from tests.lifecycle.scenario import MIGRATIONS, Scenario
from tests.lifecycle.world import Color, raw

from verdigris.core.leaving import LeftBehind
from verdigris.core.machine import Event, State
from verdigris.core.model import Phase
from verdigris.core.transform import Migration
from verdigris.phases.leaving import left_behind


def switched(
    *, from_the_beginning: bool = False, migrations: tuple[Migration, ...] = MIGRATIONS, empty_pages: int = 0
) -> Scenario:
    """`from_the_beginning`: the new table's stream holds also all that Verdigris wrote there."""
    scenario = Scenario(5, writes=0, migrations=migrations)
    scenario.until(Phase.PROVISION)
    scenario.world.tables._stream_options["empty_pages"] = empty_pages
    if from_the_beginning:
        scenario.world.tables.enable_stream("court-dev-beta")
    scenario.command(State.BAKED)
    return scenario


def counted(scenario: Scenario) -> LeftBehind:
    return left_behind(scenario.world.bench())


def put(scenario: Scenario, *items: dict[str, Any]) -> None:
    scenario.world.tables.table("court-dev-beta").write([raw(item) for item in items])


def other(number: int, n: int = 1) -> dict[str, Any]:
    return {"pk": f"new|{number}", "sk": "x", "entityName": "Other", "n": n}


def test_what_verdigris_wrote_itself_is_not_counted() -> None:
    scenario = switched(from_the_beginning=True)
    assert len(scenario.world.items("beta")) > 5
    assert counted(scenario) == LeftBehind(0)


def test_new_changed_and_deleted_items_are_counted_once_each() -> None:
    scenario = switched(from_the_beginning=True)
    before = len(scenario.world.items("beta"))
    scenario.write(1, "Case")  # new
    for _ in range(3):
        scenario.write(0, "Other")
    key = next(key for key in scenario.world.items("beta") if key[0] not in ("case|0", "case|1"))
    scenario.world.delete("beta", key)
    assert len(scenario.world.items("beta")) <= before + 1
    changed = _differences(scenario)
    assert counted(scenario) == LeftBehind(len(changed))
    assert {("case|0", "case|0"), ("case|1", "case|1"), key} <= changed


def _differences(scenario: Scenario) -> set[tuple[str, ...]]:
    """Where the new table is not as it was at the switch, by a twin of this scenario on which nobody wrote."""
    was, now = switched(from_the_beginning=True).world.items("beta"), scenario.world.items("beta")
    return {key for key in was.keys() | now.keys() if was.get(key) != now.get(key)}


def test_what_was_changed_back_is_not_counted() -> None:
    scenario = switched()
    put(scenario, other(1))
    assert counted(scenario).items == 1
    scenario.world.delete("beta", ("new|1", "x"))
    assert counted(scenario) == LeftBehind(0)


def test_whoever_goes_on_writing_keeps_nobody_here() -> None:
    scenario = switched()
    wrote = 0

    def look(port: str, name: str) -> None:
        nonlocal wrote
        if (port, name) == ("stream", "read"):
            wrote += 1
            scenario.world.clock.sleep(1)
            put(scenario, other(wrote))

    scenario.kills = look  # type: ignore[assignment]
    assert counted(scenario).items >= 1
    assert wrote < 50


def test_it_ends_with_a_great_number() -> None:
    scenario = switched()
    put(scenario, *(other(number) for number in range(1300)))
    found = counted(scenario)
    assert (1000 <= found.items <= 1100, found.whole, found.why) == (True, False, "counting ended there")


def test_empty_pages_hide_nothing() -> None:
    scenario = switched(empty_pages=4)
    put(scenario, other(1))
    assert counted(scenario).items == 1


def test_the_stream_is_shorter_than_the_bake() -> None:
    scenario = switched()
    put(scenario, other(1))
    scenario.world.clock.sleep(24 * 3600)
    found = counted(scenario)
    assert (found.items, found.whole) == (1, False)
    assert found.why == "the stream does not go back to the switch any more"


def test_one_of_which_nobody_can_tell_where_it_came_from_counts() -> None:
    def source(item: dict[str, Any]) -> dict[str, Any]:
        return {"pk": item["origin"], "sk": item["sk"]}  # the new color's items have none

    origin = Migration("0002_origin.py", up=lambda item: [item | {"origin": item["pk"]}], source=source)
    scenario = switched(migrations=(MIGRATIONS[0], origin))
    put(scenario, other(1))
    assert counted(scenario) == LeftBehind(1)


def test_back_and_forward_again_it_counts_since_the_first_switch() -> None:
    scenario = switched()
    put(scenario, other(1))
    scenario.command(State.RETURNED, Event.ROLLBACK)
    bench = scenario.world.bench()
    assert bench.snapshot.phases[Phase.SWITCH].evidence["left_behind"].startswith("1 item that was written to green")
    scenario.world.clock.sleep(7200)
    scenario.command(State.BAKED, Event.FORWARD)
    assert scenario.pointer.read().live is Color.GREEN
    put(scenario, other(2))
    assert counted(scenario) == LeftBehind(2)
