"""The byte floor: scan pages and batch writes as bare bytes over urllib3. No item is parsed, nothing is checked.

The least that a Python client can do: no signature worth the name, no retries, no checksum, no errors, no checkpoints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import urllib3

from verdigris.local.dynamodb import ACCESS_KEY

SEGMENTS = 4
_HEADERS = {
    "content-type": "application/x-amz-json-1.0",
    "authorization": f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/20200101/us-east-1/dynamodb/aws4_request, "
    "SignedHeaders=host, Signature=0",
}
_SCAN = _HEADERS | {"x-amz-target": "DynamoDB_20120810.Scan"}
_WRITE = _HEADERS | {"x-amz-target": "DynamoDB_20120810.BatchWriteItem"}


class _Page(msgspec.Struct):
    Items: list[msgspec.Raw]
    LastEvaluatedKey: msgspec.Raw = msgspec.Raw(b"")


_page = msgspec.json.Decoder(_Page).decode


def copy(url: str, source: str, destination: str) -> int:
    pool = _pool(url)
    head = b'{"RequestItems":{"%b":[{"PutRequest":{"Item":' % destination.encode()

    def segment(index: int) -> int:
        count = 0
        for items in _pages(pool, source, index):
            for place in range(0, len(items), 25):
                body = head + b'}},{"PutRequest":{"Item":'.join(items[place : place + 25]) + b"}}]}}"
                pool.urlopen("POST", "/", body=body, headers=_WRITE)
            count += len(items)
        return count

    return _in_segments(segment)


def scan_both(url: str, source: str, destination: str) -> int:
    """Reads both tables whole; returns how many items the second one has."""
    pool = _pool(url)

    def segment(index: int) -> int:
        for _ in _pages(pool, source, index):
            pass
        return sum(len(items) for items in _pages(pool, destination, index))

    return _in_segments(segment)


def _pages(pool: urllib3.HTTPConnectionPool, table: str, index: int) -> Iterator[list[msgspec.Raw]]:
    start = b""
    while True:
        body = b'{"TableName":"%b","ConsistentRead":true,"Segment":%d,"TotalSegments":%d%b}'
        body %= (table.encode(), index, SEGMENTS, start)
        page = _page(pool.urlopen("POST", "/", body=body, headers=_SCAN).data)
        yield page.Items
        if not bytes(page.LastEvaluatedKey):
            return
        start = b',"ExclusiveStartKey":' + bytes(page.LastEvaluatedKey)


def _pool(url: str) -> urllib3.HTTPConnectionPool:
    return urllib3.connectionpool.connection_from_url(url, maxsize=SEGMENTS)


def _in_segments(work: Callable[[int], int]) -> int:
    with ThreadPoolExecutor(SEGMENTS) as threads:
        return sum(threads.map(work, range(SEGMENTS)))
