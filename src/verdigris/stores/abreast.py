"""A table whose long reads and writes go out as several requests at once: to wait for them is most of what they cost.

For the tail, which settles a page of changes in one thread. Bulk work has its segments at work side by side already.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from verdigris.core.batching import BATCH_GET, BATCH_WRITE, runs
from verdigris.core.model import Key, KeySchema, RawItem, Segment
from verdigris.errors import StoreError
from verdigris.stores.base import ScanPage, Table

Part = TypeVar("Part")
Answer = TypeVar("Answer")

#: Requests under way at once; fewer than the connections that are kept open.
_ABREAST = 8


class AbreastTable:
    """A `Table` over another one that is safe to share between threads.

    When a call returns or raises, every request of it has ended; of several errors the first part's is raised.
    """

    def __init__(self, inner: Table) -> None:
        self._inner = inner

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def key(self) -> KeySchema:
        return self._inner.key

    def scan(self, segment: Segment, start: str | None) -> ScanPage:
        return self._inner.scan(segment, start)

    def read(self, keys: Sequence[Key]) -> dict[Key, RawItem]:
        parts = list(runs(list(dict.fromkeys(keys)), BATCH_GET.count))
        return {key: item for found in _abreast(self._inner.read, parts) for key, item in found.items()}

    def write(self, puts: Sequence[RawItem], deletes: Sequence[Key] = ()) -> None:
        size = BATCH_WRITE.count
        parts: list[tuple[Sequence[RawItem], Sequence[Key]]] = []
        while puts or deletes:
            room = size - len(puts[:size])
            parts.append((puts[:size], deletes[:room]))
            puts, deletes = puts[size:], deletes[room:]
        try:
            _abreast(lambda part: self._inner.write(*part), parts)
        except StoreError as error:
            if len(parts) > 1:
                error.state = "some puts and deletes of other batches may be written, too; again is harmless"
            raise


def _abreast(send: Callable[[Part], Answer], parts: Sequence[Part]) -> list[Answer]:
    if len(parts) < 2:
        return [send(part) for part in parts]
    with ThreadPoolExecutor(min(_ABREAST, len(parts)), thread_name_prefix="abreast") as threads:
        sent = [threads.submit(send, part) for part in parts]
    return [answer.result() for answer in sent]
