"""Another key in the destination: what is refused, and what lies there and is nobody's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.lifecycle.test_other_key import CLASSES, SWAPPED, expected, person, still
from tests.lifecycle.world import World

from verdigris import runner
from verdigris.core.machine import State
from verdigris.core.model import Phase
from verdigris.core.quarantine import Held
from verdigris.core.reserved import Reserved
from verdigris.core.transform import Migration, Transform
from verdigris.errors import PhaseFailed
from verdigris.phases import redriving
from verdigris.phases.claims import Claims
from verdigris.phases.tail import tail
from verdigris.stores.memory_links import MemoryLinks
from verdigris.stores.table_shape import shape_with_key


def test_an_item_without_the_new_key_waits_in_quarantine_whatever_lies_in_the_destination() -> None:
    """No destination key is concerned by it, and still it must not be passed over."""
    world = still(person(1, "1"), {"pk": "note", "sk": "note", "n": 5}, migration=CLASSES["claims"][0])
    with pytest.raises(PhaseFailed, match=r"in quarantine: note/note .*KeyError: 'seat'"):
        runner.run(world.bench())
    (entry,) = world.bench().quarantine.waiting
    assert (entry.held, entry.keeps) == (Held.ITEM, ())
    assert list(world.items("beta")) == [("1",)]
    bench = world.bench()
    redriving.discard(bench, [entry], "ada@here", "not needed")
    assert runner.run(world.bench()).state is State.BAKED
    assert list(world.items("beta")) == [("1",)]


def test_it_waits_too_when_it_comes_by_a_change_together_with_a_collision() -> None:
    world = still(person(1, "1"), migration=CLASSES["claims"][0])
    runner.run(world.bench(), until=Phase.REPLAY)
    world.put("alpha", person(2, "1"), {"pk": "note", "sk": "note", "n": 5})
    with pytest.raises(PhaseFailed, match="2 items are in quarantine"):
        runner.run(world.bench())
    held = {entry.held: entry for entry in world.bench().quarantine.waiting}
    assert held.keys() == {Held.ITEM, Held.COLLISION}
    assert (held[Held.COLLISION].key, len(held[Held.COLLISION].sources)) == (("1",), 2)
    world.delete("alpha", ("person|1", "person"), ("note", "note"))
    assert runner.run(world.bench()).state is State.BAKED
    assert world.items("beta") == expected("claims", world.items("alpha"))


def test_what_lies_at_a_destination_key_and_belongs_to_nobody_is_removed() -> None:
    world = still(person(1, "1"), migration=CLASSES["source"][0])
    runner.run(world.bench(), until=Phase.REPLAY)
    world.tables.table("court-dev-beta").write([b'{"seat":{"N":"9"},"who":{"S":"nobody"}}'])
    assert runner.run(world.bench()).state is State.BAKED
    assert list(world.items("beta")) == [("1",)]


def test_of_what_lies_there_source_must_say_something_and_the_key_is_tried_again() -> None:
    world = still(person(1, "1"), migration=CLASSES["source"][0])
    runner.run(world.bench(), until=Phase.REPLAY)
    world.tables.table("court-dev-beta").write([b'{"seat":{"N":"9"}}'])
    with pytest.raises(PhaseFailed, match=r"in quarantine: 9 .*source failed: KeyError: 'who'"):
        runner.run(world.bench())
    world.tables.table("court-dev-beta").write([], [("9",)])
    redriving.redrive(world.bench())
    assert world.bench().quarantine.waiting == []
    assert runner.run(world.bench()).state is State.BAKED


def test_equal_values_of_two_keys_are_not_the_same_key() -> None:
    """Both tables have one attribute for a key here, and the seats have the numbers of the persons."""
    world = World([Migration("0001.py", up=lambda item: {"seat": str(1 - int(item["id"]))})], new_shape=SWAPPED)
    world.settings = replace(world.settings, reserved=Reserved(SWAPPED.key_before, "verdigris|beacon"))
    world.live([{"id": "0"}, {"id": "1"}], shape=shape_with_key(SWAPPED.key_before))
    runner.run(world.bench(), until=Phase.REPLAY)
    world.tables.table("court-dev-alpha").write([], [("0",)])
    assert runner.run(world.bench()).state is State.BAKED
    assert list(world.items("beta")) == [("0",)]


def test_what_is_refused_is_kept_though_a_collision_beside_it_is_looked_at_again() -> None:
    world = still(person(1, "1"), migration=CLASSES["claims"][0])
    bench = world.bench()
    runner.run(bench, until=Phase.REPLAY)
    world.put("alpha", person(2, "1"), {"pk": "note", "sk": "note", "n": 5})
    tail(bench).settler.hints({("note", "note"): set(), ("person|2", "person"): {("1",)}})
    assert {entry.held for entry in bench.quarantine.waiting} == {Held.ITEM, Held.COLLISION}


def test_a_claim_of_equal_values_is_kept() -> None:
    """Where both tables have the same key it would say nothing."""
    links = MemoryLinks()
    move = [Migration("0001.py", up=lambda item: item)]
    Claims(links, Transform(move, SWAPPED.key_before)).of_images({("7",): {("7",)}})
    assert links.size == 0
    claims = Claims(links, Transform(move, SWAPPED.key_before, destination=SWAPPED.key))
    claims.of_images({("7",): {("7",)}})
    assert claims.owners([("7",)]) == {("7",): {("7",)}}
