"""DynamoDB Streams as the proxy presents it: lineages over the real shards of DynamoDB Local, and its own iterators.

DescribeStream, GetShardIterator and GetRecords are answered here (API_streams_*); what is behind them is read from the
real stream as it is asked for, with the credentials of whoever asks.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from verdigris.local.forward import Answer
from verdigris.testing.faults import answers
from verdigris.testing.faults.answers import Refused
from verdigris.testing.faults.calls import Call
from verdigris.testing.faults.iterators import Iterator, opened
from verdigris.testing.faults.lineage import Lineage, Presented, position_after, position_at
from verdigris.testing.faults.rules import Fault, Rules

#: Empty pages in a row, at most.
_EMPTY = 3
_PAGE = 1000


class Streams:
    """Every stream that was asked for. `forward` sends a call to the real service."""

    def __init__(
        self, forward: Callable[[Call], Awaitable[Answer]], now: Callable[[], float], injected: Counter[str]
    ) -> None:
        self._forward = forward
        self._now = now
        self._injected = injected
        self._streams: dict[tuple[str, str], _Stream] = {}
        self._given = 0
        self._good_from = 0

    async def answer(self, call: Call, rules: Rules, fault: Fault | None) -> Answer:
        try:
            match call.operation:
                case "DescribeStream":
                    return await self._describe(call, rules)
                case "GetShardIterator":
                    return await self._iterate(call, rules)
                case "GetRecords":
                    return await self._records(call, rules, fault)
            return await self._forward(call)
        except Refused as refused:
            return refused.answer
        except KeyError as missing:
            return answers.error("ValidationException", f"{missing} is missing")

    def expire_iterators(self) -> None:
        """No iterator that was given out is good any more."""
        self._good_from = self._given

    async def trim(self, keep: int, rules: Rules) -> None:
        """Of the streams that somebody has read: all but the newest records vanish."""
        for stream in self._streams.values():
            await self._refresh(stream, stream.asker, rules)
            self._injected["trimmed"] += stream.lineage.trim(keep)

    async def _describe(self, call: Call, rules: Rules) -> Answer:
        stream, content = await self._stream(call), call.content
        await self._refresh(stream, call, rules)
        shards = stream.lineage.listed()
        if (wanted := content.get("ShardFilter")) is not None:
            shards = [shard for shard in shards if shard.parent == wanted["ShardId"]]
        if (start := content.get("ExclusiveStartShardId")) is not None:
            names = [shard.id for shard in shards]
            shards = shards[names.index(start) + 1 :] if start in names else shards
        page = shards[: min(content.get("Limit", 100), rules.page_shards)]
        description = {**stream.description, "Shards": [shard.described() for shard in page]}
        description.pop("LastEvaluatedShardId", None)
        if len(page) < len(shards):
            description["LastEvaluatedShardId"] = page[-1].id
        return answers.fine({"StreamDescription": description})

    async def _iterate(self, call: Call, rules: Rules) -> Answer:
        stream, content = await self._stream(call), call.content
        await self._refresh(stream, call, rules)
        shard = stream.lineage.shard(content["ShardId"])
        if shard is None or shard.gone:
            raise Refused(answers.error("ResourceNotFoundException", "Requested resource not found: Shard"))
        position = _start(shard, content)
        if position is None:
            raise _trimmed()
        return answers.fine({"ShardIterator": self._given_out(content["StreamArn"], shard.id, position)})

    async def _records(self, call: Call, rules: Rules, fault: Fault | None) -> Answer:
        given = opened(call.content["ShardIterator"])
        if given is None:
            raise Refused(answers.error("ValidationException", "Invalid ShardIterator"))
        if given.number < self._good_from or self._now() - given.born_s > rules.iterator_life_s:
            raise Refused(answers.error("ExpiredIteratorException", "Iterator expired"))
        known = self._streams.get((call.account, given.stream))
        stream = known or await self._stream(call.asking("DescribeStream", {"StreamArn": given.stream}))
        await self._refresh(stream, call, rules)
        shard = stream.lineage.shard(given.shard)
        if shard is None or shard.gone or given.position < shard.trimmed:
            raise _trimmed()
        if fault is Fault.EMPTY_PAGE and given.empty < _EMPTY:
            after = self._given_out(given.stream, given.shard, given.position, given.empty + 1)
            return answers.fine({"Records": [], "NextShardIterator": after})
        return answers.fine(self._page(shard, given, min(call.content.get("Limit", _PAGE), rules.page_records)))

    def _page(self, shard: Presented, given: Iterator, limit: int) -> dict[str, Any]:
        first = given.position - shard.trimmed
        records = shard.records[first : first + limit]
        position = given.position + len(records)
        page: dict[str, Any] = {"Records": records}
        if shard.ending is None or position < shard.end:
            page["NextShardIterator"] = self._given_out(given.stream, shard.id, position)
        return page

    def _given_out(self, stream: str, shard: str, position: int, empty: int = 0) -> str:
        self._given += 1
        return Iterator(stream, shard, position, self._now(), self._given - 1, empty).text()

    async def _refresh(self, stream: _Stream, call: Call, rules: Rules) -> None:
        before = stream.lineage.splits
        await stream.refresh(call, rules)
        self._injected["split"] += stream.lineage.splits - before
        if rules.keep_records:
            self._injected["trimmed"] += stream.lineage.trim(rules.keep_records)

    async def _stream(self, call: Call) -> _Stream:
        arn = call.content["StreamArn"]
        asked = call.asking("DescribeStream", {"StreamArn": arn})
        answer = await self._forward(asked)
        if answer.status != 200:
            raise Refused(answer)
        description = orjson.loads(answer.body)["StreamDescription"]
        key = (call.account, arn)
        if key not in self._streams:
            self._streams[key] = _Stream(description, call, self._forward)
        self._streams[key].description = description
        return self._streams[key]


class _Stream:
    """One real stream. DynamoDB Local has one shard in each."""

    def __init__(self, description: dict[str, Any], asker: Call, forward: Callable[[Call], Awaitable[Answer]]) -> None:
        (shard,) = description["Shards"]
        (partition,) = (part["AttributeName"] for part in description["KeySchema"] if part["KeyType"] == "HASH")
        self.description = description
        self.asker = asker
        self.lineage = Lineage(shard["ShardId"], shard["SequenceNumberRange"]["StartingSequenceNumber"], partition)
        self._arn = description["StreamArn"]
        self._shard = shard["ShardId"]
        self._forward = forward
        self._lock = asyncio.Lock()
        self._iterator: str | None = None
        self._last: str | None = None
        self._ended = False

    async def refresh(self, call: Call, rules: Rules) -> None:
        """Takes in what the real shard has by now."""
        async with self._lock:
            self.asker = call
            while not self._ended and await self._take_page(call, rules):
                pass

    async def _take_page(self, call: Call, rules: Rules) -> bool:
        """Whether there may be more."""
        if self._iterator is None:
            self._iterator = await self._real_iterator(call)
        answer = await self._forward(call.asking("GetRecords", {"ShardIterator": self._iterator, "Limit": _PAGE}))
        if answer.status != 200:
            self._iterator = None
            if b"ExpiredIteratorException" in answer.body:
                return True
            raise Refused(answer)
        page = orjson.loads(answer.body)
        for record in page["Records"]:
            self._last = record["dynamodb"]["SequenceNumber"]
            self.lineage.add(record, split_after=rules.split_after, open_shards=rules.open_shards)
        self._iterator = page.get("NextShardIterator")
        if self._iterator is None:
            self._ended = True
            self.lineage.seal()
        return len(page["Records"]) >= _PAGE // 10

    async def _real_iterator(self, call: Call) -> str:
        where = {"ShardIteratorType": "TRIM_HORIZON"}
        if self._last is not None:
            where = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self._last}
        request = {"StreamArn": self._arn, "ShardId": self._shard, **where}
        answer = await self._forward(call.asking("GetShardIterator", request))
        if answer.status != 200:
            raise Refused(answer)
        found: str = orjson.loads(answer.body)["ShardIterator"]
        return found


def _start(shard: Presented, content: dict[str, Any]) -> int | None:
    match content["ShardIteratorType"]:
        case "TRIM_HORIZON":
            return shard.trimmed
        case "LATEST":
            return shard.end
        case "AFTER_SEQUENCE_NUMBER":
            return position_after(shard, content["SequenceNumber"])
        case "AT_SEQUENCE_NUMBER":
            return position_at(shard, content["SequenceNumber"])
    raise Refused(answers.error("ValidationException", "ShardIteratorType: not one that this proxy knows"))


def _trimmed() -> Refused:
    message = "Attempted to access trimmed data"
    return Refused(answers.error("TrimmedDataAccessException", message))
