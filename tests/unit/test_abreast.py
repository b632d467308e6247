"""A table whose requests go side by side, over memory."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest
from tests.contract.stores import KEY, raw

from verdigris.core.model import Key, RawItem
from verdigris.errors import Throttled, Unreachable
from verdigris.stores.abreast import AbreastTable
from verdigris.stores.memory import MemoryTable, MemoryTables
from verdigris.stores.table_shape import shape_with_key


class _Together(MemoryTable):
    """Answers only when `parties` requests are under way at once."""

    def __init__(self, parties: int) -> None:
        tables = MemoryTables()
        tables.create("court", shape_with_key(KEY))
        super().__init__(tables, "court", KEY)
        self._barrier = threading.Barrier(parties)
        self.sizes: list[int] = []
        self.failing: dict[Key, Exception] = {}

    def read(self, keys: Sequence[Key]) -> dict[Key, RawItem]:
        self._barrier.wait(timeout=10)
        return super().read(keys)

    def write(self, puts: Sequence[RawItem], deletes: Sequence[Key] = ()) -> None:
        self._barrier.wait(timeout=10)
        self.sizes.append(len(puts) + len(deletes))
        for key in (*map(self.key_in, puts), *deletes):
            if key in self.failing:
                raise self.failing[key]
        super().write(puts, deletes)

    def key_in(self, item: RawItem) -> Key:
        return self._tables.contents(self.name).key_in(item)


def test_batches_of_a_write_and_a_read_are_under_way_at_once() -> None:
    inner = _Together(3)
    table = AbreastTable(inner)
    table.write([raw(f"p{n}") for n in range(60)], [(f"q{n}", "a") for n in range(10)])
    assert sorted(inner.sizes) == [20, 25, 25]
    keys = [(f"p{n}", "a") for n in range(201)]
    assert table.read([*keys, *keys]) == {(f"p{n}", "a"): raw_of(n) for n in range(60)}


def test_what_fits_into_one_request_needs_no_thread() -> None:
    table = AbreastTable(_Together(1))
    before = threading.active_count()
    table.write([raw(f"p{n}") for n in range(25)])
    table.write([])
    assert len(table.read([(f"p{n}", "a") for n in range(100)])) == 25
    assert threading.active_count() == before


def test_the_first_error_is_raised_when_all_have_ended() -> None:
    inner = _Together(3)
    inner.failing = {("p30", "a"): Throttled("first"), ("p60", "a"): Unreachable("second")}
    with pytest.raises(Throttled, match="first") as caught:
        AbreastTable(inner).write([raw(f"p{n}") for n in range(75)])
    assert "again is harmless" in caught.value.state
    assert sorted(inner.sizes) == [25, 25, 25]


def raw_of(number: int) -> RawItem:
    return raw(f"p{number}").replace(b" ", b"")
