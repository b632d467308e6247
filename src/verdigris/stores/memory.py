"""Tables in memory with DynamoDB's semantics: for unit tests, the simulation and `verdigris.testing`.

Deterministic: what happens depends on the calls alone. Where the service is free (page boundaries, shards, empty
pages), parameters choose.
"""

from __future__ import annotations

import threading
from binascii import a2b_base64
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from hashlib import blake2b
from typing import Any, TypeAlias

import orjson

from verdigris.core.items import decode, encode
from verdigris.core.model import Change, JsonItem, Key, KeySchema, RawItem, Segment
from verdigris.errors import AlreadyThere, Invalid, ItemRefused, NotFound
from verdigris.stores.base import ScanPage, TableFacts, TableShape
from verdigris.stores.memory_stream import HASH_SPACE, MemoryStream
from verdigris.stores.table_shape import key_schema

#: Where an item stands in a scan: hash and text of the partition key, the sort key in its own order, the key.
_Place: TypeAlias = tuple[int, str, Any, Key]

_KINDS = {"S": str, "N": Decimal, "B": bytes}
_SORT_VALUES: dict[str, Callable[[str], Any]] = {"S": str.encode, "N": Decimal, "B": a2b_base64}


class MemoryTables:
    """The port `TableAdmin`, and the tables behind it: `table(name)` and `stream(arn)` give their data paths.

    `page_items` is how many items a page of a scan holds; `shards`, `page_records` and `empty_pages` shape the
    streams (see MemoryStream); `clock` gives the seconds of stream records. Safe to share between threads.
    """

    def __init__(
        self,
        *,
        page_items: int = 100,
        shards: int = 1,
        page_records: int = 1000,
        empty_pages: int = 0,
        clock: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.page_items = page_items
        self._clock = clock
        self._stream_options = {"shards": shards, "page_records": page_records, "empty_pages": empty_pages}
        self._lock = threading.RLock()
        self._tables: dict[str, _Contents] = {}
        self._streams: dict[str, MemoryStream] = {}
        self._sequence = 0

    def table(self, name: str) -> MemoryTable:
        """The data path of a table that is there. Raises NotFound."""
        return MemoryTable(self, name, self.contents(name).key)

    def stream(self, arn: str) -> MemoryStream:
        """The change stream that `enable_stream` or `describe` named; readable also when its table is gone."""
        try:
            return self._streams[arn]
        except KeyError:
            raise NotFound("no such stream", where=arn) from None

    # ── TableAdmin ───────────────────────────────────────────────────────────────────────────────────────────────

    def describe(self, name: str) -> TableFacts | None:
        with self._lock:
            table = self._tables.get(name)
            if table is None:
                return None
            stream = table.stream.arn if table.stream else None
            return TableFacts(
                name=name,
                key=table.key,
                active=True,
                items_estimate=len(table.items),
                bytes_estimate=sum(map(len, table.items.values())),
                shape=table.shape,
                stream=stream,
                stream_view="NEW_AND_OLD_IMAGES" if stream else None,
            )

    def create(self, name: str, shape: TableShape) -> None:
        with self._lock:
            if name in self._tables:
                raise AlreadyThere(f"table {name} is there already", where=name)
            try:
                self._tables[name] = _Contents(name, shape)
            except KeyError as error:
                raise Invalid(f"a table needs {error}", where=name) from error

    def delete(self, name: str) -> None:
        with self._lock:
            table = self._tables.pop(name, None)
            if table is not None and table.stream is not None:
                table.stream.close()

    def is_empty(self, name: str) -> bool:
        return not self.contents(name).items

    def enable_ttl(self, name: str, attribute: str) -> None:
        with self._lock:
            table = self.contents(name)
            table.shape = replace(table.shape, ttl_attribute=attribute)

    def enable_stream(self, name: str) -> str:
        with self._lock:
            table = self.contents(name)
            if table.stream is None:
                arn = f"arn:aws:dynamodb:memory:000000000000:table/{name}/stream/{len(self._streams) + 1}"
                table.stream = self._streams[arn] = MemoryStream(arn, self._lock, **self._stream_options)
            return table.stream.arn

    # ── for MemoryTable ──────────────────────────────────────────────────────────────────────────────────────────

    def contents(self, name: str) -> _Contents:
        with self._lock:
            if name not in self._tables:
                raise NotFound(f"no table {name}", where=name)
            return self._tables[name]

    def put(self, name: str, item: RawItem) -> None:
        with self._lock:
            table = self.contents(name)
            key, stored = table.check(item)
            self._record(table, key, table.items.get(key), stored)
            table.put(key, stored)

    def remove(self, name: str, key: Key) -> None:
        with self._lock:
            table = self.contents(name)
            self._record(table, key, table.items.get(key), None)
            table.remove(key)

    def page(self, name: str, segment: Segment, start: str | None) -> ScanPage:
        with self._lock:
            return self.contents(name).page(segment, start, self.page_items)

    def get(self, name: str, keys: Sequence[Key]) -> dict[Key, RawItem]:
        with self._lock:
            items = self.contents(name).items
            return {key: items[key] for key in map(canonical_of(self.contents(name).key), keys) if key in items}

    def _record(self, table: _Contents, key: Key, old: RawItem | None, new: RawItem | None) -> None:
        if table.stream is None or _parsed(old) == _parsed(new):  # what changes nothing makes no record
            return
        self._sequence += 1
        change = Change(key, old, new, f"{self._sequence:021d}", self._clock())
        table.stream.append(_hashed(key[0]), change)


class MemoryTable:
    """The port `Table` over one table of a MemoryTables."""

    def __init__(self, tables: MemoryTables, name: str, key: KeySchema) -> None:
        self.name = name
        self.key = key
        self._tables = tables

    def scan(self, segment: Segment, start: str | None) -> ScanPage:
        return self._tables.page(self.name, segment, start)

    def read(self, keys: Sequence[Key]) -> dict[Key, RawItem]:
        return self._tables.get(self.name, keys)

    def write(self, puts: Sequence[RawItem], deletes: Sequence[Key] = ()) -> None:
        """Item by item, as the service does: other threads may see half of it, and what precedes an Invalid stays."""
        table = self._tables.contents(self.name)
        keys = [*map(table.key_in, puts), *map(canonical_of(table.key), deletes)]
        if len(set(keys)) != len(keys):
            raise Invalid("a key stands twice in one write", where=self.name)
        for item in puts:
            self._tables.put(self.name, item)
        for key in keys[len(puts) :]:
            self._tables.remove(self.name, key)


class _Contents:
    """The items of one table, in the order of a scan. The caller holds the lock."""

    def __init__(self, name: str, shape: TableShape) -> None:
        self.name = name
        self.shape = shape
        self.key = key_schema(shape.create)
        self.items: dict[Key, RawItem] = {}
        self.stream: MemoryStream | None = None
        self._order: list[_Place] = []
        # The service defines exactly the attributes that are keys of the table or of an index.
        self._typed = {entry["AttributeName"]: entry["AttributeType"] for entry in shape.create["AttributeDefinitions"]}

    def check(self, item: RawItem) -> tuple[Key, RawItem]:
        """Key and stored form: numbers in canonical form, sets sorted. Raises Invalid for what the service refuses."""
        key = self.key_in(item)
        try:
            fields = decode(item)
            stored = encode(fields)
        except ItemRefused as error:
            raise self._refused(error.what, key) from error
        if b'{"":' in stored or b',"":' in stored:  # quotes inside texts are escaped: this is a name
            raise self._refused("an attribute without a name", key)
        for name, kind in self._typed.items():
            if name in fields and (not isinstance(fields[name], _KINDS[kind]) or fields[name] in ("", b"")):
                raise self._refused(f"key attribute {name} is empty or not of type {kind}", key)
        return key, stored

    def _refused(self, what: str, key: Key) -> Invalid:
        error = Invalid(what, where=f"{self.name} {'/'.join(key)}")
        error.key = key
        return error

    def key_in(self, item: RawItem) -> Key:
        try:
            return self.key.of(orjson.loads(item))
        except (KeyError, ValueError, ArithmeticError, TypeError) as error:
            raise Invalid(f"an item without a usable key: {error}", where=self.name) from error

    def put(self, key: Key, item: RawItem) -> None:
        if key not in self.items:
            insort(self._order, self._place(key))
        self.items[key] = item

    def remove(self, key: Key) -> None:
        if self.items.pop(key, None) is not None:
            del self._order[bisect_left(self._order, self._place(key))]

    def page(self, segment: Segment, start: str | None, size: int) -> ScanPage:
        """As the service: a full page has a `next` even if nothing follows; a start key need not exist any more."""
        if not 0 <= segment.index < segment.total:
            raise Invalid(f"no segment {segment.index} of {segment.total}", where=self.name)
        low, high = (HASH_SPACE * edge // segment.total for edge in (segment.index, segment.index + 1))
        first = bisect_left(self._order, (low,)) if start is None else bisect_right(self._order, self._start(start))
        keys = [place[3] for place in self._order[first : min(first + size, bisect_left(self._order, (high,)))]]
        after = orjson.dumps(self.key.to_json(keys[-1])).decode() if len(keys) == size else None
        return ScanPage([self.items[key] for key in keys], after)

    def _start(self, start: str) -> _Place:
        try:
            return self._place(self.key.of(orjson.loads(start)))
        except (KeyError, ValueError, TypeError) as error:
            raise Invalid(f"not a position of this table: {error}", where=self.name) from error

    def _place(self, key: Key) -> _Place:
        sort = _SORT_VALUES[self.key.attributes[1][1]](key[1]) if len(key) > 1 else b""
        return (_hashed(key[0]), key[0], sort, key)


def canonical_of(schema: KeySchema) -> Callable[[Key], Key]:
    """A function that spells a key as the table does: numbers have one form."""
    if all(kind != "N" for _, kind in schema.attributes):
        return lambda key: key
    return lambda key: schema.of(schema.to_json(key))


def _hashed(partition: str) -> int:
    return int.from_bytes(blake2b(partition.encode(), digest_size=8).digest())


def _parsed(item: RawItem | None) -> JsonItem | None:
    parsed: JsonItem | None = None if item is None else orjson.loads(item)
    return parsed
