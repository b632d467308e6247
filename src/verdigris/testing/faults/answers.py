"""Answers in the service's own form, and its refusals."""

from __future__ import annotations

import random
import zlib
from typing import Any

import orjson

from verdigris.local.forward import Answer
from verdigris.testing.faults.calls import Call

_DATABASE = "com.amazonaws.dynamodb.v20120810"
_REASONS = ("KeyRangeThroughputExceeded", "AccountLimitExceeded", "MaxOnDemandThroughputExceeded")
_READS = frozenset({"GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"})
_DATA = _READS | {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}


class Refused(Exception):
    """The service says no; `answer` is how."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def fine(content: Any) -> Answer:
    """200, with this JSON and its checksum."""
    body = orjson.dumps(content)
    return _answer(200, body, [(b"x-amz-crc32", str(zlib.crc32(body)).encode())])


def error(code: str, message: str, *, status: int = 400, space: str = _DATABASE, **more: Any) -> Answer:
    """`code` as `__type`. Messages are `message` for all but transactions, as AWS has it."""
    name = "Message" if "CancellationReasons" in more else "message"
    body = orjson.dumps({"__type": f"{space}#{code}", name: message, **more})
    return _answer(status, body, [(b"x-amz-crc32", str(zlib.crc32(body)).encode())])


def _answer(status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> Answer:
    return Answer(
        status,
        [
            (b"content-type", b"application/x-amz-json-1.0"),
            (b"content-length", str(len(body)).encode()),
            *headers,
        ],
        body,
    )


def wrong_crc(answer: Answer) -> Answer:
    """The same with a checksum that does not fit."""
    wrong = str(zlib.crc32(answer.body) ^ 1).encode()
    headers = [(name, value) for name, value in answer.headers if name.lower() != b"x-amz-crc32"]
    return Answer(answer.status, [*headers, (b"x-amz-crc32", wrong)], answer.body)


def throttled(call: Call, dice: random.Random) -> Answer:
    """One of the ways in which the service says: too fast."""
    if call.of_streams:
        return error("LimitExceededException", "Rate exceeded")
    if call.operation not in _DATA:
        return error("ThrottlingException", "Rate exceeded", space="com.amazon.coral.availability")
    if call.operation.startswith("Transact") and dice.random() < 0.5:
        return cancelled(call, dice.choice(["ThrottlingError", "ProvisionedThroughputExceeded"]), dice)
    direction = "Read" if call.operation in _READS else "Write"
    reason = {
        "reason": f"Table{direction}{dice.choice(_REASONS)}",
        "resource": f"arn:aws:dynamodb:us-east-1:000000000000:table/{call.table.partition(',')[0]}",
    }
    if dice.random() < 0.5:
        message = "The level of configured provisioned throughput for the table was exceeded."
        return error("ProvisionedThroughputExceededException", message, ThrottlingReasons=[reason])
    message = "Throughput exceeds the current capacity of your table or index."
    return error("ThrottlingException", message, throttlingReasons=[reason])


def conflict(call: Call, dice: random.Random) -> Answer:
    if call.operation.startswith("Transact"):
        return cancelled(call, "TransactionConflict", dice)
    return error("TransactionConflictException", "Transaction is ongoing for the item")


def cancelled(call: Call, code: str, dice: random.Random) -> Answer:
    """A transaction cancelled because of one of its items."""
    count = len(call.content.get("TransactItems", ())) or 1
    culprit = dice.randrange(count)
    codes = [code if number == culprit else "None" for number in range(count)]
    reasons = [{"Code": each} if each == "None" else {"Code": each, "Message": "try again"} for each in codes]
    return error(
        "TransactionCanceledException",
        "Transaction cancelled, please refer cancellation reasons for specific reasons [" + ", ".join(codes) + "]",
        CancellationReasons=reasons,
    )


def server_error(dice: random.Random) -> Answer:
    if dice.random() < 0.5:
        return error("InternalServerError", "The request could not be processed", status=500)
    return error("ServiceUnavailable", "Try again", status=503, space="com.amazon.coral.availability")


def signature_expired(call: Call) -> Answer:
    message = f"Signature expired: {call.header(b'x-amz-date')} is now earlier than the oldest that is accepted"
    return error("InvalidSignatureException", message, space="com.amazon.coral.service")
