"""Tables and indexes at a pace, over memory: the same answers, later."""

from __future__ import annotations

import orjson
import pytest
from tests.lifecycle.world import SHAPE

from verdigris.core.model import Segment
from verdigris.core.pacing import Budget
from verdigris.errors import Invalid
from verdigris.stores.base import Table
from verdigris.stores.memory import MemoryTables
from verdigris.stores.memory_index import MemoryIndex
from verdigris.stores.memory_replicas import MemoryReplicas
from verdigris.stores.pace import Pace
from verdigris.stores.paced import PacedIndex, PacedReplicas, PacedTable
from verdigris.stores.searching import Document, SearchIndex
from verdigris.testing import VirtualClock

WHOLE = Segment(0, 1)


def raw(number: int, size: int = 100) -> bytes:
    """An item of about `size` bytes."""
    return orjson.dumps({"pk": {"S": f"p{number:05}"}, "sk": {"S": "s"}, "text": {"S": "x" * (size - 20)}})


class Rig:
    def __init__(self, budget: Budget, *, page_items: int = 100) -> None:
        self.clock = VirtualClock(tick_s=0.0)
        self.pace = Pace(budget, clock=self.clock, sleep=self.clock.sleep)
        self.tables = MemoryTables(page_items=page_items)
        self.tables.create("court", SHAPE)
        self.inner = self.tables.table("court")
        self.table: Table = PacedTable(self.inner, self.pace)
        memory = MemoryIndex()
        memory.create("case", {"mappings": {}})
        self.sent: list[int] = []
        self.index: SearchIndex = PacedIndex(_Noting(memory, self.sent), self.pace)  # type: ignore[arg-type]


class _Noting:
    """Notes the size of each bulk."""

    def __init__(self, inner: MemoryIndex, sent: list[int]) -> None:
        self._inner = inner
        self._sent = sent

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def bulk(self, index: str, documents: list[Document]) -> object:
        self._sent.append(len(documents))
        return self._inner.bulk(index, documents)


def test_writes_take_what_their_units_say() -> None:
    rig = Rig(Budget(write=100))
    with rig.pace.bulk(0):
        rig.table.write([raw(n) for n in range(200)] + [raw(n + 200, 2000) for n in range(50)])
    assert rig.clock.slept_s == pytest.approx((200 + 2 * 50) / 100, rel=0.01)
    assert len(rig.inner.read([(f"p{n:05}", "s") for n in range(250)])) == 250


def test_deletes_take_a_unit_each() -> None:
    rig = Rig(Budget(write=100))
    rig.inner.write([raw(n) for n in range(100)])
    with rig.pace.bulk(0):
        rig.table.write([], [(f"p{n:05}", "s") for n in range(100)])
        rig.table.write([raw(1)], [("p00002", "s")])
    assert rig.clock.slept_s == pytest.approx(1.02, abs=0.005)
    assert list(rig.inner.scan(WHOLE, None).items) == [raw(1)]


def test_scans_are_paid_for_by_what_they_held() -> None:
    rig = Rig(Budget(read=10), page_items=100)
    rig.inner.write([raw(n, 410) for n in range(500)])  # 41,000 bytes a page: some 10 units
    start, read = None, 0
    with rig.pace.bulk(0):
        while True:
            page = rig.table.scan(WHOLE, start)
            read += len(page.items)
            start = page.next
            if start is None:
                break
    assert read == 500
    assert 4 < rig.clock.slept_s < 6.5


def test_reads_take_a_unit_for_each_item_or_more() -> None:
    rig = Rig(Budget(read=100))
    rig.inner.write([raw(1, 9000), raw(2, 100)])
    with rig.pace.bulk(0):
        found = rig.table.read([("p00001", "s"), ("p00002", "s"), ("nothing", "s")])
        assert set(found) == {("p00001", "s"), ("p00002", "s")}
        rig.table.read([("nothing", "s")])
    assert rig.clock.slept_s == pytest.approx((3 + 1 + 1 + 1) / 100, abs=0.005)


def test_what_is_read_in_another_region_counts_too() -> None:
    rig = Rig(Budget(read=10), page_items=100)
    rig.inner.write([raw(n, 410) for n in range(300)])
    replicas = PacedReplicas(MemoryReplicas(rig.tables), rig.pace)
    replicas.add("court", "us-west-1")
    assert [one.region for one in replicas.states("court")] == ["us-west-1"]
    start = None
    with rig.pace.bulk(0):
        for _ in range(3):  # one wrapper a table, or each page would be paid for as a first one
            page = replicas.table("court", "us-west-1").scan(WHOLE, start)
            start = page.next
    assert rig.clock.slept_s == pytest.approx(300 * 410 / 4096 / 10, rel=0.5)


def test_documents_are_sent_in_what_a_second_takes() -> None:
    rig = Rig(Budget(index=20))
    with rig.pace.bulk(0):
        result = rig.index.bulk("case", [Document(str(n), {"n": n}, 1) for n in range(50)])
    assert (result.written, result.superseded, result.refused) == (50, 0, ())
    assert rig.sent == [20, 20, 10]
    assert rig.clock.slept_s == pytest.approx(2.5)
    rig.index.refresh("case")
    assert rig.index.count("case") == 50
    assert len(list(rig.index.documents("case"))) == 50
    assert rig.index.read("case", ["7"]) == {"7": {"n": 7}}
    assert rig.index.exists("case")


def test_what_is_not_bulk_work_is_neither_cut_nor_held() -> None:
    rig = Rig(Budget(write=1, read=1, index=1))
    rig.table.write([raw(n) for n in range(200)])
    rig.table.scan(WHOLE, None)
    rig.table.read([("p00001", "s")])
    rig.index.bulk("case", [Document(str(n), {"n": n}, 1) for n in range(50)])
    assert rig.clock.slept_s == 0
    assert rig.sent == [50]


def test_without_a_budget_bulks_stay_whole() -> None:
    rig = Rig(Budget())
    with rig.pace.bulk(0):
        rig.table.write([raw(n) for n in range(200)])
        rig.index.bulk("case", [Document(str(n), {"n": n}, 1) for n in range(50)])
    assert rig.clock.slept_s == 0
    assert rig.sent == [50]


def test_errors_come_through() -> None:
    rig = Rig(Budget(write=100))
    with rig.pace.bulk(0), pytest.raises(Invalid):
        rig.table.write([orjson.dumps({"pk": {"S": "p"}})])
