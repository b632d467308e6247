from __future__ import annotations

import random

import pytest

from verdigris.core.items import decode
from verdigris.core.lineage import Positions, forget, open_leaves, readable
from verdigris.core.model import Change, KeySchema, Shard
from verdigris.errors import HintsLost
from verdigris.stores.memory import MemoryTables
from verdigris.stores.table_shape import shape_with_key

NONE = Positions({})


def test_parents_before_children() -> None:
    shards = [Shard("p", None, True), Shard("c", "p", False), Shard("g", "c", False)]
    assert readable(shards, NONE) == ["p"]
    assert readable(shards, NONE.advanced("p", "9", ended=True)) == ["c"]


def test_a_parent_that_was_trimmed_away_holds_nobody_up() -> None:
    assert readable([Shard("c", "gone", False)], NONE) == ["c"]


def test_an_ended_shard_is_not_read_again() -> None:
    at = NONE.advanced("p", "1", ended=False).advanced("p", "2", ended=True)
    assert at == Positions({}, ("p",))
    assert readable([Shard("p", None, True)], at) == []


def test_positions_move_one_shard_at_a_time() -> None:
    at = NONE.advanced("a", "1", ended=False).advanced("b", None, ended=False).advanced("a", "2", ended=False)
    assert at == Positions({"a": "2", "b": None})


def test_only_ended_shards_that_are_gone_are_forgotten() -> None:
    at = Positions({"open": "5"}, ("old", "parent"))
    assert forget(at, [Shard("parent", None, True), Shard("open", "parent", False)]) == Positions(
        {"open": "5"}, ("parent",)
    )


def test_a_shard_that_is_gone_before_it_was_read_is_hints_lost() -> None:
    left = [Shard("child", "begun", False)]
    assert readable(left, Positions({"begun": "5"})) == ["child"]  # nothing else would tell
    for last in ("5", None):
        with pytest.raises(HintsLost) as caught:
            forget(Positions({"begun": last}), left)
        assert caught.value.where == "begun"


def test_open_leaves() -> None:
    shards = [Shard("p", None, True), Shard("c", "p", False), Shard("d", None, False), Shard("e", None, True)]
    assert open_leaves(shards) == ["c", "d"]
    assert open_leaves([]) == []


@pytest.mark.parametrize("seed", range(25))
def test_a_stream_that_splits_is_read_whole_and_each_key_in_order(seed: int) -> None:
    """Shards split while they are read; no record is missed, and those of one key come in their order."""
    dice = random.Random(seed)
    tables = MemoryTables(shards=dice.choice([1, 3]), page_records=2, empty_pages=dice.choice([0, 2]))
    schema = KeySchema((("pk", "S"),))
    tables.create("table", shape_with_key(schema))
    stream = tables.stream(tables.enable_stream("table"))
    table = tables.table("table")
    written: list[tuple[str, int]] = []
    read: list[Change] = []
    positions = NONE
    for _ in range(400):
        match dice.choice(["write", "split", "read", "read", "read"]) if len(written) < 60 else "read":
            case "write":
                key, n = f"key-{dice.randrange(8)}", len(written)
                table.write([f'{{"pk":{{"S":"{key}"}},"n":{{"N":"{n}"}}}}'.encode()])
                written.append((key, n))
            case "split":
                stream.split(dice.choice(open_leaves(stream.shards())), dice.choice([1, 2]))
            case "read":
                shards = stream.shards()
                positions = forget(positions, shards)
                for shard in readable(shards, positions):
                    page = stream.read(shard, positions.after.get(shard))
                    read += page.changes
                    positions = positions.advanced(shard, page.last, page.ended)
    found = [(change.key[0], int(decode(change.new)["n"])) for change in read if change.new]
    assert sorted(found) == sorted(written), f"seed {seed}"
    for key in {key for key, _ in written}:
        numbers = [n for at, n in found if at == key]
        assert numbers == sorted(numbers), f"seed {seed}: {key}"
