"""A table whose service leaves things undone, refuses one item of many, or answers nonsense."""

from __future__ import annotations

from typing import Any

import pytest
from tests.fault.scripted import Answer, Script, fault, scripted, transport

from verdigris.core.model import KeySchema, Segment
from verdigris.errors import Invalid, StoreError, Throttled, Unreachable
from verdigris.stores.dynamodb_table import DynamoTable, Guard

ITEMS = [b'{"pk":{"S":"p%d"}}' % n for n in range(3)]
PUTS: list[dict[str, Any]] = [{"PutRequest": {"Item": {"pk": {"S": f"p{n}"}}}} for n in range(3)]
DONE = Answer({"UnprocessedItems": {}})


def table(script: Script) -> DynamoTable:
    return DynamoTable(transport(script), "court", KeySchema((("pk", "S"),)))


def written(script: Script) -> list[list[dict[str, Any]]]:
    return [body["RequestItems"]["court"] for body in script.bodies()]


def test_unprocessed_items_are_sent_again_after_a_pause() -> None:
    left = Answer({"UnprocessedItems": {"court": PUTS[1:]}})
    less = Answer({"UnprocessedItems": {"court": PUTS[2:]}})
    with scripted(left, less, DONE) as script:
        table(script).write(ITEMS)
    assert written(script) == [PUTS, PUTS[1:], PUTS[2:]]
    assert script.slept == [0.5, 0.5]


def test_unprocessed_deletes_too() -> None:
    delete = {"DeleteRequest": {"Key": {"pk": {"S": "gone"}}}}
    with scripted(Answer({"UnprocessedItems": {"court": [delete]}}), DONE) as script:
        table(script).write(ITEMS[:1], [("gone",)])
    assert written(script) == [[PUTS[0], delete], [delete]]


def test_an_item_without_a_key_that_was_not_answered_is_no_suspect() -> None:
    """Nothing of it can land: no key can be told, and none need be settled again."""
    suspects: list[Any] = []
    guard = Guard(unanswered=lambda keys, signed_s: suspects.extend(keys))
    with scripted(Answer(status=500)) as script, pytest.raises(Unreachable):
        DynamoTable(transport(script), "court", KeySchema((("pk", "S"),)), guard).write([b'{"n":{"N":"1"}}', ITEMS[0]])
    assert set(suspects) == {("p0",)}


def test_when_nothing_is_accepted_the_pauses_grow_and_end_in_throttled() -> None:
    nothing = Answer({"UnprocessedItems": {"court": PUTS}})
    with scripted(nothing) as script, pytest.raises(Throttled, match="4 attempts") as caught:
        table(script).write(ITEMS)
    assert script.slept == [1.0, 2.0, 2.0]
    assert "again is harmless" in caught.value.state


def test_slow_progress_is_progress() -> None:
    nothing = [Answer({"UnprocessedItems": {"court": PUTS}})] * 3
    some = Answer({"UnprocessedItems": {"court": PUTS[2:]}})
    with scripted(*nothing, some, some, some, some, DONE) as script:
        table(script).write(ITEMS)
    assert script.slept == [1.0, 2.0, 2.0, 0.5, 1.0, 2.0, 2.0]


def test_unprocessed_keys_are_asked_for_again() -> None:
    some = {
        "Responses": {"court": [{"pk": {"S": "p0"}}]},
        "UnprocessedKeys": {"court": {"Keys": [{"pk": {"S": "p1"}}, {"pk": {"S": "p2"}}], "ConsistentRead": True}},
    }
    rest = {"Responses": {"court": [{"pk": {"S": "p2"}}]}, "UnprocessedKeys": {}}
    with scripted(Answer(some), Answer(rest)) as script:
        found = table(script).read([("p0",), ("p1",), ("p2",)])
    assert set(found) == {("p0",), ("p2",)}
    asked = [body["RequestItems"]["court"] for body in script.bodies()]
    assert [[key["pk"]["S"] for key in request["Keys"]] for request in asked] == [["p0", "p1", "p2"], ["p1", "p2"]]
    assert all(request["ConsistentRead"] for request in asked)


def test_an_item_that_is_refused_is_found_and_the_others_are_written() -> None:
    refusal = fault("ValidationException", "One or more parameter values were invalid")
    with scripted(refusal, DONE, refusal, DONE) as script, pytest.raises(Invalid) as caught:
        table(script).write(ITEMS)
    assert written(script) == [PUTS, PUTS[:1], PUTS[1:2]]
    assert caught.value.where == "court p1"
    assert "some may be written" in caught.value.state


def test_a_batch_that_is_refused_whole_stays_refused() -> None:
    refusal = fault("ValidationException", "duplicates")
    with scripted(refusal, DONE) as script, pytest.raises(Invalid, match="duplicates"):
        table(script).write(ITEMS)
    assert len(script.requests) == 4


def test_a_lost_answer_says_that_items_may_be_written() -> None:
    with scripted(fault("InternalServerError", status=500)) as script, pytest.raises(Unreachable) as caught:
        table(script).write(ITEMS, [("gone",)])
    assert "of 3 puts and 1 deletes some may be written" in caught.value.state


@pytest.mark.parametrize("answer", [b"", b"{}", b'{"Items": 3}', b'{"Items": [{"pk'])
def test_an_answer_that_is_not_a_page_is_never_an_empty_page(answer: bytes) -> None:
    with scripted(Answer(answer)) as script, pytest.raises(StoreError, match="not understood"):
        table(script).scan(Segment(0, 1), None)


def test_a_scan_is_strongly_consistent_and_goes_on_where_it_was_told() -> None:
    page = {"Items": [{"pk": {"S": "p0"}}], "LastEvaluatedKey": {"pk": {"S": "p0"}}}
    with scripted(Answer(page), Answer({"Items": []})) as script:
        first = table(script).scan(Segment(2, 4), None)
        last = table(script).scan(Segment(2, 4), first.next)
    common = {"TableName": "court", "ConsistentRead": True, "Limit": 2000, "Segment": 2, "TotalSegments": 4}
    assert script.bodies() == [common, common | {"ExclusiveStartKey": {"pk": {"S": "p0"}}}]
    assert (len(first.items), list(last.items), last.next) == (1, [], None)
