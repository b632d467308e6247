"""The data path's transport: AWS services that speak JSON over POST, bytes in, bytes out.

boto3's parser and serialiser are 99 % of the cost of a scan and 77 % of a batch write; here an answer is handed on as
the bytes that came. Endpoint, credentials and certificates are botocore's.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import urlsplit

import msgspec
import urllib3
from botocore import exceptions as boto

from verdigris.core.braking import Throttling
from verdigris.errors import StoreError, Throttled, Unreachable
from verdigris.stores.aws_errors import CANCELLED, cancelled, from_code, look_at, mapped
from verdigris.stores.backoff import Backoff
from verdigris.stores.signing import FrozenCredentials, Signer

log = logging.getLogger(__name__)

#: Seconds to connect, and of silence while an answer is awaited; a page of 1 MB takes milliseconds.
TIMEOUT = urllib3.Timeout(connect=5, read=30)
_READS = frozenset({"GetItem", "BatchGetItem", "Query", "Scan"})


class Credentials(Protocol):
    """botocore's credentials: refreshed inside when they are about to expire."""

    def get_frozen_credentials(self) -> FrozenCredentials: ...


@dataclass(frozen=True, slots=True)
class Service:
    """How one service is spoken to: `target_prefix` as in the X-Amz-Target header, `signing_name` as in the scope."""

    target_prefix: str
    signing_name: str
    json_version: str = "1.0"


class Write(Protocol):
    """Whoever answers for a write: asked before every attempt, told of every one whose outcome is unknown."""

    def may_go(self) -> None:
        """Raises LeaseLost if nothing may be sent any more."""
        ...

    def unanswered(self, signed_s: float) -> None:
        """An attempt signed at `signed_s` (seconds since the epoch) may have taken effect, or may still."""
        ...


#: The request had not left when this happened.
_NEVER_SENT = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)


class _Reason(msgspec.Struct):
    reason: str = ""
    resource: str = ""


class _Cancellation(msgspec.Struct):
    Code: str = "None"


class _Fault(msgspec.Struct):
    type: str = msgspec.field(name="__type", default="")
    message: str = ""
    Message: str = ""
    #: ProvisionedThroughputExceededException and ThrottlingException spell it differently
    reasons: list[_Reason] = msgspec.field(name="ThrottlingReasons", default_factory=list)
    reasons_too: list[_Reason] = msgspec.field(name="throttlingReasons", default_factory=list)
    cancellations: list[_Cancellation] = msgspec.field(name="CancellationReasons", default_factory=list)


class AwsJson:
    """Calls of one service at one endpoint over a pool of kept connections. Safe to share between threads.

    A request that is throttled, not answered, answered by a server error or by a damaged body is sent again, signed
    anew, with jittered backoff; `throttled` is told of each throttled answer. `now` gives the time in UTC: the signing
    date, taken at each attempt.
    """

    def __init__(
        self,
        service: Service,
        *,
        endpoint_url: str,
        region: str,
        credentials: Credentials,
        pool: urllib3.PoolManager,
        backoff: Backoff | None = None,
        throttled: Callable[[Throttling], None] = lambda told: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.backoff = backoff or Backoff()
        self.throttled = throttled
        self.endpoint_url = endpoint_url
        self._service = service
        self._content_type = f"application/x-amz-json-{service.json_version}"
        self._credentials = credentials
        self._now = now
        self._signer = Signer(service=service.signing_name, region=region, host=_host(endpoint_url))
        self._pool = pool.connection_from_url(endpoint_url)

    def call(self, operation: str, body: bytes, *, where: str, write: Write | None = None) -> bytes:
        """The body of the answer. `where` names the table or stream in errors.

        Raises any StoreError; Throttled and Unreachable only after every retry, and then the request may still
        take effect: `write` is told of each attempt that may, and asked before each.
        """
        attempt = 0
        while True:
            failure = self._attempt(operation, body, where, write)
            if isinstance(failure, bytes):
                return failure
            attempt += 1
            if not isinstance(failure, Throttled | Unreachable):
                raise failure
            if attempt >= self.backoff.attempts:
                failure.what = f"{failure.what}, after {attempt} attempts"
                raise failure
            log.debug("%s %s: %s; again", operation, where, failure.what)
            self.backoff.pause(attempt)

    def _attempt(self, operation: str, body: bytes, where: str, write: Write | None) -> bytes | StoreError:
        at = self._now()
        if write:
            write.may_go()  # after the date was taken: a pause from here on makes the signature old, not the lease new
        try:
            headers = self._signer.headers(
                self._credentials.get_frozen_credentials(),
                content_type=self._content_type,
                target=f"{self._service.target_prefix}.{operation}",
                body=body,
                at=at,
            )
        except boto.BotoCoreError as error:
            raise mapped(error, where) from error
        try:
            answer = self._pool.urlopen(
                "POST", "/", body=body, headers=headers, retries=False, redirect=False, decode_content=False
            )
        except urllib3.exceptions.HTTPError as error:
            if write and not isinstance(error, _NEVER_SENT):
                write.unanswered(at.timestamp())
            return Unreachable(
                f"no answer from {self.endpoint_url}: {type(error).__name__}",
                where=where,
                next_command=look_at(self.endpoint_url),
            )
        if answer.status != 200:
            if write and answer.status >= 500:
                write.unanswered(at.timestamp())
            return self._failure(operation, answer, where)
        checksum = answer.headers.get("x-amz-crc32")
        if checksum is not None and int(checksum) != zlib.crc32(answer.data):
            return Unreachable("the answer was damaged on its way (its CRC-32 differs)", where=where)
        return answer.data

    def _failure(self, operation: str, answer: urllib3.BaseHTTPResponse, where: str) -> StoreError:
        fault = _fault(answer.data)
        code = fault.type.rpartition("#")[2]
        if code == CANCELLED:  # the brake is not told: most often it was another transaction's row
            return cancelled([one.Code for one in fault.cancellations], where=where)
        failure = from_code(code, fault.message or fault.Message, status=answer.status, where=where)
        if isinstance(failure, Throttled):
            reasons = fault.reasons or fault.reasons_too
            lane = "read" if operation in _READS else "write"
            self.throttled(Throttling(lane, where, tuple((one.reason, one.resource) for one in reasons)))
        return failure


def _fault(body: bytes) -> _Fault:
    try:
        return msgspec.json.decode(body, type=_Fault)
    except msgspec.DecodeError:  # a proxy's page, or nothing
        return _Fault()


def _host(endpoint_url: str) -> str:
    parts = urlsplit(endpoint_url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.netloc if parts.port != default else str(parts.hostname)
