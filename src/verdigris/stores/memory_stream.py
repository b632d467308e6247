"""The change streams of in-memory tables: shards that split, close and are trimmed, and pages that prove nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from verdigris.core.model import Change, Shard
from verdigris.errors import HintsLost, NotFound
from verdigris.stores.base import StreamPage

#: The hash space of partition keys that shards (and scan segments) divide among themselves.
HASH_SPACE = 2**64


@dataclass(slots=True)
class _Log:
    """One shard: its part of the hash space, its records, and the highest sequence number trimmed off."""

    shard: Shard
    low: int
    high: int
    records: list[Change] = field(default_factory=list)
    trimmed: str = ""


class MemoryStream:
    """The port `ChangeStream`. Made by `MemoryTables.enable_stream`; safe to share between threads.

    `empty_pages` is how many empty pages a reader gets at each position before the records behind it, as the service
    may answer; `page_records` is how many records a page holds.
    """

    def __init__(self, arn: str, lock: threading.RLock, *, shards: int, page_records: int, empty_pages: int) -> None:
        self.arn = arn
        self._lock = lock
        self._page_records = page_records
        self._empty_pages = empty_pages
        self._given: dict[tuple[str, str | None], int] = {}
        self._made = 0
        self._logs: dict[str, _Log] = {}
        for index in range(shards):
            self._open(None, HASH_SPACE * index // shards, HASH_SPACE * (index + 1) // shards)

    def shards(self) -> Sequence[Shard]:
        with self._lock:
            return [log.shard for log in self._logs.values()]  # children are made after their parents

    def read(self, shard: str, after: str | None) -> StreamPage:
        with self._lock:
            log = self._log(shard)
            if after is not None and after < log.trimmed:
                raise HintsLost(f"records after {after} have been trimmed away", where=f"{self.arn} {shard}")
            given = self._given.get((shard, after), 0)
            if given < self._empty_pages:
                self._given[shard, after] = given + 1
                return StreamPage([], after, ended=False)
            behind = [change for change in log.records if after is None or change.sequence > after]
            page = behind[: self._page_records]
            last = page[-1].sequence if page else after
            return StreamPage(page, last, ended=log.shard.closed and len(page) == len(behind))

    # ── what the service does on its own ─────────────────────────────────────────────────────────────────────────

    def append(self, hashed: int, change: Change) -> None:
        """A record, into the open shard that holds the hash of its partition key."""
        with self._lock:
            log = next(
                (log for log in self._logs.values() if not log.shard.closed and log.low <= hashed < log.high), None
            )
            if log is not None:  # a stream whose shards are all closed takes no more records
                log.records.append(change)

    def split(self, shard: str, into: int = 2) -> list[str]:
        """Closes a shard; `into` children share its hash space (1: the service's roll-over). Returns their ids."""
        with self._lock:
            parent = self._log(shard)
            parent.shard = replace(parent.shard, closed=True)
            width = parent.high - parent.low
            cuts = [parent.low + width * index // into for index in range(into + 1)]
            return [self._open(shard, low, high) for low, high in pairwise(cuts)]

    def close(self) -> None:
        """Closes every shard, as when the stream is disabled or its table deleted; what is in them stays readable."""
        with self._lock:
            for log in self._logs.values():
                log.shard = replace(log.shard, closed=True)

    def trim(self, old: Callable[[Change], bool]) -> None:
        """Drops the oldest records of each shard as long as they are `old`. A closed shard that is left empty
        disappears, and so does one that always was, once its children have lost records."""
        with self._lock:
            outlived: set[str | None] = set()
            for log in reversed(list(self._logs.values())):  # children first
                while log.records and old(log.records[0]):
                    log.trimmed = log.records.pop(0).sequence
                if log.trimmed or log.shard.id in outlived:
                    outlived.add(log.shard.parent)
                    if log.shard.closed and not log.records:
                        del self._logs[log.shard.id]

    def _open(self, parent: str | None, low: int, high: int) -> str:
        self._made += 1
        shard = Shard(f"shardId-{self._made:020d}", parent, closed=False)
        self._logs[shard.id] = _Log(shard, low, high)
        return shard.id

    def _log(self, shard: str) -> _Log:
        try:
            return self._logs[shard]
        except KeyError:
            raise NotFound(f"no shard {shard}", where=self.arn) from None
