"""The job with boto3 as its documentation shows it: the resource's scan, the same change, its batch writer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3

from bench.floor import SEGMENTS
from bench.items import migrate


def copy(url: str, source: str, destination: str) -> int:
    def segment(index: int) -> int:
        resource = boto3.Session().resource("dynamodb", region_name="us-east-1", endpoint_url=url)
        count = 0
        start: dict[str, Any] = {}
        with resource.Table(destination).batch_writer() as writer:
            while True:
                page = resource.Table(source).scan(ConsistentRead=True, Segment=index, TotalSegments=SEGMENTS, **start)
                for item in page["Items"]:
                    writer.put_item(Item=migrate(dict(item)))
                count += len(page["Items"])
                if "LastEvaluatedKey" not in page:
                    return count
                start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    with ThreadPoolExecutor(SEGMENTS) as threads:
        return sum(threads.map(segment, range(SEGMENTS)))
