"""Errors of AWS services, mapped to `verdigris.errors` by code and by type, never by text.

The data path (`stores/http.py`) maps with `from_code`; adapters on boto3 wrap their calls in `aws_errors(where)`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from botocore import exceptions as boto

from verdigris.errors import (
    AccessRefused,
    Conflict,
    HintsLost,
    Invalid,
    NotFound,
    StoreError,
    Throttled,
    Unreachable,
)

WHO_AM_I = "aws sts get-caller-identity"


class IteratorExpired(StoreError):
    """A stream's iterator was not used for 15 minutes: a new one goes on. Handled inside the stream's adapter."""


_BY_CODE: dict[str, type[StoreError]] = {
    code: kind
    for kind, codes in {
        NotFound: (
            "BackupNotFoundException ListenerNotFound NoSuchEntity NotFoundException ParameterNotFound"
            " ReplicaNotFoundException ResourceNotFoundException ResourceNotFoundFault RuleNotFound"
            " TableNotFoundException TargetGroupNotFound"
        ),
        AccessRefused: (
            "AccessDenied AccessDeniedException AuthFailure ExpiredToken ExpiredTokenException IncompleteSignature"
            " IncompleteSignatureException InvalidAccessKeyId InvalidClientTokenId InvalidSignatureException"
            " MissingAuthenticationToken MissingAuthenticationTokenException NotAuthorized OptInRequired"
            " RequestExpired RequestTimeTooSkewed SignatureDoesNotMatch UnauthorizedOperation"
            " UnrecognizedClientException"
        ),
        Throttled: (
            "LimitExceededException PriorRequestNotComplete ProvisionedThroughputExceededException"
            " ReplicatedWriteConflictException RequestLimitExceeded RequestThrottled RequestThrottledException"
            " SlowDown Throttling ThrottlingException ThrottledException TooManyRequestsException"
        ),
        Invalid: (
            "BadRequestException InvalidParameterException InvalidParameterValue"
            " ItemCollectionSizeLimitExceededException SerializationException UnknownOperationException"
            " ValidationException"
        ),
        Conflict: (
            "BackupInUseException ConditionalCheckFailedException ConflictException"
            " ContinuousBackupsUnavailableException PreconditionFailedException ResourceConflictException"
            " ResourceInUseException TableInUseException TransactionConflictException"
        ),
        HintsLost: "TrimmedDataAccessException",
        IteratorExpired: "ExpiredIteratorException",
        Unreachable: (
            "InternalFailure InternalServerError InternalServerErrorException RequestTimeout"
            " RequestTimeoutException ServiceUnavailable ServiceUnavailableException"
            " TransactionInProgressException"  # sent again before the first attempt of it has ended
        ),
    }.items()
    for code in codes.split()
}

#: The code that comes with reasons, one for each action of the transaction.
CANCELLED = "TransactionCanceledException"
# The heartbeat and a checkpoint touch the lease's row at the same moment; the service then cancels one of the two
# transactions. So it does when it is too busy for one of the rows. A transaction that was cancelled did nothing and may
# simply be sent again.
_PASSING = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})

#: How much of a service's message is shown (characters); those of AWS are shorter.
_LONGEST = 500

_NO_CREDENTIALS = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.NoAuthTokenError,
    boto.ProfileNotFound,
    boto.SSOError,
    boto.TokenRetrievalError,
    boto.UnauthorizedSSOTokenError,
)


def from_code(code: str, message: str, *, status: int, where: str) -> StoreError:
    """The error for a service's error code (`ValidationException`) or, if it has none, for its HTTP status.

    A code that is not in the table is a plain StoreError, or Unreachable if the status says that the server failed.
    """
    kind = _BY_CODE.get(code) or _by_status(status)
    said = _line(message)
    what = f"{code or f'HTTP {status}'}: {said}" if said else code or f"HTTP {status}"
    return kind(what, where=where, next_command=WHO_AM_I if kind is AccessRefused else "")


def _line(message: str) -> str:
    """What a service said, as one line: what stands in between may have answered with a page of HTML."""
    said = " ".join(message.split())
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"


def cancelled(codes: Collection[str], *, where: str) -> StoreError:
    """The error for a transaction that was cancelled, by the codes of its reasons (`None`: not this action's fault).

    Only a condition that failed says that somebody else was first.
    """
    reasons = set(codes) - {"None"}
    if "ConditionalCheckFailed" in reasons:
        return Conflict("a condition did not hold: somebody else was first", where=where)
    kind = Throttled if reasons <= _PASSING else Invalid
    return kind(f"a transaction was cancelled: {', '.join(sorted(reasons))}", where=where)


def _by_status(status: int) -> type[StoreError]:
    if status >= 500:
        return Unreachable
    return {401: AccessRefused, 403: AccessRefused, 413: Invalid, 429: Throttled}.get(status, StoreError)


def no_credentials(where: str, why: str = "no AWS credentials were found") -> AccessRefused:
    return AccessRefused(why, where=where, next_command=f"export AWS_PROFILE=<profile> && {WHO_AM_I}")


def mapped(error: Exception, where: str) -> StoreError:
    """The error for what boto3 raised: a ClientError by its code, any other BotoCoreError by its type."""
    if isinstance(error, boto.ClientError):
        found = error.response.get("Error", {})
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return from_code(found.get("Code", ""), found.get("Message", ""), status=status, where=where)
    if isinstance(error, _NO_CREDENTIALS):
        return no_credentials(where, f"AWS credentials are missing or cannot be used: {error}")
    if isinstance(error, boto.HTTPClientError | boto.ConnectionError):
        url = getattr(error, "kwargs", {}).get("endpoint_url", "")
        return Unreachable(f"no answer: {error}", where=where, next_command=look_at(url))
    if isinstance(error, boto.ParamValidationError):
        return Invalid(str(error), where=where)
    return StoreError(f"{type(error).__name__}: {error}", where=where)


def look_at(url: str) -> str:
    """What to type when nobody answers at `url`."""
    if urlsplit(url).hostname in {"127.0.0.1", "localhost", "::1"}:
        return "verdigris local status"
    return f"curl -sS {url}" if url else WHO_AM_I


@contextmanager
def aws_errors(where: str) -> Iterator[None]:
    """Within it, whatever boto3 raises becomes a StoreError; `where` names the table, function or domain."""
    try:
        yield
    except (boto.ClientError, boto.BotoCoreError) as error:
        raise mapped(error, where) from error
