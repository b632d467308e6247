"""Throttled answers reach the brake: which service, which table, for which reason; and the work goes on, slower."""

from __future__ import annotations

from typing import Any

import pytest
from tests.fault.scripted import Answer, fault, scripted, transport

from verdigris.core.braking import Throttling
from verdigris.core.model import KeySchema, Segment
from verdigris.core.pacing import Budget, Lane
from verdigris.errors import Throttled
from verdigris.stores.backoff import Backoff
from verdigris.stores.dynamodb_table import DynamoTable
from verdigris.stores.opensearch_index import OpenSearchIndex
from verdigris.stores.pace import Pace
from verdigris.stores.paced import PacedTable
from verdigris.stores.search_http import Answer as SearchAnswer
from verdigris.stores.searching import Document
from verdigris.testing import VirtualClock

KEY = KeySchema((("pk", "S"),))
ITEMS = [b'{"pk":{"S":"p%d"}}' % number for number in range(100)]
RESOURCE = "arn:aws:dynamodb:us-east-1:1:table/court"
DONE = Answer({"UnprocessedItems": {}})


def throttled(code: str, spelled: str, reason: str) -> Answer:
    answer = fault(code, "too fast")
    body: dict[str, Any] = {**answer.body, spelled: [{"reason": reason, "resource": RESOURCE}]}
    return Answer(body, 400)


@pytest.mark.parametrize(
    ("code", "spelled"),
    [("ProvisionedThroughputExceededException", "ThrottlingReasons"), ("ThrottlingException", "throttlingReasons")],
)
@pytest.mark.parametrize(
    ("operation", "lane"), [("Scan", "read"), ("BatchGetItem", "read"), ("BatchWriteItem", "write")]
)
def test_each_throttled_answer_is_told_with_its_reasons(code: str, spelled: str, operation: str, lane: str) -> None:
    heard: list[Throttling] = []
    slow = throttled(code, spelled, "TableWriteKeyRangeThroughputExceeded")
    with scripted(slow, slow, DONE) as script:
        transport(script, throttled=heard.append).call(operation, b"{}", where="court")
    assert heard == [Throttling(lane, "court", (("TableWriteKeyRangeThroughputExceeded", RESOURCE),))] * 2
    assert heard[0].hot_partition


def test_an_answer_without_reasons_is_told_too_and_other_faults_are_not() -> None:
    heard: list[Throttling] = []
    faults = (fault("ThrottlingException"), fault("InternalServerError", status=500), Answer(b"busy", 429), DONE)
    with scripted(*faults) as script:
        transport(script, throttled=heard.append).call("Scan", b"{}", where="court")
    assert heard == [Throttling("read", "court")] * 2


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError"])
def test_a_transaction_in_another_ones_way_goes_again_and_is_not_told(code: str) -> None:
    heard: list[Throttling] = []
    body = {**fault("TransactionCanceledException").body, "CancellationReasons": [{"Code": "None"}, {"Code": code}]}
    with scripted(Answer(body, 400), fault("TransactionInProgressException"), DONE) as script:
        transport(script, throttled=heard.append).call("TransactWriteItems", b"{}", where="deploy")
    assert len(script.requests) == 3
    assert heard == []


def test_the_last_answer_is_told_as_well() -> None:
    heard: list[Throttling] = []
    with scripted(fault("ThrottlingException")) as script, pytest.raises(Throttled):
        transport(script, throttled=heard.append).call("Scan", b"{}", where="court")
    assert len(heard) == 4


def test_what_a_batch_leaves_undone_is_throttled() -> None:
    heard: list[Throttling] = []
    left = Answer({"UnprocessedItems": {"court": [{"PutRequest": {"Item": {"pk": {"S": "p1"}}}}]}})
    with scripted(left, DONE) as script:
        DynamoTable(transport(script, throttled=heard.append), "court", KEY).write(ITEMS[:2])
    assert heard == [Throttling("write", "court")]


def test_a_search_cluster_that_is_busy_is_told() -> None:
    heard: list[Throttling] = []
    rejected = (
        b'{"items":[{"index":{"status":429,"error":{"type":"es_rejected_execution_exception","reason":"full"}}}]}'
    )
    fine = b'{"items":[{"index":{"status":201}}]}'
    answers = iter(
        [SearchAnswer(200, b"{}"), SearchAnswer(429, b""), SearchAnswer(200, rejected), SearchAnswer(200, fine)]
    )
    index = OpenSearchIndex(
        "http://here",
        send=lambda *request: next(answers),
        backoff=Backoff(sleep=lambda seconds: None),
        throttled=heard.append,
    )
    assert index.bulk("case", [Document("1", {}, 1)]).written == 1
    assert heard == [Throttling("index", "case")] * 2


def test_a_table_that_throttles_is_written_more_slowly_and_whole() -> None:
    """One batch in six is throttled at first: afterwards each waits for its turn."""
    clock = VirtualClock(tick_s=0.0)
    pace = Pace(Budget(), clock=clock, sleep=clock.sleep)
    slow = throttled("ThrottlingException", "throttlingReasons", "TableWriteMaxOnDemandThroughputExceeded")
    with scripted(DONE, slow, DONE) as script:
        http = transport(script, throttled=pace.throttled)
        table = PacedTable(DynamoTable(http, "court", KEY), pace)
        with pace.bulk(Segment(0, 4)):
            table.write(ITEMS)
            began_s = clock.now_s
            for _ in range(5):
                table.write(ITEMS)
            assert pace.reason() == "slowed: DynamoDB throttles court: TableWriteMaxOnDemandThroughputExceeded"
    assert len(script.requests) == 1 + 24
    assert clock.now_s - began_s > 1
    assert not pace.exact(Lane.READ)
