"""The change stream of a DynamoDB table, over the raw transport."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from verdigris.core.batching import GET_RECORDS
from verdigris.core.model import Change, KeySchema, Shard
from verdigris.core.raw_key import key_reader
from verdigris.errors import HintsLost, StoreError, Unreachable
from verdigris.stores.aws_errors import IteratorExpired
from verdigris.stores.base import StreamPage
from verdigris.stores.http import AwsJson

Answer = TypeVar("Answer")


class _Range(msgspec.Struct):
    EndingSequenceNumber: str | None = None


class _Shard(msgspec.Struct):
    ShardId: str
    SequenceNumberRange: _Range
    ParentShardId: str | None = None


class _Description(msgspec.Struct):
    Shards: list[_Shard]
    LastEvaluatedShardId: str | None = None


class _Described(msgspec.Struct):
    StreamDescription: _Description


class _Iterator(msgspec.Struct):
    ShardIterator: str


class _Body(msgspec.Struct):
    Keys: msgspec.Raw
    SequenceNumber: str
    ApproximateCreationDateTime: float = 0.0
    OldImage: msgspec.Raw = msgspec.Raw()
    NewImage: msgspec.Raw = msgspec.Raw()


class _Record(msgspec.Struct):
    """`eventName` is not read: TTL removals carry an unknown one on DynamoDB Local, and the images say as much."""

    dynamodb: _Body


class _Records(msgspec.Struct):
    Records: list[_Record]
    NextShardIterator: str | None = None


_described = msgspec.json.Decoder(_Described)
_iterator = msgspec.json.Decoder(_Iterator)
_records = msgspec.json.Decoder(_Records)


class DynamoStream:
    """The port `ChangeStream` over one stream, by its ARN; `key` is the schema of the table that it belongs to.

    Of each shard the iterator behind the last page is kept: reading on from there costs one request, from anywhere
    else two. Iterators live for 15 minutes; an expired one is taken anew after the position that was asked for.
    """

    def __init__(self, http: AwsJson, arn: str, key: KeySchema) -> None:
        self.arn = arn
        self._http = http
        self._key_of = key_reader(key)
        #: shard → (position, iterator behind it)
        self._iterators: dict[str, tuple[str | None, str]] = {}

    def shards(self) -> Sequence[Shard]:
        return _parents_first(
            {
                found.ShardId: Shard(
                    found.ShardId, found.ParentShardId, found.SequenceNumberRange.EndingSequenceNumber is not None
                )
                for found in self._described_shards()
            }
        )

    def read(self, shard: str, after: str | None) -> StreamPage:
        page = self._page(shard, after)
        changes = [self._change(record.dynamodb) for record in page.Records]
        last = changes[-1].sequence if changes else after
        if page.NextShardIterator is None:
            self._iterators.pop(shard, None)
        else:
            self._iterators[shard] = (last, page.NextShardIterator)
        return StreamPage(changes, last, ended=page.NextShardIterator is None)

    def _described_shards(self) -> Iterator[_Shard]:
        request: dict[str, Any] = {"StreamArn": self.arn}
        while True:
            found = self._call("DescribeStream", request, _described).StreamDescription
            yield from found.Shards
            if found.LastEvaluatedShardId is None:
                return
            request["ExclusiveStartShardId"] = found.LastEvaluatedShardId

    def _page(self, shard: str, after: str | None) -> _Records:
        position, kept = self._iterators.get(shard, (None, None))
        iterator = kept if position == after else None
        for attempt in range(1, self._http.backoff.attempts + 1):
            try:
                return self._records_at(iterator or self._iterator_after(shard, after))
            except IteratorExpired:
                if iterator is None:  # a fresh one: a machine that slept, or a service that is unwell
                    self._http.backoff.pause(attempt)
            except HintsLost:
                if after is not None:
                    raise  # from the beginning (after is None) whatever is kept is what was asked for
            iterator = None
        raise Unreachable(f"{attempt} iterators expired before they were used", where=f"{self.arn} {shard}")

    def _iterator_after(self, shard: str, after: str | None) -> str:
        request = {"StreamArn": self.arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
        if after is not None:
            request |= {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": after}
        return self._call("GetShardIterator", request, _iterator).ShardIterator

    def _records_at(self, iterator: str) -> _Records:
        return self._call("GetRecords", {"ShardIterator": iterator, "Limit": GET_RECORDS.count}, _records)

    def _change(self, record: _Body) -> Change:
        return Change(
            key=self._key_of(bytes(record.Keys)),
            old=bytes(record.OldImage) or None,
            new=bytes(record.NewImage) or None,
            sequence=record.SequenceNumber,
            at_s=record.ApproximateCreationDateTime,
        )

    def _call(self, operation: str, request: Mapping[str, Any], decoder: msgspec.json.Decoder[Answer]) -> Answer:
        answer = self._http.call(operation, msgspec.json.encode(request), where=self.arn)
        try:
            return decoder.decode(answer)
        except msgspec.DecodeError as error:
            raise StoreError(f"an answer that is not understood: {error}", where=self.arn) from error


def _parents_first(shards: Mapping[str, Shard]) -> list[Shard]:
    """The service promises no order. A parent that is not listed any more has no records left to wait for."""
    ordered: dict[str, Shard] = {}
    for shard in shards.values():
        line = [shard]
        while (parent := shards.get(line[-1].parent or "")) is not None and parent.id not in ordered:
            line.append(parent)
        ordered |= {member.id: member for member in reversed(line)}
    return list(ordered.values())
