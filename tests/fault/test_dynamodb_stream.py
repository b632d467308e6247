"""A change stream with shards that split, iterators that expire, and records that are trimmed: not so on Local."""

from __future__ import annotations

from typing import Any

import pytest
from tests.fault.scripted import Answer, Script, fault, scripted, transport

from verdigris.core.items import decode
from verdigris.core.model import KeySchema, Shard
from verdigris.errors import HintsLost, NotFound, StoreError, Unreachable
from verdigris.stores.dynamodb_stream import DynamoStream

ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/court/stream/2026"


def stream(script: Script) -> DynamoStream:
    return DynamoStream(transport(script), ARN, KeySchema((("pk", "S"),)))


def iterator(name: str) -> Answer:
    return Answer({"ShardIterator": name})


def record(number: int, **parts: Any) -> dict[str, Any]:
    body = {"Keys": {"pk": {"S": f"p{number}"}}, "SequenceNumber": str(number), **parts}
    return {"eventName": "MODIFY", "dynamodb": {"ApproximateCreationDateTime": 1.5, **body}}


def records(*numbers: int, next: str | None = "next") -> Answer:  # noqa: A002
    return Answer({"Records": [record(number) for number in numbers], "NextShardIterator": next})


def shard(name: str, parent: str | None = None, end: str | None = None) -> dict[str, Any]:
    ends = {"EndingSequenceNumber": end} if end else {}
    parents = {"ParentShardId": parent} if parent else {}
    return {"ShardId": name, "SequenceNumberRange": {"StartingSequenceNumber": "1", **ends}, **parents}


def described(*shards: dict[str, Any], last: str | None = None) -> Answer:
    more = {"LastEvaluatedShardId": last} if last else {}
    return Answer({"StreamDescription": {"Shards": list(shards), **more}})


def test_shards_are_paged_and_parents_stand_before_their_children() -> None:
    first = described(shard("grandchild", "child"), shard("orphan", "trimmed"), last="orphan")
    second = described(shard("child", "parent", "9"), shard("parent", None, "5"), shard("other", "parent"))
    with scripted(first, second) as script:
        found = stream(script).shards()
    assert found == [
        Shard("parent", None, closed=True),
        Shard("child", "parent", closed=True),
        Shard("grandchild", "child", closed=False),
        Shard("orphan", "trimmed", closed=False),
        Shard("other", "parent", closed=False),
    ]
    assert script.bodies()[1]["ExclusiveStartShardId"] == "orphan"


def test_the_iterator_behind_a_page_is_used_for_the_next_one() -> None:
    with scripted(iterator("one"), records(1, 2, next="two"), records(next="three"), records(3)) as script:
        reader = stream(script)
        page = reader.read("s", None)
        page = reader.read("s", page.last)
        assert (list(page.changes), page.last, page.ended) == ([], "2", False)
        assert [change.sequence for change in reader.read("s", page.last).changes] == ["3"]
    assert script.operations() == ["GetShardIterator", "GetRecords", "GetRecords", "GetRecords"]
    assert [body["ShardIterator"] for body in script.bodies()[1:]] == ["one", "two", "three"]
    assert script.bodies()[0]["ShardIteratorType"] == "TRIM_HORIZON"


def test_another_position_gets_an_iterator_of_its_own() -> None:
    with scripted(iterator("one"), records(1, 2), iterator("two"), records(2)) as script:
        reader = stream(script)
        reader.read("s", None)
        reader.read("s", "1")
    assert script.bodies()[2] == {
        "StreamArn": ARN,
        "ShardId": "s",
        "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
        "SequenceNumber": "1",
    }


def test_an_expired_iterator_is_taken_anew_after_the_position() -> None:
    expired = fault("ExpiredIteratorException", "")
    with scripted(iterator("one"), records(1), expired, iterator("two"), records(2)) as script:
        reader = stream(script)
        page = reader.read("s", reader.read("s", None).last)
    assert [change.sequence for change in page.changes] == ["2"]
    assert script.bodies()[3]["SequenceNumber"] == "1"
    assert script.slept == []


def test_a_fresh_iterator_that_expires_is_taken_anew_too() -> None:
    expired = fault("ExpiredIteratorException", "")
    with scripted(iterator("one"), expired, iterator("two"), expired, iterator("three"), records(1)) as script:
        page = stream(script).read("s", None)
    assert [change.sequence for change in page.changes] == ["1"]
    assert script.slept == [0.5, 1.0]


def test_iterators_that_always_expire_end_as_unreachable() -> None:
    pairs = [iterator("one"), fault("ExpiredIteratorException", "")] * 4
    with scripted(*pairs) as script, pytest.raises(Unreachable, match="4 iterators expired"):
        stream(script).read("s", None)
    assert len(script.requests) == 8


def test_trimmed_records_are_hints_lost() -> None:
    trimmed = fault("TrimmedDataAccessException")
    with scripted(trimmed) as script, pytest.raises(HintsLost):
        stream(script).read("s", "1")
    with scripted(iterator("one"), records(1), trimmed) as script:
        reader = stream(script)
        reader.read("s", None)
        with pytest.raises(HintsLost):
            reader.read("s", "1")


def test_from_the_oldest_record_on_nothing_can_be_lost() -> None:
    trimmed = fault("TrimmedDataAccessException")
    with scripted(iterator("one"), records(), trimmed, iterator("two"), records(7)) as script:
        reader = stream(script)
        reader.read("s", None)
        assert [change.sequence for change in reader.read("s", None).changes] == ["7"]


def test_a_closed_shard_ends_also_with_records_and_can_be_read_again() -> None:
    with scripted(iterator("one"), records(1, next=None), iterator("two"), records(next=None)) as script:
        reader = stream(script)
        page = reader.read("s", None)
        assert (len(page.changes), page.last, page.ended) == (1, "1", True)
        page = reader.read("s", "1")
        assert (len(page.changes), page.last, page.ended) == (0, "1", True)


def test_event_names_do_not_matter_and_images_are_optional() -> None:
    strange = record(1) | {"eventName": "UNKNOWN_TO_SDK_VERSION", "userIdentity": {"Type": "Service"}}
    with scripted(iterator("one"), Answer({"Records": [strange], "NextShardIterator": "n"})) as script:
        (change,) = stream(script).read("s", None).changes
    assert (change.key, change.old, change.new, change.at_s) == (("p1",), None, None, 1.5)


def test_an_empty_map_without_its_type_is_one_at_any_depth() -> None:
    image = {"a": {}, "b": {"M": {"c": {}, "d": {"M": {}}}}, "e": {"L": [{}, {"S": "{}"}]}, "f": {"L": []}}
    answer = Answer({"Records": [record(1, OldImage=image)], "NextShardIterator": "n"})
    with scripted(iterator("one"), answer) as script:
        (change,) = stream(script).read("s", None).changes
    assert decode(change.old or b"") == {"a": {}, "b": {"c": {}, "d": {}}, "e": [{}, "{}"], "f": []}


def test_a_stream_that_is_gone() -> None:
    with scripted(fault("ResourceNotFoundException")) as script, pytest.raises(NotFound):
        stream(script).shards()


def test_a_record_that_is_not_understood_is_not_skipped() -> None:
    broken = Answer({"Records": [{"eventName": "INSERT"}], "NextShardIterator": "n"})
    with scripted(iterator("one"), broken) as script, pytest.raises(StoreError, match="not understood"):
        stream(script).read("s", None)
