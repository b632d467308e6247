"""The byte floor: scan pages and batch writes as bare bytes over urllib3. No item is parsed, nothing is checked.

The least that a Python client can do: no signature worth the name, no retries, no checksum, no errors, no checkpoints.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import msgspec
import urllib3

from verdigris.local.dynamodb import ACCESS_KEY

SEGMENTS = 4


class _Page(msgspec.Struct):
    Items: list[msgspec.Raw]
    LastEvaluatedKey: msgspec.Raw = msgspec.Raw(b"")


_page = msgspec.json.Decoder(_Page).decode


def copy(url: str, source: str, destination: str) -> int:
    pool = urllib3.connectionpool.connection_from_url(url, maxsize=SEGMENTS)
    credential = f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/20200101/us-east-1/dynamodb/aws4_request"
    common = {
        "content-type": "application/x-amz-json-1.0",
        "authorization": f"{credential}, SignedHeaders=host, Signature=0",
    }
    scan = common | {"x-amz-target": "DynamoDB_20120810.Scan"}
    write = common | {"x-amz-target": "DynamoDB_20120810.BatchWriteItem"}
    head = b'{"RequestItems":{"%b":[{"PutRequest":{"Item":' % destination.encode()

    def segment(index: int) -> int:
        count, start = 0, b""
        while True:
            body = b'{"TableName":"%b","ConsistentRead":true,"Segment":%d,"TotalSegments":%d%b}'
            body %= (source.encode(), index, SEGMENTS, start)
            page = _page(pool.urlopen("POST", "/", body=body, headers=scan).data)
            for place in range(0, len(page.Items), 25):
                body = head + b'}},{"PutRequest":{"Item":'.join(page.Items[place : place + 25]) + b"}}]}}"
                pool.urlopen("POST", "/", body=body, headers=write)
            count += len(page.Items)
            if not bytes(page.LastEvaluatedKey):
                return count
            start = b',"ExclusiveStartKey":' + bytes(page.LastEvaluatedKey)

    with ThreadPoolExecutor(SEGMENTS) as threads:
        return sum(threads.map(segment, range(SEGMENTS)))
