"""A stream's consumer as tutorials have it: each record's image, in order, into the other table, with boto3."""

from __future__ import annotations

from typing import Any

import boto3
from boto3.dynamodb.types import TypeDeserializer

from bench.items import migrate


def follow(url: str, source: str, destination: str) -> int:
    """Applies every record that is in the stream; returns how many."""
    session = boto3.Session()
    table = session.resource("dynamodb", region_name="us-east-1", endpoint_url=url).Table(destination)
    streams = session.client("dynamodbstreams", region_name="us-east-1", endpoint_url=url)
    (stream,) = streams.list_streams(TableName=source)["Streams"]
    arn = stream["StreamArn"]
    count = 0
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        iterator: str | None = streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while iterator:
            page = streams.get_records(ShardIterator=iterator, Limit=1000)
            for record in page["Records"]:
                _apply(table, record["dynamodb"])
            if not page["Records"]:
                break
            count += len(page["Records"])
            iterator = page.get("NextShardIterator")
    return count


def _apply(table: Any, change: Any) -> None:
    if "NewImage" in change:
        table.put_item(Item=migrate(_native(change["NewImage"])))
    else:
        table.delete_item(Key=_native(change["Keys"]))


def _native(image: dict[str, Any]) -> dict[str, Any]:
    decode = TypeDeserializer().deserialize
    return {name: decode(value) for name, value in image.items()}
