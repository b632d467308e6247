"""A DynamoDB table: scan, read and write items as the bytes that the service sends and takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from verdigris.core.batching import BATCH_GET, BATCH_WRITE, batches
from verdigris.core.braking import Throttling
from verdigris.core.model import Key, KeySchema, RawItem, Segment
from verdigris.core.raw_key import key_reader
from verdigris.errors import Invalid, StoreError, Throttled
from verdigris.stores.base import ScanPage
from verdigris.stores.http import AwsJson

Answer = TypeVar("Answer")

_encode = msgspec.json.encode
_PUT = b'{"PutRequest":{"Item":'


class _Scanned(msgspec.Struct):
    Items: list[msgspec.Raw]
    LastEvaluatedKey: msgspec.Raw = msgspec.Raw(b"null")


#: Items of a page, which ends at 1 MB besides (API reference, Scan). Tiny items take many times their size as objects:
#: a page of 1 MB of them would be the most that a worker ever holds.
_PAGE_ITEMS = 2000


class _Keys(msgspec.Struct):
    Keys: list[msgspec.Raw]


class _Got(msgspec.Struct):
    Responses: dict[str, list[msgspec.Raw]]
    UnprocessedKeys: dict[str, _Keys] = {}


class _Written(msgspec.Struct):
    UnprocessedItems: dict[str, list[msgspec.Raw]] = {}


_scanned = msgspec.json.Decoder(_Scanned)
_got = msgspec.json.Decoder(_Got)
_written = msgspec.json.Decoder(_Written)


@dataclass(frozen=True)
class Guard:
    """Watches over the writes to a table. `may_go` raises LeaseLost; `unanswered` is told keys and signing date."""

    may_go: Callable[[], None] = lambda: None
    unanswered: Callable[[Sequence[Key], float], None] = lambda keys, signed_s: None


class DynamoTable:
    """The port `Table` over one DynamoDB table."""

    def __init__(self, http: AwsJson, name: str, key: KeySchema, guard: Guard | None = None) -> None:
        self.name = name
        self._guard = guard or Guard()
        self.key = key
        self._http = http
        self._key_of = key_reader(key)
        quoted = _encode(name)
        self._scan_head = b'{"TableName":%b,"ConsistentRead":true,"Limit":%d' % (quoted, _PAGE_ITEMS)
        self._read_head = b'{"RequestItems":{' + quoted + b':{"ConsistentRead":true,"Keys":['
        self._write_head = b'{"RequestItems":{' + quoted + b":["

    def scan(self, segment: Segment, start: str | None) -> ScanPage:
        body = b'%b,"Segment":%d,"TotalSegments":%d' % (self._scan_head, segment.index, segment.total)
        body += b',"ExclusiveStartKey":' + start.encode() + b"}" if start else b"}"
        page = self._decode(_scanned, self._http.call("Scan", body, where=self.name))
        # Copies, not views: a view would keep the whole page of 1 MB alive for one item that somebody holds.
        after = bytes(page.LastEvaluatedKey).decode()
        return ScanPage([bytes(raw) for raw in page.Items], None if after == "null" else after)

    def read(self, keys: Sequence[Key]) -> dict[Key, RawItem]:
        found: dict[Key, RawItem] = {}
        wanted = (_encode(self.key.to_json(key)) for key in dict.fromkeys(keys))
        for batch in batches(wanted, BATCH_GET):
            for item in self._get(batch):
                found[self._key_of(item)] = item
        return found

    def write(self, puts: Sequence[RawItem], deletes: Sequence[Key] = ()) -> None:
        try:
            for batch in batches(self._operations(puts, deletes), BATCH_WRITE):
                self._put(batch)
        except StoreError as error:
            error.state = f"of {len(puts)} puts and {len(deletes)} deletes some may be written; again is harmless"
            raise

    def _operations(self, puts: Iterable[RawItem], deletes: Iterable[Key]) -> Iterable[bytes]:
        for item in puts:
            yield _PUT + item + b"}}"
        for key in deletes:
            yield b'{"DeleteRequest":{"Key":' + _encode(self.key.to_json(key)) + b"}}"

    def _get(self, batch: Sequence[bytes]) -> Iterable[RawItem]:
        """The items under up to 100 keys; what the service left undone is asked for again."""
        keys: Sequence[bytes | msgspec.Raw] = batch
        fruitless = 0
        while keys:
            body = self._read_head + b",".join(keys) + b"]}}}"
            answer = self._decode(_got, self._http.call("BatchGetItem", body, where=self.name))
            for items in answer.Responses.values():
                yield from map(bytes, items)
            rest = answer.UnprocessedKeys[self.name].Keys if answer.UnprocessedKeys else []
            fruitless = self._pause(fruitless, before=len(keys), after=len(rest))
            keys = rest

    def _put(self, batch: Sequence[bytes]) -> None:
        """Up to 25 operations; what the service left undone is sent again."""
        operations: Sequence[bytes | msgspec.Raw] = batch
        fruitless = 0
        while operations:
            try:
                rest = self._send(operations)
            except Invalid as error:
                self._name_the_culprit(operations, error)
                raise
            if rest:  # 25 items are never too many bytes: so it is throttled (API reference, BatchWriteItem)
                self._http.throttled(Throttling("write", self.name))
            fruitless = self._pause(fruitless, before=len(operations), after=len(rest))
            operations = rest

    def _send(self, operations: Sequence[bytes | msgspec.Raw]) -> Sequence[msgspec.Raw]:
        body = self._write_head + b",".join(operations) + b"]}}"
        write = _Batch(self._guard, self._key_in, operations)
        answer = self._decode(_written, self._http.call("BatchWriteItem", body, where=self.name, write=write))
        return answer.UnprocessedItems.get(self.name, ())

    def _name_the_culprit(self, operations: Sequence[bytes | msgspec.Raw], error: Invalid) -> None:
        """The service refuses a batch without saying for which item: sent one by one, the item that is refused is it.

        That writes the others, which `write` allows. If none is refused alone, the batch itself was wrong.
        """
        if len(operations) > 1:
            for operation in operations:
                self._put([bytes(operation)])
        else:
            operation = bytes(operations[0])
            error.where = f"{self.name} {self._key_text(operation)}"
            with suppress(KeyError, ValueError):
                error.key = self._key_in(operation) if operation.startswith(_PUT) else None

    def _key_in(self, operation: bytes) -> Key:
        """The key that an operation of a batch concerns. Raises KeyError, ValueError."""
        body = msgspec.json.decode(operation, type=dict[str, dict[str, msgspec.Raw]])
        return self._key_of(bytes(next(iter(next(iter(body.values())).values()))))

    def _key_text(self, operation: bytes) -> str:
        try:
            return "/".join(self._key_in(operation))
        except (KeyError, ValueError):
            return "(an item without a usable key)"

    def _pause(self, fruitless: int, *, before: int, after: int) -> int:
        """Waits if something was left undone. Returns how many times in a row nothing at all was done."""
        if not after:
            return 0
        fruitless = fruitless + 1 if after >= before else 0
        if fruitless >= self._http.backoff.attempts:
            raise Throttled(f"nothing was accepted in {fruitless} attempts", where=self.name)
        self._http.backoff.pause(fruitless + 1)
        return fruitless

    def _decode(self, decoder: msgspec.json.Decoder[Answer], answer: bytes) -> Answer:
        try:
            return decoder.decode(answer)
        except msgspec.DecodeError as error:
            raise StoreError(f"an answer that is not understood: {error}", where=self.name) from error


class _Batch:
    """One batch on its way; its keys are looked up only when it was not answered."""

    def __init__(self, guard: Guard, key_in: Callable[[bytes], Key], operations: Sequence[bytes | msgspec.Raw]) -> None:
        self.may_go = guard.may_go
        self._guard = guard
        self._key_in = key_in
        self._operations = operations

    def unanswered(self, signed_s: float) -> None:
        keys = []
        for operation in self._operations:
            with suppress(KeyError, ValueError):  # what has no usable key cannot land either
                keys.append(self._key_in(bytes(operation)))
        self._guard.unanswered(keys, signed_s)
