"""How much goes into one request: the limits of the services, each with its source, and the split by them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

Entry = TypeVar("Entry")

_MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limit:
    """What one request may hold: `count` entries and `bytes` of them on the wire. `source` says who says so."""

    count: int
    bytes: int
    source: str


BATCH_WRITE = Limit(25, 16 * _MB, "API reference, BatchWriteItem: 25 put or delete operations, 16 MB over the network")
#: An answer holds 16 MB at most as well; the rest comes back as UnprocessedKeys.
BATCH_GET = Limit(100, 16 * _MB, "API reference, BatchGetItem: 100 items, 16 MB")
TRANSACT_WRITE = Limit(100, 4 * _MB, "API reference, TransactWriteItems: 100 actions, 4 MB in all")
#: What one answer of a shard may hold.
GET_RECORDS = Limit(1000, 1 * _MB, "API reference, GetRecords (DynamoDB Streams): 1,000 records, 1 MB")


def runs(things: Sequence[Entry], count: int) -> Iterator[Sequence[Entry]]:
    """The things in order, `count` of them at a time."""
    for start in range(0, len(things), count):
        yield things[start : start + count]


def batches(
    entries: Iterable[Entry],
    limit: Limit,
    *,
    size: Callable[[Entry], int] = len,  # type: ignore[assignment]
) -> Iterator[Sequence[Entry]]:
    """The entries in order, in runs that each keep to `limit`; `size` is an entry's bytes on the wire.

    One entry larger than `limit.bytes` gets a run of its own: whether it is too large is for the service to say.
    """
    run: list[Entry] = []
    total = 0
    for entry in entries:
        weight = size(entry)
        if run and (len(run) == limit.count or total + weight > limit.bytes):
            yield run
            run, total = [], 0
        run.append(entry)
        total += weight
    if run:
        yield run
