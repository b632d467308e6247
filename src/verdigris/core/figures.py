"""What a deployment takes: counts, bytes, hours and dollars, each with where it is from.

For people: nothing is decided by it. A figure that is made of others is no better than the worst of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil

import msgspec

from verdigris.core.forecast import Forecast, Measured, forecast
from verdigris.core.pacing import Budget
from verdigris.core.planning import Plan
from verdigris.core.prices import Prices

_READ_BYTES, _WRITE_BYTES, _GB = 4096, 1024, 1e9
#: What a new on-demand table takes from its beginning, in units a second (Developer Guide, "DynamoDB on-demand capacity
#: mode: initial throughput"); it grows with what it is asked for.
_NEW_READS, _NEW_WRITES = 12_000.0, 4_000.0
#: How long the tail is assumed to go on besides the bulk work: until somebody has approved.
_GATE_S = 3600.0
#: How often a shard is assumed to be asked for records.
_STREAM_READS_PER_S = 1.0


class Source(StrEnum):
    """Where a figure is from, the best first."""

    MEASURED = "measured"
    DESCRIBED = "described"
    ASSUMED = "assumed"


class Unit(StrEnum):
    ITEMS = "items"
    BYTES = "bytes"
    READS = "read units"
    WRITES = "write units"
    REQUESTS = "requests"
    SECONDS = "s"
    USD = "usd"
    USD_MONTH = "usd a month"


class Figure(msgspec.Struct, frozen=True):
    """One number. `by` says how it was come by."""

    name: str
    value: float
    unit: Unit
    source: Source
    by: str


class Removal(msgspec.Struct, frozen=True):
    """Something that is destroyed. `when`: the phase that does it, or the command that gives up."""

    when: str
    what: str


class Outlook(msgspec.Struct, frozen=True):
    """What a plan takes, risks and removes."""

    figures: tuple[Figure, ...] = ()
    risks: tuple[str, ...] = ()
    removes: tuple[Removal, ...] = ()


NO_OUTLOOK = Outlook()
TOTAL = "total, once"


@dataclass(frozen=True)
class Scale:
    """What is known of the data and its way.

    `measured_by`: "" if nothing was; its `write_units` are 0 where only the time was. `copies`: the table and its
    secondary indexes, each as large at most; `shards` of the stream; `passes` of verify over both sides.
    """

    budget: Budget
    prices: Prices
    measured: Measured | None = None
    measured_by: str = ""
    copies: int = 1
    shards: int = 1
    passes: int = 1
    replicas: int = 0
    backup: bool = False


def predicted(plan: Plan, scale: Scale) -> Forecast | None:
    """How long the bulk work takes; None where nothing is copied, or nobody knows how much."""
    items, size = plan.items_estimate or 0, plan.bytes_estimate or 0
    if not plan.moves_data or not items:
        return None
    if measured := scale.measured:
        units = measured.write_units or measured.items * _units_of_one(plan)
        return forecast(replace(measured, write_units=units), items, size, scale.budget)
    asked = scale.budget
    slower = Budget(min(asked.read or _NEW_READS, _NEW_READS), min(asked.write or _NEW_WRITES, _NEW_WRITES))
    return forecast(Measured(1, 0.0, _units_of_one(plan)), items, size, slower)


def figures(plan: Plan, scale: Scale) -> tuple[Figure, ...]:
    """Every figure there is; of a deployment that copies nothing only what the table holds."""
    if plan.items_estimate is None:
        return ()
    counted = "the table's own count, up to 6 hours old"
    items = Figure("items", plan.items_estimate, Unit.ITEMS, Source.DESCRIBED, counted)
    size = Figure("size", plan.bytes_estimate or 0, Unit.BYTES, Source.DESCRIBED, counted)
    if not plan.moves_data:
        return items, size
    return items, size, *_Sums(plan, scale).rows()


def _units_of_one(plan: Plan) -> int:
    """Write units of an item of the usual size."""
    items, size = plan.items_estimate or 0, plan.bytes_estimate or 0
    return max(1, ceil(size / items / _WRITE_BYTES)) if items else 1


class _Sums:
    def __init__(self, plan: Plan, scale: Scale) -> None:
        self._plan, self._scale = plan, scale
        self._items, self._bytes = plan.items_estimate or 0, plan.bytes_estimate or 0

    def rows(self) -> Iterator[Figure]:
        writes, reads = self._writes(), (self._backfill_reads(), self._verify_reads())
        times = tuple(self._times())
        requests = self._requests(sum(figure.value for figure in times))
        paid = [
            self._paid("writes of the backfill", writes, "million_writes"),
            self._paid("reads of the backfill", reads[0], "million_reads"),
            self._paid("reads of verify", reads[1], "million_reads"),
            self._paid("stream reads", requests, "million_stream_reads"),
        ]
        replicas = self._scale.replicas
        if replicas:
            copied = msgspec.structs.replace(writes, value=writes.value * replicas)
            paid.append(self._paid("writes of the replicas", copied, "million_replica_writes"))
        yield from (writes, *reads, requests, *times, *paid)
        worst = max((figure.source for figure in paid), key=list(Source).index)
        yield Figure(TOTAL, sum(figure.value for figure in paid), Unit.USD, worst, "the sum of what is paid once")
        yield from self._months()

    def _writes(self) -> Figure:
        measured, copies = self._scale.measured, self._scale.copies
        by_indexes = f", and as many for each of {copies - 1} secondary indexes (assumed)" if copies > 1 else ""
        if measured and measured.items and measured.write_units:
            each = measured.write_units / measured.items
            source = Source.ASSUMED if copies > 1 else Source.MEASURED
            by = f"{each:.2f} units an item, {self._scale.measured_by}{by_indexes}"
        else:
            each, source = float(_units_of_one(self._plan)), Source.ASSUMED
            by = f"{each:.0f} units an item: that migrations keep its size is assumed{by_indexes}"
        return Figure("written by the backfill", self._items * each * copies, Unit.WRITES, source, by)

    def _backfill_reads(self) -> Figure:
        once = ceil(self._bytes / _READ_BYTES)
        by = "the table's size in pages of 4 KB, read once, strongly consistent"
        return Figure("read by the backfill", once, Unit.READS, Source.DESCRIBED, by)

    def _verify_reads(self) -> Figure:
        passes = self._scale.passes
        by = f"source and destination, strongly consistent, {'once' if passes == 1 else f'{passes} times'}; that both "
        reads = 2 * passes * ceil(self._bytes / _READ_BYTES)
        return Figure("read by verify", reads, Unit.READS, Source.ASSUMED, f"{by}are as large is assumed")

    def _times(self) -> Iterator[Figure]:
        found = predicted(self._plan, self._scale)
        if found is None:
            return
        source = Source.MEASURED if self._scale.measured else Source.ASSUMED
        by = self._scale.measured_by or "what a new on-demand table takes from its beginning"
        if self._scale.budget.limited and found.limited_by != "pace":
            by += f", and the {found.limited_by} budget"
        yield Figure("backfill", found.backfill_s, Unit.SECONDS, source, by)
        yield Figure("verify", found.verify_s * self._scale.passes, Unit.SECONDS, source, by)

    def _requests(self, bulk_s: float) -> Figure:
        shards = self._scale.shards
        each = "" if shards == 1 else f" for each of {shards} shards"
        wait = f"one a second{each}, until an hour after the bulk work"
        requests = (bulk_s + _GATE_S) * _STREAM_READS_PER_S * shards
        return Figure("stream requests", ceil(requests), Unit.REQUESTS, Source.ASSUMED, wait)

    def _paid(self, name: str, of: Figure, price: str) -> Figure:
        usd, set_by_user = getattr(self._scale.prices, price), self._scale.prices.is_set(price)
        source = max(of.source, Source.DESCRIBED if set_by_user else Source.ASSUMED, key=list(Source).index)
        by = f"${usd:g} a million, {self._scale.prices.says(price)}"
        return Figure(name, of.value / 1e6 * usd, Unit.USD, source, by)

    def _months(self) -> Iterator[Figure]:
        scale = self._scale
        tables = scale.copies * (1 + scale.replicas)
        yield self._month("second copy, until finalize", tables, "gb_month")
        if scale.backup:
            yield self._month("backup", 1, "backup_gb_month")

    def _month(self, name: str, times: int, price: str) -> Figure:
        usd = getattr(self._scale.prices, price)
        by = f"${usd:g} a GB, {self._scale.prices.says(price)}" + (f", {times} times the table" if times > 1 else "")
        exact = self._scale.prices.is_set(price) and price == "backup_gb_month"
        source = Source.DESCRIBED if exact else Source.ASSUMED
        return Figure(name, self._bytes / _GB * usd * times, Unit.USD_MONTH, source, by)
