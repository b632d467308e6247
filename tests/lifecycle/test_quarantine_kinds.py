"""What waits besides refused items: collisions, and what the table, the index or `source` refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.lifecycle.refusals import BAD, INDEX, MOVING, REFUSING, Item, begin, deploy, entries, item, mend, stopped
from tests.lifecycle.world import SHAPE, World

from verdigris.core.machine import State
from verdigris.core.model import Phase
from verdigris.core.quarantine import Held
from verdigris.core.transform import Migration
from verdigris.phases import redriving, verify
from verdigris.stores.memory_index import MemoryIndex

# ── collisions ───────────────────────────────────────────────────────────────────────────────────────────────────


def named(number: int, name: str) -> Item:
    return item(number, name=name)


NAME = ("name|ada", "name")


@pytest.mark.parametrize("page_items", [1, 7])
def test_a_collision_waits_with_both_sources_named_until_one_of_them_gives_way(page_items: int) -> None:
    world = begin([named(1, "ada"), named(2, "ada"), named(3, "bob")], MOVING)
    world.tables.page_items = page_items
    assert "case|1/case|1 and case|2/case|2 both become name|ada/name" in stopped(world).what
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
    redriving.discard(
        bench, [one for one in bench.quarantine.waiting if one.key == NAME], "ada@here", "neither is needed"
    )
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
    redriving.discard(bench, [one for one in bench.quarantine.waiting if one.key == BAD], "ada@here", "not needed")
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
    redriving.discard(
        bench,
        [one for one in bench.quarantine.waiting if one.key == ("case|14", "case|14")],
        "ada@here",
        "not searched for",
    )
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
