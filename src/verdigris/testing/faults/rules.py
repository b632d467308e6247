"""What the fault proxy does to requests, and how often. Every fault cites the page that says AWS does this."""

from __future__ import annotations

import random
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from verdigris.testing.faults.calls import Call


class Fault(StrEnum):
    """What may happen to one request. Pages are of the Amazon DynamoDB API Reference unless said otherwise."""

    #: 400: slow down (ProvisionedThroughputExceededException, ThrottlingException: CommonErrors, API_ThrottlingReason;
    #: as a reason of TransactionCanceledException: API_TransactWriteItems; LimitExceededException:
    #: API_streams_GetRecords). Nothing was done.
    THROTTLED = "throttled"
    #: A part of a batch is done, the rest handed back (API_BatchWriteItem, API_BatchGetItem).
    UNPROCESSED = "unprocessed"
    #: 500 InternalServerError or 503 ServiceUnavailable, nothing was done (CommonErrors).
    SERVER_ERROR = "server_error"
    #: The same, but it took effect (Developer Guide, "Error handling": "might have succeeded or failed").
    FAILED_AFTER = "failed_after"
    #: The connection is reset before the service has seen the request.
    RESET_BEFORE = "reset_before"
    #: It took effect, and the connection is reset before the answer.
    RESET_AFTER = "reset_after"
    #: The connection of a write is reset at once, and the write lands `late_s` seconds later, if its signature is
    #: still good then.
    LATE = "late"
    #: The answer's x-amz-crc32 is wrong (Developer Guide, "Low-level API": HTTP response).
    WRONG_CRC = "wrong_crc"
    #: TransactionCanceledException with the reason TransactionConflict (API_TransactWriteItems); of a single write
    #: TransactionConflictException (API_PutItem).
    CONFLICT = "conflict"
    #: ExpiredIteratorException (API_streams_GetRecords: 15 minutes after it was given out).
    EXPIRED_ITERATOR = "expired_iterator"
    #: No records, and an iterator to go on with, though there may be records behind it (API_streams_GetRecords).
    #: At most three in a row.
    EMPTY_PAGE = "empty_page"


_TRANSACTED = frozenset({"TransactWriteItems", "TransactGetItems", "PutItem", "UpdateItem", "DeleteItem"})
_BATCHES = frozenset({"BatchWriteItem", "BatchGetItem"})
_WRITES = frozenset({"BatchWriteItem", "PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"})

#: Where a fault has a place; those not named here may happen to every request.
_PLACES = {
    Fault.UNPROCESSED: _BATCHES,
    Fault.LATE: _WRITES,
    Fault.CONFLICT: _TRANSACTED,
    Fault.EXPIRED_ITERATOR: frozenset({"GetRecords"}),
    Fault.EMPTY_PAGE: frozenset({"GetRecords"}),
}


def applies(fault: Fault, call: Call) -> bool:
    """Whether AWS could do this to such a request."""
    if fault is Fault.UNPROCESSED and call.batch_size() < 2:
        return False  # of one operation there is no part
    return call.operation in _PLACES.get(fault, {call.operation})


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Chances are per request, in [0, 1]; at most one fault befalls a request, so those that one operation may meet
    must not pass 1 together.

    `only` is a glob over `<operation> <table>` (`"BatchWriteItem *-beta"`, `"GetRecords *"`): chances and delays
    concern requests that match it. The rest holds for all.
    """

    only: str = "*"

    throttled: float = 0.0
    unprocessed: float = 0.0
    server_error: float = 0.0
    failed_after: float = 0.0
    reset_before: float = 0.0
    reset_after: float = 0.0
    late: float = 0.0
    wrong_crc: float = 0.0
    conflict: float = 0.0
    expired_iterator: float = 0.0
    empty_page: float = 0.0

    #: chance of a delay before the request goes on, whatever else befalls it, and its bounds (seconds)
    delayed: float = 0.0
    delay_s: tuple[float, float] = (0.0, 0.05)
    #: how much later a late write lands (seconds)
    late_s: tuple[float, float] = (0.1, 1.0)
    #: A request whose X-Amz-Date is older than this when it *lands* is refused (InvalidSignatureException); AWS: 300
    #: seconds (IAM User Guide, "Troubleshoot Signature Version 4 requests"). None: Local's way, never.
    signature_bound_s: float | None = None

    #: records that a presented shard takes before it is closed and its children are opened; 0: never. AWS seals a
    #: shard after some 4 hours, or when its partition splits (Developer Guide, "Change data capture for Streams").
    split_after: int = 0
    #: no shard gets two children once so many are open: then each gets one
    open_shards: int = 4
    #: the newest records that each stream keeps; older ones are gone (TrimmedDataAccessException:
    #: API_streams_GetShardIterator, API_streams_GetRecords); 0: all. AWS: those of 24 hours.
    keep_records: int = 0
    #: how long an iterator lives (seconds)
    iterator_life_s: float = 900.0
    #: records a page at most (API_streams_GetRecords: 1,000 or 1 MB), shards a page (API_streams_DescribeStream: 100)
    page_records: int = 1000
    page_shards: int = 100
    #: items that a page of a scan looks at, at most; 0: as many as fit. AWS: 1 MB (API_Scan), or fewer as it sees fit.
    scan_items: int = 0

    def __post_init__(self) -> None:
        for operation in ("BatchWriteItem", "TransactWriteItems", "GetRecords"):
            chances = {
                fault.value: self.chance(fault) for fault in Fault if operation in _PLACES.get(fault, {operation})
            }
            if min(chances.values()) < 0 or sum(chances.values()) > 1:
                raise ValueError(f"chances are in [0, 1], and at most 1 together; for {operation}: {chances}")

    def chance(self, fault: Fault) -> float:
        chance: float = getattr(self, fault.value)
        return chance

    def concern(self, call: Call) -> bool:
        return matches(self.only, call)

    def choose(self, call: Call, dice: random.Random) -> Fault | None:
        """The fault that befalls this request, if any. One roll, however many rules there are."""
        roll = dice.random()
        if not self.concern(call):
            return None
        for fault in Fault:
            if applies(fault, call):
                roll -= self.chance(fault)
                if roll < 0:
                    return fault
        return None

    def changed(self, **changes: Any) -> Rules:
        """These rules with some of them changed. Raises ValueError for what makes no sense."""
        try:
            return msgspec.convert(msgspec.structs.asdict(self) | changes, Rules)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from None


def matches(only: str, call: Call) -> bool:
    return fnmatchcase(f"{call.operation} {call.table}", only)


QUIET = Rules()
#: What any day on AWS may bring.
MILD = Rules(
    throttled=0.05,
    unprocessed=0.15,
    server_error=0.02,
    failed_after=0.02,
    reset_before=0.02,
    reset_after=0.02,
    wrong_crc=0.02,
    conflict=0.02,
    expired_iterator=0.05,
    empty_page=0.2,
    delayed=0.05,
    delay_s=(0.0, 0.01),
    signature_bound_s=300,
)
#: All of it, much more often, and shards that are sealed all the time.
CHAOS = MILD.changed(
    throttled=0.08,
    unprocessed=0.3,
    server_error=0.04,
    failed_after=0.05,
    reset_before=0.04,
    reset_after=0.06,
    conflict=0.08,
    expired_iterator=0.1,
    empty_page=0.3,
    delayed=0.1,
    delay_s=(0.0, 0.05),
    split_after=40,
    page_records=15,
    page_shards=3,
)
#: And writes that land when their sender has long given them up: for protocols that bound them.
LATE = CHAOS.changed(late=0.05, late_s=(0.1, 3.0), signature_bound_s=4)

PROFILES = {"quiet": QUIET, "mild": MILD, "chaos": CHAOS, "late": LATE}
