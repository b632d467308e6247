"""What DynamoDB Local's streams never show, and the proxy does: sealed shards, trimmed records, empty pages."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.contract.stores import KEY, DynamoStores, new_table, raw

from verdigris.core.items import decode
from verdigris.core.lineage import Positions, forget, open_leaves, readable
from verdigris.core.model import Change
from verdigris.errors import HintsLost
from verdigris.local import dynamodb
from verdigris.local.stack import LocalStack
from verdigris.stores.base import ChangeStream, Table
from verdigris.testing.fault_proxy import FaultProxy, Rules

ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1})
SPLITS = Rules(split_after=10, page_records=4, page_shards=2)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """One server for this file: old stream records slow those of other tests."""
    with tempfile.TemporaryDirectory(prefix="verdigris-tests-") as folder:
        local = LocalStack(Path(folder))
        try:
            yield local.up(engines=[dynamodb.NAME]).dynamodb_url
        finally:
            local.down()


class Streamed:
    """A table with a stream, written past the proxy and read through it."""

    def __init__(self, url: str, proxy: FaultProxy) -> None:
        direct = DynamoStores(url)
        self.table: Table = new_table(direct)
        self.arn = direct.admin.enable_stream(self.table.name)
        self.stream: ChangeStream = DynamoStores(proxy.url).stream(self.arn, KEY)
        self.proxy = proxy
        self.client: Any = boto3.client(
            "dynamodbstreams",
            endpoint_url=proxy.url,
            region_name="us-east-1",
            aws_access_key_id="contract",
            aws_secret_access_key="contract",
            config=ONCE,
        )

    def write(self, numbers: range) -> None:
        for number in numbers:
            self.table.write([raw(f"p{number % 7}", "a", n={"N": str(number)})])

    def shards(self) -> list[dict[str, Any]]:
        found = []
        more: dict[str, Any] = {}
        while True:
            page = self.client.describe_stream(StreamArn=self.arn, **more)["StreamDescription"]
            found += page["Shards"]
            if "LastEvaluatedShardId" not in page:
                return found
            more = {"ExclusiveStartShardId": page["LastEvaluatedShardId"]}

    def iterator(self, shard: str, kind: str = "TRIM_HORIZON", **more: Any) -> str:
        found: str = self.client.get_shard_iterator(StreamArn=self.arn, ShardId=shard, ShardIteratorType=kind, **more)[
            "ShardIterator"
        ]
        return found

    def records(self, shard: str) -> list[dict[str, Any]]:
        """Every record of a shard that is there now."""
        found: list[dict[str, Any]] = []
        iterator: str | None = self.iterator(shard)
        for _ in range(100):
            page = self.client.get_records(ShardIterator=iterator)
            found += page["Records"]
            iterator = page.get("NextShardIterator")
            if iterator is None or not page["Records"]:
                return found
        raise AssertionError("no end")


@contextmanager
def streamed(server: str, rules: Rules = SPLITS) -> Iterator[Streamed]:
    with FaultProxy(server, 1, rules) as proxy:
        yield Streamed(server, proxy)


def number(record: dict[str, Any]) -> int:
    return int(record["dynamodb"]["NewImage"]["n"]["N"])


def refused(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    code: str = caught.value.response["Error"]["Code"]
    return code


def test_a_lineage_of_several_levels_holds_every_record_once_and_in_order(server: str) -> None:
    with streamed(server) as at:
        at.write(range(80))
        shards = {shard["ShardId"]: shard for shard in at.shards()}
        parents = {name: shard.get("ParentShardId") for name, shard in shards.items()}
        assert sum(parent is None for parent in parents.values()) == 1
        assert all(parent is None or parent in shards for parent in parents.values())
        closed = {name for name, shard in shards.items() if "EndingSequenceNumber" in shard["SequenceNumberRange"]}
        assert closed == set(parents.values()) - {None}
        found = {name: at.records(name) for name in shards}
        assert sorted(number(record) for records in found.values() for record in records) == list(range(80))
        assert all(
            [number(record) for record in records] == sorted(number(record) for record in records)
            for records in found.values()
        )
        depth = {name: len(lineage(name, parents)) for name in shards}
        assert max(depth.values()) >= 4
        assert at.proxy.injected["split"] == len(closed)
        for name, records in found.items():
            for record in records:
                span = shards[name]["SequenceNumberRange"]
                sequence = int(record["dynamodb"]["SequenceNumber"])
                assert int(span["StartingSequenceNumber"]) <= sequence
                assert sequence <= int(span.get("EndingSequenceNumber", sequence))


def lineage(name: str, parents: dict[str, str | None]) -> list[str]:
    parent = parents[name]
    return [name, *lineage(parent, parents)] if parent else [name]


def test_all_changes_of_one_key_are_in_one_line_of_shards(server: str) -> None:
    with streamed(server) as at:
        at.write(range(80))
        parents = {shard["ShardId"]: shard.get("ParentShardId") for shard in at.shards()}
        places: dict[str, set[str]] = {}
        for name in parents:
            for record in at.records(name):
                places.setdefault(record["dynamodb"]["Keys"]["pk"]["S"], set()).add(name)
        for held in places.values():
            longest = max((lineage(name, parents) for name in held), key=len)
            assert held <= set(longest)


def test_the_same_records_make_the_same_lineage_in_another_proxy(server: str) -> None:
    with streamed(server) as at:
        at.write(range(40))
        shards = at.shards()
        with FaultProxy(server, 1, SPLITS) as other:
            at.client = boto3.client(
                "dynamodbstreams",
                endpoint_url=other.url,
                region_name="us-east-1",
                aws_access_key_id="contract",
                aws_secret_access_key="contract",
            )
            assert at.shards() == shards


def follow(at: Streamed, write: Callable[[int], None], rounds: int) -> list[Change]:
    """As the tail reads: every readable shard, parents first, on and on."""
    found: list[Change] = []
    positions, quiet = Positions({}), 0
    for round_ in itertools.count():
        if round_ < rounds:
            write(round_)
        before = len(found)
        for shard in readable(at.stream.shards(), positions):
            page = at.stream.read(shard, positions.after.get(shard))
            positions = positions.advanced(shard, page.last, page.ended)
            found += page.changes
        quiet = quiet + 1 if len(found) == before else 0
        if round_ >= rounds and quiet > 40:  # every second page is empty: so many in a row are the end
            return found
    raise AssertionError


def test_our_reader_follows_the_lineage_while_it_grows(server: str) -> None:
    rules = SPLITS.changed(empty_page=0.5, expired_iterator=0.1, throttled=0.05, reset_after=0.05)
    with streamed(server, rules) as at:
        found = follow(at, lambda round_: at.write(range(round_ * 5, round_ * 5 + 5)), rounds=20)
        assert sorted(int(decode(change.new or b"{}")["n"]) for change in found) == list(range(100))
        by_key: dict[str, list[int]] = {}
        for change in found:
            by_key.setdefault(change.key[0], []).append(int(decode(change.new or b"{}")["n"]))
        assert all(numbers == sorted(numbers) for numbers in by_key.values())
        assert len(open_leaves(at.stream.shards())) > 1
        assert {"split", "empty_page", "expired_iterator"} <= at.proxy.injected.keys()


def test_a_shard_that_expires_half_read_is_noticed(server: str) -> None:
    with streamed(server) as at:
        at.write(range(5))
        (root,) = at.stream.shards()
        page = at.stream.read(root.id, None)
        begun = Positions({}).advanced(root.id, page.last, page.ended)
        at.write(range(5, 40))
        at.proxy.set(keep_records=5)
        with pytest.raises(HintsLost):
            forget(begun, at.stream.shards())


def test_empty_pages_come_before_records(server: str) -> None:
    with streamed(server, Rules(empty_page=1)) as at:
        at.write(range(3))
        iterator = at.iterator(at.shards()[0]["ShardId"])
        sizes = []
        for _ in range(5):
            page = at.client.get_records(ShardIterator=iterator)
            sizes.append(len(page["Records"]))
            iterator = page["NextShardIterator"]
        assert sizes == [0, 0, 0, 3, 0]


def test_trimmed_records_are_gone(server: str) -> None:
    with streamed(server, Rules()) as at:
        at.write(range(6))
        (shard,) = at.shards()
        first, *_, last = (record["dynamodb"]["SequenceNumber"] for record in at.records(shard["ShardId"]))
        old, fresh = at.iterator(shard["ShardId"]), at.iterator(shard["ShardId"], "LATEST")
        at.proxy.trim(keep=2)
        assert [number(record) for record in at.records(shard["ShardId"])] == [4, 5]
        assert refused(lambda: at.client.get_records(ShardIterator=old)) == "TrimmedDataAccessException"
        assert at.client.get_records(ShardIterator=fresh)["Records"] == []
        after = {"kind": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": first}
        assert refused(lambda: at.iterator(shard["ShardId"], **after)) == "TrimmedDataAccessException"
        at.iterator(shard["ShardId"], "AFTER_SEQUENCE_NUMBER", SequenceNumber=last)
        with pytest.raises(HintsLost):
            at.stream.read(shard["ShardId"], first)
        assert len(at.stream.read(shard["ShardId"], None).changes) == 2
        assert at.proxy.injected == {"trimmed": 4, "split": 0}


def test_a_closed_shard_whose_records_are_all_trimmed_is_not_listed(server: str) -> None:
    with streamed(server) as at:
        at.write(range(35))
        before = {shard["ShardId"] for shard in at.shards()}
        at.proxy.set(keep_records=5)
        left = at.shards()
        assert {shard["ShardId"] for shard in left} < before
        assert any(shard.get("ParentShardId") not in {each["ShardId"] for each in left} for shard in left)
        gone = (before - {shard["ShardId"] for shard in left}).pop()
        assert refused(lambda: at.iterator(gone)) == "ResourceNotFoundException"


def test_iterators_expire(server: str) -> None:
    with streamed(server, Rules()) as at:
        at.write(range(3))
        shard = at.shards()[0]["ShardId"]
        iterator = at.iterator(shard)
        page = at.stream.read(shard, None)
        at.proxy.expire_iterators()
        assert refused(lambda: at.client.get_records(ShardIterator=iterator)) == "ExpiredIteratorException"
        assert at.stream.read(shard, page.last).last == page.last
        at.proxy.set(iterator_life_s=0)
        late = at.iterator(shard)
        assert refused(lambda: at.client.get_records(ShardIterator=late)) == "ExpiredIteratorException"


def test_children_of_one_shard(server: str) -> None:
    with streamed(server) as at:
        at.write(range(15))
        (root,) = (shard["ShardId"] for shard in at.shards() if "ParentShardId" not in shard)
        wanted = {"Type": "CHILD_SHARDS", "ShardId": root}
        page = at.client.describe_stream(StreamArn=at.arn, ShardFilter=wanted)["StreamDescription"]
        assert [shard["ParentShardId"] for shard in page["Shards"]] == [root, root]


def test_a_stream_that_is_not_there(server: str) -> None:
    with streamed(server) as at:
        arn = at.arn.replace("contract-", "nothing-")
        assert refused(lambda: at.client.describe_stream(StreamArn=arn)) == "ResourceNotFoundException"
        shard = at.shards()[0]["ShardId"]
        assert refused(lambda: at.iterator(shard + "9")) == "ResourceNotFoundException"
        assert refused(lambda: at.client.get_records(ShardIterator="x" * 40)) == "ValidationException"
