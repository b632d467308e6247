"""What goes into batches comes out of them, byte for byte and once each, also where the service does only a part."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any, cast

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.test_items_round_trip import items as contents

from verdigris.core.batching import BATCH_WRITE, Limit, batches
from verdigris.core.items import encode
from verdigris.core.model import KeySchema
from verdigris.stores.dynamodb_table import DynamoTable

SMALL = Limit(3, 10, "made up")
KEY = KeySchema((("pk", "S"), ("sk", "S")))


class _Request(msgspec.Struct):
    RequestItems: dict[str, list[msgspec.Raw]]


class Service:
    """Takes a batch of writes as the client sends it; does some of it, and hands the rest back."""

    def __init__(self, chance: random.Random) -> None:
        self.taken: list[bytes] = []
        self.backoff = SimpleNamespace(attempts=1000, pause=lambda attempt: None)
        self._chance = chance

    def call(self, operation: str, body: bytes, **options: Any) -> bytes:
        assert operation == "BatchWriteItem"
        operations = [bytes(one) for one in msgspec.json.decode(body, type=_Request).RequestItems["court"]]
        assert 0 < len(operations) <= BATCH_WRITE.count
        self._chance.shuffle(operations)
        done = self._chance.randint(1, len(operations))
        self.taken += operations[:done]
        left = b",".join(operations[done:])
        return b'{"UnprocessedItems":{' + (b'"court":[' + left + b"]" if left else b"") + b"}}"

    def throttled(self, told: object) -> None:
        pass


@settings(max_examples=40)
@given(st.lists(contents, max_size=40), st.integers(0, 40), st.integers(0, 2**32))
def test_every_byte_of_every_item_is_sent_once(found: list[dict[str, Any]], gone: int, seed: int) -> None:
    puts = [encode(item | {"pk": f"é|{number}", "sk": "x"}) for number, item in enumerate(found)]
    deletes = [(f"gone|{number}", "x") for number in range(gone)]
    service = Service(random.Random(seed))
    DynamoTable(cast(Any, service), "court", KEY).write(puts, deletes)
    wanted = [b'{"PutRequest":{"Item":' + put + b"}}" for put in puts]
    wanted += [b'{"DeleteRequest":{"Key":{"pk":{"S":"%b"},"sk":{"S":"x"}}}}' % pk.encode() for pk, _ in deletes]
    assert sorted(service.taken) == sorted(wanted)


@given(st.lists(st.binary(max_size=14)))
def test_nothing_is_lost_or_moved_and_every_batch_keeps_to_the_limit(entries: list[bytes]) -> None:
    made = list(batches(entries, SMALL))
    assert [entry for batch in made for entry in batch] == entries
    for batch in made:
        assert 1 <= len(batch) <= 3
        assert len(batch) == 1 or sum(map(len, batch)) <= 10
