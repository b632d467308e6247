"""A DynamoDB Local of the benchmark's own, with the tables to copy from and to."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from bench.items import KEY, item
from verdigris.core.items import decode
from verdigris.core.model import Item, Key, RawItem, Segment
from verdigris.local import dynamodb
from verdigris.local.stack import LocalStack
from verdigris.stores.aws import Aws
from verdigris.stores.dynamodb_admin import DynamoAdmin
from verdigris.stores.dynamodb_table import DynamoTable
from verdigris.stores.table_shape import shape_with_key

_LOAD = 2_500  # items made at a time
_LOADERS = 4
_COUNT_SEGMENTS = 16


class Server:
    """Tables have names of their own: DynamoDB Local is slower with names that were used before."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._aws = Aws("us-east-1", endpoint_url=url)
        self._admin = DynamoAdmin(self._aws)
        self._names = (f"bench-{number:04d}" for number in count())

    def loaded(self, numbers: range, make: Callable[[int], RawItem] = item) -> str:
        """A new table with the items of these numbers."""
        name = self.empty()
        table = self._table(name)

        def load(begin: int) -> None:
            table.write([make(number) for number in numbers[begin : begin + _LOAD]])

        with ThreadPoolExecutor(_LOADERS) as threads:
            list(threads.map(load, range(0, len(numbers), _LOAD)))
        return name

    def stream(self, name: str) -> None:
        """Turns the table's stream on."""
        self._admin.enable_stream(name)

    def write(self, name: str, puts: Sequence[RawItem], deletes: Sequence[Key] = ()) -> None:
        self._table(name).write(puts, deletes)

    def empty(self) -> str:
        name = next(self._names)
        self._admin.create(name, shape_with_key(KEY))
        return name

    def new_name(self) -> str:
        return next(self._names)

    def count(self, name: str) -> int:
        # In segments: on a large table DynamoDB Local runs out of its heap in a scan of the whole.
        return sum(self._count(name, Segment(index, _COUNT_SEGMENTS)) for index in range(_COUNT_SEGMENTS))

    def _count(self, name: str, segment: Segment) -> int:
        found, start = 0, None
        while True:
            page = self._table(name).scan(segment, start)
            found, start = found + len(page.items), page.next
            if start is None:
                return found

    def first(self, name: str) -> Item:
        """What became of `item(0)`."""
        key = KEY.of(json.loads(item(0)))
        return decode(self._table(name).read([key])[key])

    def drop(self, *names: str) -> None:
        for name in names:
            self._admin.delete(name)

    def _table(self, name: str) -> DynamoTable:
        return DynamoTable(self._aws.json("dynamodb"), name, KEY)


@contextmanager
def server() -> Iterator[Server]:
    # For the peers, too: they find their credentials where every AWS tool does.
    os.environ |= {"AWS_ACCESS_KEY_ID": dynamodb.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": dynamodb.SECRET_KEY}
    os.environ.pop("AWS_SESSION_TOKEN", None)
    with tempfile.TemporaryDirectory(prefix="verdigris-bench-") as folder:
        local = LocalStack(Path(folder))
        try:
            yield Server(local.up(engines=[dynamodb.NAME]).dynamodb_url)
        finally:
            local.down()
