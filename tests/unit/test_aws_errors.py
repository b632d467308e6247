"""What boto3 raises, as errors of Verdigris."""

from __future__ import annotations

import pytest
from botocore import exceptions as boto

from verdigris import errors
from verdigris.stores.aws_errors import aws_errors, cancelled, from_code


def client_error(code: str, status: int = 400) -> boto.ClientError:
    return boto.ClientError(
        {"Error": {"Code": code, "Message": "as told"}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        "DescribeTable",
    )


@pytest.mark.parametrize(
    ("raised", "error"),
    [
        (client_error("ResourceNotFoundException"), errors.NotFound),
        (client_error("AccessDeniedException"), errors.AccessRefused),
        (client_error("UnrecognizedClientException"), errors.AccessRefused),
        (client_error("ThrottlingException"), errors.Throttled),
        (client_error("LimitExceededException"), errors.Throttled),
        (client_error("ValidationException"), errors.Invalid),
        (client_error("ResourceInUseException"), errors.Conflict),
        (client_error("TransactionInProgressException"), errors.Unreachable),
        (client_error("TrimmedDataAccessException"), errors.HintsLost),
        (client_error("InternalServerError", 500), errors.Unreachable),
        (client_error("NeverHeardOf", 503), errors.Unreachable),
        (client_error("NeverHeardOf"), errors.StoreError),
        (boto.NoCredentialsError(), errors.AccessRefused),
        (boto.ProfileNotFound(profile="p"), errors.AccessRefused),
        (boto.EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), errors.Unreachable),
        (boto.ReadTimeoutError(endpoint_url="http://127.0.0.1:1"), errors.Unreachable),
        (boto.ParamValidationError(report="no TableName"), errors.Invalid),
        (boto.NoRegionError(), errors.StoreError),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else type(value).__name__,
)
def test_by_code_and_by_type(raised: Exception, error: type[errors.StoreError]) -> None:
    with pytest.raises(errors.StoreError) as caught, aws_errors("court-dev-alpha"):
        raise raised
    assert type(caught.value) is error
    assert caught.value.where == "court-dev-alpha"
    assert caught.value.__cause__ is raised


def test_an_engine_of_this_machine_that_does_not_answer_names_the_command_that_looks_at_it() -> None:
    with pytest.raises(errors.Unreachable) as caught, aws_errors("court-dev-alpha"):
        raise boto.EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
    assert caught.value.next_command == "verdigris local status"


def test_other_errors_pass_unchanged() -> None:
    with pytest.raises(ZeroDivisionError), aws_errors("x"):
        raise ZeroDivisionError


def test_the_message_says_the_code_or_the_status() -> None:
    assert str(from_code("Odd", "why", status=400, where="t")) == "Odd: why (t)"
    assert str(from_code("", "", status=413, where="t")) == "HTTP 413 (t)"


@pytest.mark.parametrize(
    ("codes", "error"),
    [
        (["None", "ConditionalCheckFailed"], errors.Conflict),
        (["TransactionConflict", "ConditionalCheckFailed"], errors.Conflict),
        (["TransactionConflict", "None"], errors.Throttled),
        (["ThrottlingError", "ProvisionedThroughputExceeded"], errors.Throttled),
        (["TransactionConflict", "ValidationError"], errors.Invalid),
        (["ItemCollectionSizeLimitExceeded"], errors.Invalid),
        ([], errors.Throttled),
    ],
)
def test_a_transaction_is_cancelled_for_its_reasons(codes: list[str], error: type[errors.StoreError]) -> None:
    assert type(cancelled(codes, where="t")) is error


def test_a_page_of_html_becomes_one_line() -> None:
    page = "<!doctype html>\n<title>502</title>\n" + "x" * 1000
    said = from_code("", page, status=502, where="court.example.com/").what
    assert said.startswith("HTTP 502: <!doctype html> <title>502</title> xx")
    assert "\n" not in said
    assert len(said) < 520
