"""Items that cannot be carried along: nothing else waits for them, and nothing is switched before somebody decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from tests.lifecycle.perils import Killed
from tests.lifecycle.world import SHAPE, World, raw

from verdigris import runner
from verdigris.core.machine import Event, State
from verdigris.core.model import Phase
from verdigris.core.planning import PendingMigration
from verdigris.core.quarantine import Entry, Held
from verdigris.core.records import Flipped, Record, Said
from verdigris.core.snapshot import Snapshot
from verdigris.core.transform import Migration
from verdigris.errors import PhaseFailed
from verdigris.journal.journal import Journal
from verdigris.journal.quarantine import QuarantineRows
from verdigris.phases import redriving, verify
from verdigris.phases.base import Settings
from verdigris.stores.memory_index import MemoryIndex

Item = dict[str, Any]
BAD = ("case|7", "case|7")
INDEX = "court-dev-case-beta"


def double(item: Item) -> Item:
    return item | {"double": item["n"] * 2}


def double_or_none(item: Item) -> Item:
    return item | {"double": item.get("n", 0) * 2}


def moved(item: Item) -> Item:
    """Two items with one name come to one key."""
    return {"pk": f"name|{item['name']}", "sk": "name", "n": item["n"]}


REFUSING = Migration("0001_double.py", up=double, selects={"entityName": "Case"})
MENDED = Migration("0001_double.py", up=double_or_none, selects={"entityName": "Case"})
MOVING = Migration("0001_names.py", up=moved)


def item(number: int, **more: Any) -> Item:
    return {"pk": f"case|{number}", "sk": f"case|{number}", "entityName": "Case", "n": number, **more}


def bad_item(number: int = 7) -> Item:
    """The migration needs `n`."""
    return {name: value for name, value in item(number).items() if name != "n"}


def begin(items: Sequence[Item], migration: Migration = REFUSING, **settings: Any) -> World:
    world = World([migration])
    world.settings = replace(world.settings, **settings)
    world.live(items)
    return world


def many(count: int = 200) -> list[Item]:
    return [item(number) if number != 7 else bad_item() for number in range(count)]


def deploy(world: World, **options: Any) -> Snapshot:
    return runner.run(world.bench(), **options)


def stopped(world: World) -> PhaseFailed:
    with pytest.raises(PhaseFailed) as caught:
        deploy(world)
    return caught.value


def entries(world: World) -> list[Entry]:
    """As everybody may look at them, without a lease."""
    journal = Journal(world.rows, world.clock.iso)
    return QuarantineRows(journal, journal.deployments()).entries()


def wanted(items: Sequence[Item]) -> dict[tuple[str, ...], Item]:
    """What the migration makes of good items, written out."""
    doubled = {"double": lambda n: {"N": str(n * 2)}}
    return {
        (one["pk"], one["sk"]): {
            "pk": {"S": one["pk"]},
            "sk": {"S": one["sk"]},
            "entityName": {"S": "Case"},
            "n": {"N": str(one["n"])},
            "double": doubled["double"](one["n"]),
        }
        for one in items
    }


def mend(world: World, *migrations: Migration) -> redriving.Redriven:
    """What `verdigris quarantine redrive` does when the files have changed."""
    bench = world.bench()
    changed = tuple(PendingMigration(one.name, "mended") for one in migrations)
    redriving.mend(bench.journal, bench.log, "tester", changed)
    world.migrations = migrations
    return redriving.redrive(world.bench())


# ── refused items ────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_refused_item_of_200_holds_up_nothing_but_the_switch() -> None:
    items = many()
    world = begin(items)
    world.tables.page_items = 100  # the sample is of the first pages
    snapshot = deploy(world, until=Phase.EXERCISE)
    assert world.items("beta") == wanted([one for one in items if "n" in one])
    for phase in (Phase.BACKFILL, Phase.REPLAY, Phase.VERIFY):
        assert snapshot.phases[phase].evidence["quarantined"] == 1
    assert snapshot.phases[Phase.PREFLIGHT].evidence["sample_refused"] == 1
    assert snapshot.phases[Phase.VERIFY].evidence["repaired"] == 0

    error = stopped(world)
    assert "1 items are in quarantine: case|7/case|7 (0001_double.py: up failed: KeyError: 'n'" in error.what
    assert error.next_command == "verdigris quarantine list dev"
    assert world.bench().journal.flags().color == "blue"
    (entry,) = entries(world)
    assert (entry.held, entry.key, entry.by, entry.checksum) == (Held.ITEM, BAD, "0001_double.py", "checksum")
    payload = world.bench().quarantine.payload(entry)
    assert payload.items == ((BAD, raw(bad_item())),)
    assert payload.traceback.endswith("KeyError: 'n'\n")
    assert 'item["n"]' in payload.traceback
    assert "verdigris/core" not in payload.traceback


def test_its_key_keeps_its_last_value_and_a_change_of_the_source_item_is_the_way_out() -> None:
    world = begin([item(number) for number in range(20)])
    deploy(world, until=Phase.VERIFY)
    before = world.items("beta")
    world.put("alpha", bad_item())
    stopped(world)
    assert world.items("beta") == before
    first = entries(world)[0]

    world.put("alpha", bad_item() | {"more": "still bad"})
    world.put("alpha", item(3) | {"n": 33})
    stopped(world)
    (again,) = entries(world)
    assert (again.first_at, again.times) == (first.first_at, first.times + 1)
    assert world.items("beta") == before | wanted([item(3) | {"n": 33}])

    world.put("alpha", item(7) | {"n": 77})
    assert deploy(world).state is State.BAKED
    assert world.items("beta") == before | wanted([item(3) | {"n": 33}, item(7) | {"n": 77}])
    assert entries(world) == []


def test_deleting_the_source_item_is_another_way_out() -> None:
    world = begin([item(number) for number in range(20)])
    deploy(world, until=Phase.VERIFY)
    world.put("alpha", bad_item())
    stopped(world)
    world.delete("alpha", BAD)
    assert deploy(world).state is State.BAKED
    assert world.items("beta") == wanted([item(number) for number in range(20) if number != 7])


def test_a_mended_migration_settles_what_waits_and_everything_is_proven_and_approved_again() -> None:
    world = begin(many(60), approve="manual")
    assert deploy(world).state is State.APPROVE
    digest = world.bench().plan.digest
    bench = world.bench()
    bench.log.append(Said(Event.APPROVED, "tester", "", digest))
    stopped(world)

    redriven = mend(world, MENDED)
    assert ([entry.key for entry in redriven.settled], redriven.left) == ([BAD], [])
    assert world.items("beta")[BAD]["double"] == {"N": "0"}
    assert entries(world) == []
    now = world.bench().snapshot
    assert now.state is State.REPLAY
    assert now.plan.digest != digest
    assert not now.done(Phase.VERIFY)
    assert deploy(world).state is State.APPROVE, "the approval was of other migrations"
    assert world.bench().snapshot.done(Phase.VERIFY)


def test_what_a_mended_migration_makes_otherwise_is_found_by_verify() -> None:
    """The mended migration differs for items that were never refused, too, and drops some."""
    world = begin(many(30))
    deploy(world, until=Phase.EXERCISE)

    def other(one: Item) -> Item | None:
        return None if one.get("n") == 5 else one | {"triple": one.get("n", 0) * 3}

    mend(world, Migration("0001_double.py", up=other, selects={"entityName": "Case"}))
    assert deploy(world).state is State.BAKED
    found = world.items("beta")
    assert ("case|5", "case|5") not in found
    assert {key[0]: int(one["triple"]["N"]) for key, one in found.items()} == {
        f"case|{n}": 0 if n == 7 else n * 3 for n in range(30) if n != 5
    }


def test_what_a_mended_migration_refuses_is_found_by_verify_too() -> None:
    def drops(one: Item) -> None:
        return None

    def refuses(one: Item) -> Item:
        raise ValueError("no") if one["n"] == 9 else KeyError

    world = begin([item(number) for number in range(30)], Migration("0001_x.py", up=drops))
    deploy(world, until=Phase.EXERCISE)
    mend(world, Migration("0001_x.py", up=lambda one: refuses(one) if one["n"] == 9 else None))
    assert "ValueError: no" in stopped(world).what
    assert [entry.key for entry in entries(world)] == [("case|9", "case|9")]


def test_a_discarded_item_is_deleted_and_named_in_the_evidence() -> None:
    world = begin([item(number) for number in range(20)])
    deploy(world, until=Phase.VERIFY)
    world.put("alpha", bad_item())
    stopped(world)
    bench = world.bench()
    redriving.discard(bench, bench.quarantine.at(BAD), "ada@here", "a leftover of a test")
    assert BAD not in world.items("beta")
    snapshot = deploy(world)
    assert snapshot.state is State.BAKED
    assert snapshot.phases[Phase.SWITCH].evidence["discarded"] == [
        {
            "key": "case|7/case|7",
            "error": entries(world)[0].error,
            "who": "ada@here",
            "comment": "a leftover of a test",
        }
    ]
    assert world.items("beta") == wanted([item(number) for number in range(20) if number != 7])


def test_what_was_discarded_waits_again_when_it_was_changed_and_is_refused_again() -> None:
    world = begin([bad_item(), item(8)])
    stopped(world)
    bench = world.bench()
    redriving.discard(bench, bench.quarantine.at(BAD), "ada@here", "not needed")
    world.put("alpha", bad_item() | {"more": "now it is"})
    stopped(world)
    assert [entry.discarded for entry in entries(world)] == [None]
    world.put("alpha", item(7))
    assert deploy(world).state is State.BAKED
    assert world.items("beta") == wanted([item(7), item(8)])


def test_a_discarded_item_that_is_good_by_now_is_carried() -> None:
    world = begin([bad_item(), item(8)])
    stopped(world)
    world.put("alpha", item(7))
    bench = world.bench()
    redriven = redriving.discard(bench, bench.quarantine.at(BAD), "ada@here", "not needed")
    assert [entry.key for entry in redriven.settled] == [BAD]
    assert deploy(world).state is State.BAKED
    assert world.items("beta") == wanted([item(7), item(8)])


# ── a hopeless run ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_run_that_refuses_everything_stops_early_and_goes_on_when_mended() -> None:
    items = [bad_item(number) for number in range(100)] + [item(number) for number in range(100, 120)]
    world = begin(items, max_quarantined=5)
    error = stopped(world)
    assert "max_quarantined allows 5" in error.what
    assert error.what.count("KeyError") == 3
    assert error.next_command == "verdigris quarantine list dev"
    assert len(entries(world)) == 6
    assert world.bench().snapshot.state is State.BACKFILL

    redriven = mend(world, MENDED)
    assert redriven.put_off
    assert world.bench().snapshot.state is State.BACKFILL
    assert deploy(world).state is State.BAKED
    assert len(world.items("beta")) == 120
    assert entries(world) == []


def test_none_may_wait() -> None:
    world = begin(many(30), max_quarantined=0)
    assert "1 items are in quarantine" in stopped(world).what
    assert world.bench().snapshot.state is State.BACKFILL


def test_an_abort_empties_it() -> None:
    world = begin(many(30))
    stopped(world)
    bench = world.bench()
    bench.log.append(Said(Event.ABORT, "tester"))
    assert runner.run(bench).state is State.ABORTED
    assert entries(world) == []
    assert world.rows.scan("verdigris|quarantine") == []


# ── collisions ───────────────────────────────────────────────────────────────────────────────────────────────────


def named(number: int, name: str) -> Item:
    return item(number, name=name)


NAME = ("name|ada", "name")


@pytest.mark.parametrize("page_items", [1, 7])
def test_a_collision_waits_with_both_sources_named_until_one_of_them_gives_way(page_items: int) -> None:
    world = begin([named(1, "ada"), named(2, "ada"), named(3, "bob")], MOVING)
    world.tables.page_items = page_items
    assert "case|1/case|1 and case|2/case|2 all become name|ada/name" in stopped(world).what
    (entry,) = entries(world)
    assert (entry.held, entry.key) == (Held.COLLISION, NAME)
    assert entry.sources == (("case|1", "case|1"), ("case|2", "case|2"))

    world.put("alpha", named(1, "ada") | {"n": 11})
    stopped(world)
    assert entries(world)[0].print != entry.print, "it is looked at again, and both are still there"
    world.put("alpha", named(2, "eve"))
    assert deploy(world).state is State.BAKED
    assert {key[0]: one["n"]["N"] for key, one in world.items("beta").items()} == {
        "name|ada": "11",
        "name|eve": "2",
        "name|bob": "3",
    }
    assert entries(world) == []


def test_a_discarded_collision_carries_neither_until_one_gives_way() -> None:
    world = begin([named(1, "ada"), named(2, "ada"), named(3, "bob")], MOVING)
    stopped(world)
    bench = world.bench()
    redriving.discard(bench, bench.quarantine.at(NAME), "ada@here", "neither is needed")
    evidence = verify.compare(world.bench(), "verify-command", repair=False)
    assert (evidence["quarantined"], evidence["discarded"], evidence["in_motion"]) == (0, 1, 0)
    assert set(world.items("beta")) == {("name|bob", "name")}
    world.delete("alpha", ("case|2", "case|2"))
    assert deploy(world).state is State.BAKED
    assert set(world.items("beta")) == {("name|bob", "name"), NAME}


# ── what the table, the index and `source` refuse ────────────────────────────────────────────────────────────────


def test_what_the_table_refuses_is_found_among_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def untyped(one: Item) -> Item:
        return one | {"owner": 1} if one["n"] in (7, 30) else one

    indexed = [*SHAPE.create["AttributeDefinitions"], {"AttributeName": "owner", "AttributeType": "S"}]
    shape = replace(SHAPE, create={**SHAPE.create, "AttributeDefinitions": indexed})
    monkeypatch.setattr("tests.lifecycle.world.SHAPE", shape)
    world = begin([item(number) for number in range(40)], Migration("0001_x.py", up=untyped))
    stopped(world)
    assert {(entry.held, entry.key) for entry in entries(world)} == {
        (Held.WRITE, BAD),
        (Held.WRITE, ("case|30", "case|30")),
    }
    assert len(world.items("beta")) == 38
    bench = world.bench()
    redriving.discard(bench, bench.quarantine.at(BAD), "ada@here", "not needed")
    world.put("alpha", item(30) | {"n": 31})
    assert deploy(world).state is State.BAKED
    assert len(world.items("beta")) == 39


def document(one: Item) -> tuple[str, Item] | None:
    if one["n"] == 13:
        raise ValueError("unlucky")
    return ("x" * 600 if one["n"] == 14 else one["pk"]), {"n": int(one["n"])}


def test_documents_that_are_refused_wait_and_their_items_are_carried() -> None:
    world = World([REFUSING], index=MemoryIndex(), document=document)
    world.live([item(number) for number in range(20)])
    index = world.index
    assert index
    error = stopped(world)
    assert "2 items are in quarantine" in error.what
    assert {(entry.held, entry.key[0], entry.by) for entry in entries(world)} == {
        (Held.DOCUMENT, "case|13", "court-dev-case"),
        (Held.DOCUMENT, "case|14", "court-dev-case"),
    }
    assert len(world.items("beta")) == 20
    index.refresh(INDEX)
    assert index.count(INDEX) == 18

    world.put("alpha", item(13) | {"n": 113})
    bench = world.bench()
    redriving.discard(bench, bench.quarantine.at(("case|14", "case|14")), "ada@here", "not searched for")
    assert deploy(world).state is State.BAKED
    assert len(world.items("beta")) == 20
    assert set(index.read(INDEX, [f"case|{n}" for n in range(20)])) == {f"case|{n}" for n in range(20) if n != 14}


def test_a_refused_document_keeps_its_last_value() -> None:
    world = World([REFUSING], index=MemoryIndex(), document=document)
    world.live([item(number) for number in range(10)])
    index = world.index
    assert index
    deploy(world, until=Phase.REINDEX)
    world.put("alpha", item(3) | {"n": 13}, item(4) | {"n": 14})
    stopped(world)
    assert index.read(INDEX, ["case|3"]) == {"case|3": {"n": 3}}
    assert world.items("beta")["case|3", "case|3"]["n"] == {"N": "13"}
    world.put("alpha", item(3), item(4))
    assert deploy(world).state is State.BAKED
    assert entries(world) == []
    assert index.read(INDEX, ["case|3", "case|4"]) == {"case|3": {"n": 3}, "case|4": {"n": 4}}


def test_where_source_fails_nobody_knows_the_producer_and_the_key_waits() -> None:
    def tagged(one: Item) -> list[Item]:
        return [one, {"pk": one["pk"], "sk": "tag", "n": one["n"]}]

    def source(one: Item) -> Item | None:
        if one["n"] == 7 and one["sk"] != "tag":
            raise LookupError("who is it?")
        return {"pk": one["pk"], "sk": one["pk"]} if one["sk"] == "tag" else None

    world = begin([item(number) for number in range(10)], Migration("0001_tag.py", up=tagged, source=source))
    deploy(world, until=Phase.VERIFY)
    world.put("alpha", item(7) | {"more": "x"})
    assert "who is it?" in stopped(world).what
    assert [(entry.held, entry.key) for entry in entries(world)] == [(Held.OWNER, BAD)]
    world.migrations = (Migration("0001_tag.py", up=tagged, source=lambda one: source(one | {"n": 0})),)
    mend(world, *world.migrations)
    assert deploy(world).state is State.BAKED
    assert world.items("beta")[BAD]["more"] == {"S": "x"}


# ── crashes ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_killed_at_every_record_with_items_in_quarantine() -> None:
    """Every record in turn is the last thing that a runner does; the item is refused, changed to another that is, made
    good at the end; nothing of it or of the others is lost."""
    nth, reached_end = 1, False
    while not reached_end:
        world = begin([item(number, name="x") if number != 7 else bad_item() for number in range(20)])
        count = 0

        def on_record(record: Record, nth: int = nth) -> None:
            nonlocal count
            count += 1
            if isinstance(record.body, Flipped):
                raise AssertionError("switched with an item in quarantine")
            if count == nth:
                raise Killed

        world.heard = on_record
        try:
            deploy(world)
        except Killed:
            world.put("alpha", bad_item() | {"more": "x"})
        except PhaseFailed:
            reached_end = True
        world.heard = lambda record: None
        stopped(world)
        assert [entry.key for entry in entries(world)] == [BAD], f"killed at record {nth}"
        world.put("alpha", item(7, name="x"))
        assert deploy(world).state is State.BAKED, f"killed at record {nth}"
        assert len(world.items("beta")) == 20
        assert world.items("beta")[BAD]["double"] == {"N": "14"}
        assert entries(world) == []
        nth += 1
    assert nth > 15


def test_settings_have_a_limit() -> None:
    assert Settings().max_quarantined == 100
