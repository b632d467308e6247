"""The fault proxy does what its rules say, seen by plain boto3 without retries."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import boto3
import pytest
import urllib3
from botocore.exceptions import ClientError, ConnectionClosedError, HTTPClientError
from tests.fault.faulty import ONCE, faulty

from verdigris.testing.fault_proxy import CHAOS, MILD, Fault, Rules


def refusal(caught: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_without_rules_it_passes_everything_on(stack: Any) -> None:
    with faulty(stack) as (proxy, client):
        client.put("a", "1")
        assert client.batch("b", "c")["UnprocessedItems"] == {}
        assert (client.value("a"), client.keys()) == ("1", {"a", "b", "c"})
        assert proxy.injected == {}
        assert proxy.requests["PutItem"] == 1


def test_throttling_says_why_and_does_nothing(stack: Any) -> None:
    codes = set()
    with faulty(stack, Rules(throttled=1, only="PutItem *")) as (proxy, client):
        for _ in range(20):
            with pytest.raises(ClientError) as caught:
                client.put("a")
            codes.add(refusal(caught))
            answer: Any = caught.value.response
            (reason,) = answer.get("ThrottlingReasons") or answer["throttlingReasons"]
            assert reason["reason"].startswith("TableWrite")
            assert reason["resource"].endswith(f"table/{client.table}")
        assert codes == {("ProvisionedThroughputExceededException", 400), ("ThrottlingException", 400)}
        assert client.keys() == set()
        assert proxy.injected == {"throttled": 20}


def test_a_part_of_a_batch_is_handed_back(stack: Any) -> None:
    with faulty(stack, Rules(unprocessed=1)) as (proxy, client):
        pks = {f"p{number}" for number in range(10)}
        rest = client.batch(*pks)["UnprocessedItems"][client.table]
        left = {put["PutRequest"]["Item"]["pk"]["S"] for put in rest}
        assert 0 < len(left) < 10
        assert client.keys() == pks - left
        proxy.set(unprocessed=0)
        client.batch(*left)
        proxy.set(unprocessed=1)
        asked = {client.table: {"Keys": [{"pk": {"S": pk}} for pk in sorted(pks)], "ConsistentRead": True}}
        found = client.boto.batch_get_item(RequestItems=asked)
        unread = found["UnprocessedKeys"][client.table]
        assert unread["ConsistentRead"] is True
        got = {each["pk"]["S"] for each in found["Responses"][client.table]}
        assert got
        assert got | {key["pk"]["S"] for key in unread["Keys"]} == pks
        assert len(got) + len(unread["Keys"]) == 10
        client.batch("alone")  # of one there is no part
        assert proxy.injected == {"unprocessed": 2}


@pytest.mark.parametrize(
    ("fault", "lands"), [(Fault.SERVER_ERROR, False), (Fault.FAILED_AFTER, True)], ids=["before", "after"]
)
def test_server_errors(stack: Any, fault: Fault, lands: bool) -> None:
    codes = set()
    with faulty(stack) as (proxy, client):
        for number in range(10):
            proxy.next(fault)
            with pytest.raises(ClientError) as caught:
                client.put(f"p{number}")
            codes.add(refusal(caught))
        assert codes == {("InternalServerError", 500), ("ServiceUnavailable", 503)}
        assert len(client.keys()) == (10 if lands else 0)


@pytest.mark.parametrize(
    ("fault", "lands"), [(Fault.RESET_BEFORE, False), (Fault.RESET_AFTER, True)], ids=["before", "after"]
)
def test_resets(stack: Any, fault: Fault, lands: bool) -> None:
    with faulty(stack) as (proxy, client):
        proxy.next(fault, only="PutItem *")
        with pytest.raises((ConnectionClosedError, HTTPClientError)):
            client.put("a")
        assert client.keys() == ({"a"} if lands else set())
        assert proxy.injected == {fault.value: 1}


def test_conflicts(stack: Any) -> None:
    with faulty(stack, Rules(conflict=1)) as (_, client):
        with pytest.raises(ClientError) as caught:
            client.transact("a", "b", "c")
        assert refusal(caught) == ("TransactionCanceledException", 400)
        codes = [reason["Code"] for reason in caught.value.response["CancellationReasons"]]
        assert sorted(codes) == ["None", "None", "TransactionConflict"]
        with pytest.raises(ClientError) as caught:
            client.put("a")
        assert refusal(caught) == ("TransactionConflictException", 400)
        assert client.keys() == set()


def test_a_held_write_lands_after_its_sender_has_gone(stack: Any) -> None:
    sender = """
import boto3, sys
boto3.client("dynamodb", endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="faulty",
             aws_secret_access_key="x").put_item(TableName=sys.argv[2], Item={"pk": {"S": "a"}, "value": {"S": "old"}})
"""
    with faulty(stack) as (proxy, client):
        held = proxy.hold("PutItem *")
        process = subprocess.Popen([sys.executable, "-c", sender, proxy.url, client.table])
        held.wait(60)
        process.kill()
        process.wait()
        client.put("a", "new")
        assert client.value("a") == "new"
        assert held.release() == 200
        assert client.value("a") == "old"


def test_a_dropped_write_never_lands(stack: Any) -> None:
    with faulty(stack) as (proxy, client):
        held = proxy.hold("PutItem *")
        held.drop()
        with pytest.raises(HTTPClientError):
            client.put("a")
        assert client.keys() == set()


def test_a_write_that_was_let_go_before_it_came_is_not_held(stack: Any) -> None:
    with faulty(stack) as (proxy, client):
        held = proxy.hold("PutItem *")
        held.let_go()
        client.put("a")
        assert client.keys() == {"a"}
        assert held.wait().operation == "PutItem"


def test_a_late_write_lands_after_its_sender_was_told_nothing(stack: Any) -> None:
    with faulty(stack, Rules(late_s=(0.3, 0.3))) as (proxy, client):
        proxy.next(Fault.LATE)
        with pytest.raises(HTTPClientError):
            client.put("a", "old")
        client.put("a", "new")
        seen = {client.value("a")}
        while "old" not in seen:
            seen.add(client.value("a"))
        assert seen == {"new", "old"}


def test_a_signature_that_is_too_old_when_the_write_lands_is_refused(stack: Any) -> None:
    clock = [0.0]
    with faulty(stack, now=lambda: clock[0]) as (proxy, client), ThreadPoolExecutor(1) as pool:
        proxy.set(signature_bound_s=300)
        held = proxy.hold("PutItem *")
        answered = pool.submit(client.put, "a")
        signed_s = held.wait().signed_s
        assert signed_s is not None
        clock[0] = signed_s + 301
        assert held.release() == 400
        with pytest.raises(ClientError) as caught:
            answered.result(10)
        assert refusal(caught) == ("InvalidSignatureException", 400)
        clock[0] = signed_s
        assert client.keys() == set()


def test_a_wrong_checksum_is_only_that(stack: Any) -> None:
    with faulty(stack) as (proxy, client):
        client.put("a", "1")
        proxy.next(Fault.WRONG_CRC)
        answer = client.boto.get_item(TableName=client.table, Key={"pk": {"S": "a"}})
        assert answer["Item"]["value"] == {"S": "1"}
        assert proxy.injected == {"wrong_crc": 1}


def test_pages_of_a_scan_are_small(stack: Any) -> None:
    with faulty(stack, Rules(scan_items=2)) as (_, client):
        client.batch("a", "b", "c", "d", "e")
        pages = list(client.boto.get_paginator("scan").paginate(TableName=client.table, Limit=3))
        assert max(len(page["Items"]) for page in pages) == 2
        assert {item["pk"]["S"] for page in pages for item in page["Items"]} == {"a", "b", "c", "d", "e"}


def test_delays(stack: Any) -> None:
    with faulty(stack, Rules(delayed=1, delay_s=(0.0, 0.001))) as (proxy, client):
        client.put("a")
        assert proxy.injected == {"delayed": 1}


def test_rules_concern_what_they_name(stack: Any) -> None:
    with faulty(stack, Rules(throttled=1, only="PutItem other-*")) as (proxy, client):
        client.put("a")
        proxy.set(only=f"* {client.table}")
        with pytest.raises(ClientError):
            client.put("b")
        assert proxy.injected == {"throttled": 1}


def befallen(stack: Any, seed: int, account: str, *, disturbed: bool) -> list[str]:
    """What became of 40 puts to a table of one name, of one account after the other."""
    rules = Rules(throttled=0.3, server_error=0.2, only="PutItem *")
    seen = []
    with faulty(stack, rules, seed, table="faulty-same", account=account) as (proxy, client):
        for number in range(40):
            before = proxy.injected.copy()
            with suppress(ClientError):
                client.put(f"p{number}")
            seen.append(next(iter(proxy.injected - before), ""))
            if disturbed:
                client.boto.list_tables()
    return seen


def test_the_seed_decides_and_other_requests_shift_nothing(stack: Any) -> None:
    calm, disturbed, other = (
        befallen(stack, seed, account, disturbed=account == "second")
        for seed, account in ((1, "first"), (1, "second"), (2, "third"))
    )
    assert set(calm) == {"", "throttled", "server_error"}
    assert calm == disturbed
    assert calm != other


def test_rules_that_make_no_sense_are_refused() -> None:
    for wrong in ({"throttled": 1.5}, {"throttled": 0.6, "server_error": 0.6}, {"trottled": 0.1}, {"late": "often"}):
        with pytest.raises(ValueError, match=r"chances|trottled|late"):
            MILD.changed(**wrong)
    assert CHAOS.changed(throttled=0).throttled == 0


def test_as_a_process(stack: Any) -> None:
    command = [sys.executable, "-m", "verdigris.testing.fault_proxy", "--target", stack.dynamodb_url, "--seed", "7"]
    process = subprocess.Popen([*command, "--profile", "quiet"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        changed = urllib3.request("POST", f"{url}/_faults", json={"throttled": 1, "only": "ListTables *"})
        assert changed.json()["rules"]["throttled"] == 1.0
        assert urllib3.request("POST", f"{url}/_faults", json={"trottled": 1}).status == 400
        client = boto3.client(
            "dynamodb",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="a",
            aws_secret_access_key="a",
            config=ONCE,
        )
        with pytest.raises(ClientError, match="ThrottlingException"):
            client.list_tables()
        assert urllib3.request("GET", f"{url}/_faults").json()["injected"] == {"throttled": 1}
    finally:
        process.terminate()
        out, _ = process.communicate(timeout=30)
    assert json.loads(out) == {"throttled": 1}
