"""What the in-memory streams can do beyond DynamoDB Local's: several shards, splits, closing, trimming."""

from __future__ import annotations

import json

import pytest

from verdigris.core.model import Change, KeySchema
from verdigris.errors import HintsLost, NotFound
from verdigris.stores.memory import MemoryTable, MemoryTables
from verdigris.stores.memory_stream import MemoryStream
from verdigris.stores.table_shape import shape_with_key


def streamed(**options: int) -> tuple[MemoryTable, MemoryStream]:
    tables = MemoryTables(**options)  # type: ignore[arg-type]
    tables.create("court", shape_with_key(KeySchema((("pk", "S"),))))
    return tables.table("court"), tables.stream(tables.enable_stream("court"))


def put(table: MemoryTable, *names: str, n: int = 0) -> None:
    table.write([json.dumps({"pk": {"S": name}, "n": {"N": str(n)}}).encode() for name in names])


def drain(stream: MemoryStream, shard: str, after: str | None = None) -> tuple[list[Change], bool]:
    found: list[Change] = []
    for _ in range(100):
        page = stream.read(shard, after)
        found += page.changes
        after = page.last
        if page.ended or not page.changes:
            return found, page.ended
    raise AssertionError("it never ends")


def names(changes: list[Change]) -> set[str]:
    return {change.key[0] for change in changes}


def test_shards_share_the_keys_and_a_key_stays_in_its_shard() -> None:
    table, stream = streamed(shards=4)
    put(table, *(f"p{n}" for n in range(60)))
    put(table, *(f"p{n}" for n in range(60)), n=1)
    parts = [drain(stream, shard.id)[0] for shard in stream.shards()]
    assert all(len(part) == 2 * len(names(part)) > 0 for part in parts)
    assert set.union(*map(names, parts)) == {f"p{n}" for n in range(60)}


def test_a_split_closes_the_parent_and_its_children_take_over() -> None:
    table, stream = streamed()
    (parent,) = stream.shards()
    put(table, *(f"p{n}" for n in range(20)))
    children = stream.split(parent.id)
    put(table, *(f"p{n}" for n in range(20)), n=1)
    assert [(shard.id, shard.parent, shard.closed) for shard in stream.shards()] == [
        (parent.id, None, True),
        (children[0], parent.id, False),
        (children[1], parent.id, False),
    ]
    before, ended = drain(stream, parent.id)
    assert (len(before), ended) == (20, True)
    first, second = (drain(stream, child)[0] for child in children)
    assert len(first) > 0 < len(second)
    assert names(first) | names(second) == {f"p{n}" for n in range(20)}
    assert not names(first) & names(second)


def test_a_roll_over_has_one_child() -> None:
    table, stream = streamed()
    (child,) = stream.split(stream.shards()[0].id, into=1)
    put(table, "p")
    assert names(drain(stream, child)[0]) == {"p"}


def test_the_last_page_of_a_closed_shard_may_hold_records() -> None:
    table, stream = streamed(page_records=3)
    put(table, *(f"p{n}" for n in range(5)))
    stream.close()
    (shard,) = stream.shards()
    first = stream.read(shard.id, None)
    last = stream.read(shard.id, first.last)
    assert (len(first.changes), first.ended, len(last.changes), last.ended) == (3, False, 2, True)
    again = stream.read(shard.id, last.last)
    assert (list(again.changes), again.last, again.ended) == ([], last.last, True)


def test_empty_pages_come_before_records_and_before_the_end() -> None:
    table, stream = streamed(empty_pages=2)
    put(table, "p")
    stream.close()
    (shard,) = stream.shards()
    pages = [stream.read(shard.id, None) for _ in range(3)]
    assert [(len(page.changes), page.ended) for page in pages] == [(0, False), (0, False), (1, True)]


def test_trimmed_records_are_hints_lost_for_who_has_not_read_them() -> None:
    table, stream = streamed()
    put(table, *(f"p{n}" for n in range(6)))
    (shard,) = stream.shards()
    changes, _ = drain(stream, shard.id)
    stream.trim(lambda change: change.sequence <= changes[3].sequence)
    assert drain(stream, shard.id)[0] == changes[4:]
    assert drain(stream, shard.id, changes[3].sequence)[0] == changes[4:]
    with pytest.raises(HintsLost):
        stream.read(shard.id, changes[2].sequence)


def test_a_closed_shard_whose_records_are_all_trimmed_is_gone() -> None:
    table, stream = streamed()
    put(table, "p")
    (parent,) = stream.shards()
    stream.split(parent.id)
    stream.trim(lambda _: True)
    assert [(shard.parent, shard.closed) for shard in stream.shards()] == [(parent.id, False)] * 2
    with pytest.raises(NotFound):
        stream.read(parent.id, None)


def test_a_deleted_table_leaves_a_closed_stream_that_can_be_read() -> None:
    tables = MemoryTables()
    tables.create("court", shape_with_key(KeySchema((("pk", "S"),))))
    stream = tables.stream(tables.enable_stream("court"))
    put(tables.table("court"), "p")
    tables.delete("court")
    changes, ended = drain(stream, stream.shards()[0].id)
    assert (names(changes), ended) == ({"p"}, True)


def test_the_clock_is_the_callers() -> None:
    now = iter([10.0, 20.0])
    tables = MemoryTables(clock=lambda: next(now))
    tables.create("court", shape_with_key(KeySchema((("pk", "S"),))))
    stream = tables.stream(tables.enable_stream("court"))
    put(tables.table("court"), "p", "q")
    assert [change.at_s for change in drain(stream, stream.shards()[0].id)[0]] == [10.0, 20.0]
