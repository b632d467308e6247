"""Requests that take effect while their answers are lost, and transactions cancelled for no fault of ours.

One by one, over the fault proxy; all at once is in test_deployment_behind_faults.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from tests.contract.stores import KEY, DynamoStores, local_aws, raw

from verdigris.errors import AccessRefused, AlreadyThere, Conflict, Throttled, Unreachable
from verdigris.journal.base import ABSENT, Check, Put
from verdigris.journal.dynamodb import DynamoRows
from verdigris.stores.backoff import Backoff
from verdigris.stores.table_shape import shape_with_key
from verdigris.testing.fault_proxy import Fault, FaultProxy, Rules

_names = count(1)
SHAPE = shape_with_key(KEY)


@pytest.fixture
def proxy(stack: Any) -> Iterator[FaultProxy]:
    with FaultProxy(stack.dynamodb_url, 1) as proxy:
        yield proxy


@pytest.fixture
def name() -> str:
    return f"lost-{next(_names)}"


@pytest.fixture
def stores(proxy: FaultProxy) -> DynamoStores:
    return DynamoStores(proxy.url)


LOST = [Fault.RESET_AFTER, Fault.FAILED_AFTER]


# ── tables as a whole ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("lost", LOST)
def test_a_table_whose_creation_was_not_answered_is_ours(
    stores: DynamoStores, proxy: FaultProxy, name: str, lost: Fault
) -> None:
    proxy.next(lost, only="CreateTable *")
    stores.admin.create(name, SHAPE)
    assert stores.admin.is_empty(name)


def test_a_table_that_was_there_is_not_ours_however_often_we_ask(
    stores: DynamoStores, proxy: FaultProxy, name: str
) -> None:
    stores.admin.create(name, SHAPE)
    proxy.next(Fault.RESET_AFTER, Fault.SERVER_ERROR, only="CreateTable *")
    with pytest.raises(AlreadyThere):
        stores.admin.create(name, SHAPE)


@pytest.mark.parametrize("lost", LOST)
def test_a_stream_whose_enabling_was_not_answered_is_on(
    stores: DynamoStores, proxy: FaultProxy, name: str, lost: Fault
) -> None:
    stores.admin.create(name, SHAPE)
    proxy.next(lost, only="UpdateTable *")
    arn = stores.admin.enable_stream(name)
    facts = stores.admin.describe(name)
    assert facts is not None
    assert (facts.stream, facts.stream_view) == (arn, "NEW_AND_OLD_IMAGES")


@pytest.mark.parametrize("lost", LOST)
def test_ttl_whose_enabling_was_not_answered_is_on(
    stores: DynamoStores, proxy: FaultProxy, name: str, lost: Fault
) -> None:
    proxy.next(lost, only="UpdateTimeToLive *")
    stores.admin.create(name, type(SHAPE)(create=SHAPE.create, ttl_attribute="expires"))
    facts = stores.admin.describe(name)
    assert facts is not None
    assert facts.shape.ttl_attribute == "expires"


@pytest.mark.parametrize("lost", LOST)
def test_a_table_whose_deletion_was_not_answered_is_gone(
    stores: DynamoStores, proxy: FaultProxy, name: str, lost: Fault
) -> None:
    stores.admin.create(name, SHAPE)
    proxy.next(lost, only="DeleteTable *")
    stores.admin.delete(name)
    assert stores.admin.describe(name) is None


# ── items ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_items_whose_writing_was_not_answered_are_written_again(
    stores: DynamoStores, proxy: FaultProxy, name: str
) -> None:
    stores.admin.create(name, SHAPE)
    table = stores.table(name, KEY)
    proxy.next(*LOST, Fault.WRONG_CRC, Fault.UNPROCESSED, Fault.THROTTLED, only="BatchWriteItem *")
    table.write([raw(f"p{number}") for number in range(60)])
    proxy.next(*LOST, Fault.WRONG_CRC, Fault.UNPROCESSED, Fault.THROTTLED, only="BatchGetItem *")
    assert len(table.read([(f"p{number}", "a") for number in range(60)])) == 60
    assert proxy.injected.total() == 10


def test_a_refused_signature_is_said_at_once(stores: DynamoStores, proxy: FaultProxy, name: str) -> None:
    stores.admin.create(name, SHAPE)
    proxy.set(signature_bound_s=-60)
    before = proxy.requests["BatchWriteItem"]
    with pytest.raises(AccessRefused, match="InvalidSignatureException"):
        stores.table(name, KEY).write([raw("p")])
    assert proxy.requests["BatchWriteItem"] == before + 1


# ── the journal's rows ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def rows(proxy: FaultProxy, name: str) -> DynamoRows:
    rows = DynamoRows(local_aws(proxy.url, backoff=Backoff(sleep=lambda seconds: None)), name)
    rows.create()
    return rows


PUT = Put({"pk": "a", "sk": "a", "n": 1}, ABSENT)


@pytest.mark.parametrize("lost", LOST)
def test_a_transaction_that_was_not_answered_takes_effect_once(
    rows: DynamoRows, proxy: FaultProxy, lost: Fault
) -> None:
    proxy.next(lost, lost, only="TransactWriteItems *")
    rows.write(PUT)  # its condition would fail the second time, were it another transaction
    assert rows.get("a", "a") == {"pk": "a", "sk": "a", "n": 1}
    with pytest.raises(Conflict):
        rows.write(PUT)


def test_a_lost_answer_and_then_a_conflict(rows: DynamoRows, proxy: FaultProxy) -> None:
    proxy.next(Fault.RESET_AFTER, Fault.CONFLICT, only="TransactWriteItems *")
    rows.write(PUT)
    assert proxy.requests["TransactWriteItems"] == 3


def test_a_transaction_that_is_cancelled_by_throttling_is_sent_again(rows: DynamoRows, proxy: FaultProxy) -> None:
    proxy.next(*[Fault.THROTTLED] * 6, only="TransactWriteItems *")
    rows.write(PUT)
    assert rows.get("a", "a") is not None


def test_throttling_is_not_taken_for_a_conflict(proxy: FaultProxy, rows: DynamoRows) -> None:
    """A Conflict would be told as a lease that was lost."""
    proxy.set(Rules(throttled=1, only="TransactWriteItems *"))
    impatient = DynamoRows(local_aws(proxy.url, backoff=Backoff(attempts=1)), rows.name)
    for _ in range(10):
        with pytest.raises(Throttled):
            impatient.write(Check("lease", "lease", {"token": 1}), PUT)


def test_conflicts_that_pass_are_waited_out_and_those_that_stay_are_not_a_failed_condition(
    rows: DynamoRows, proxy: FaultProxy
) -> None:
    proxy.next(*[Fault.CONFLICT] * 5, only="TransactWriteItems *")
    rows.write(PUT)
    proxy.set(Rules(conflict=1, only="TransactWriteItems *"))
    with pytest.raises(Throttled):
        rows.write(Put({"pk": "b", "sk": "b"}))


def test_server_errors_that_stay_are_unreachable(rows: DynamoRows, proxy: FaultProxy) -> None:
    proxy.set(Rules(server_error=1, only="GetItem *"))
    with pytest.raises(Unreachable):
        rows.get("a", "a")
