"""The transport of the data path, when the service or the network misbehaves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import CredentialRetrievalError
from tests.fault.scripted import RESET, Answer, FixedCredentials, crc, fault, scripted, transport

from verdigris.errors import (
    AccessRefused,
    Conflict,
    Invalid,
    NotFound,
    StoreError,
    Throttled,
    Unreachable,
)

FINE = Answer({"ok": True})


def test_a_plain_answer_is_the_bytes_that_came() -> None:
    with scripted(crc(FINE)) as script:
        assert transport(script).call("Scan", b"{}", where="t") == b'{"ok": true}'
    assert script.operations() == ["Scan"]
    assert script.slept == []


@pytest.mark.parametrize(
    "trouble",
    [
        fault("ThrottlingException"),
        fault("ProvisionedThroughputExceededException"),
        fault("InternalServerError", status=500),
        Answer(b"<html>bad gateway</html>", 502),
        Answer({"ok": "damaged"}, crc=12345),
        RESET,
    ],
    ids=["throttled", "over capacity", "server error", "not JSON", "wrong checksum", "reset"],
)
def test_trouble_that_passes_is_waited_out(trouble: Answer) -> None:
    with scripted(trouble, trouble, FINE) as script:
        assert transport(script).call("Scan", b'{"a": 1}', where="t") == b'{"ok": true}'
    assert script.bodies() == [{"a": 1}] * 3
    assert script.slept == [0.5, 1.0]  # half of 1 s, half of 2 s


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (fault("ThrottlingException"), Throttled),
        (fault("InternalServerError", status=500), Unreachable),
        (Answer({}, crc=1), Unreachable),
        (RESET, Unreachable),
    ],
)
def test_trouble_that_stays_is_an_error_after_every_attempt(trouble: Answer, error: type[StoreError]) -> None:
    with scripted(trouble) as script, pytest.raises(error, match="after 4 attempts") as caught:
        transport(script).call("Scan", b"{}", where="court-dev-alpha")
    assert len(script.requests) == 4
    assert script.slept == [0.5, 1.0, 2.0]
    assert caught.value.where == "court-dev-alpha"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (fault("ResourceNotFoundException"), NotFound),
        (fault("ValidationException"), Invalid),
        (fault("ConditionalCheckFailedException"), Conflict),
        (fault("UnrecognizedClientException"), AccessRefused),
        (fault("ExpiredTokenException"), AccessRefused),
        (fault("AccessDeniedException"), AccessRefused),
        (fault("SomethingNew"), StoreError),
        (Answer(b"", 403), AccessRefused),
    ],
)
def test_what_cannot_pass_is_not_tried_again(answer: Answer, error: type[StoreError]) -> None:
    with scripted(answer) as script, pytest.raises(error) as caught:
        transport(script).call("Scan", b"{}", where="t")
    assert type(caught.value) is error
    assert len(script.requests) == 1


def test_refused_credentials_say_how_to_look_at_them() -> None:
    with scripted(fault("UnrecognizedClientException")) as script, pytest.raises(AccessRefused) as caught:
        transport(script).call("Scan", b"{}", where="t")
    assert caught.value.next_command == "aws sts get-caller-identity"


def test_credentials_that_cannot_be_refreshed_end_as_access_refused() -> None:
    class Stale(FixedCredentials):
        def get_frozen_credentials(self) -> FixedCredentials:
            raise CredentialRetrievalError(provider="sso", error_msg="the session has expired")

    with scripted(FINE) as script, pytest.raises(AccessRefused, match="the session has expired") as caught:
        transport(script, credentials=Stale()).call("Scan", b"{}", where="t")
    assert script.requests == []
    assert "AWS_PROFILE" in caught.value.next_command


def test_nobody_there_names_the_address_and_the_next_command() -> None:
    with scripted(FINE) as script:
        pass  # it is gone now
    with pytest.raises(Unreachable, match=script.url) as caught:
        transport(script).call("Scan", b"{}", where="t")
    assert caught.value.next_command == "verdigris local status"


def test_every_attempt_is_signed_anew_with_the_credentials_and_date_of_its_moment() -> None:
    moments = iter(datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC) + timedelta(seconds=n) for n in range(2))

    class Rotating:
        def __init__(self) -> None:
            self.given = 0

        def get_frozen_credentials(self) -> FixedCredentials:
            self.given += 1
            return FixedCredentials(f"AKID{self.given}", f"secret{self.given}", f"token{self.given}")

    with scripted(RESET, FINE) as script:
        transport(script, credentials=Rotating(), now=lambda: next(moments)).call("Scan", b"{}", where="t")
    dates = [headers["x-amz-date"] for headers in script.headers]
    assert dates == ["20261123T235959Z", "20261124T000000Z"]
    assert [headers["x-amz-security-token"] for headers in script.headers] == ["token1", "token2"]
    assert "Credential=AKID2/20261124/us-east-1/dynamodb/" in script.headers[1]["authorization"]
    assert script.headers[1]["host"] == script.url.removeprefix("http://")


def test_many_threads_share_one_transport() -> None:
    with scripted(crc(FINE)) as script, ThreadPoolExecutor(8) as threads:
        http = transport(script)

        def call(number: int) -> Any:
            return http.call("Scan", b'{"n": %d}' % number, where="t")

        assert set(threads.map(call, range(40))) == {b'{"ok": true}'}
        assert sorted(body["n"] for body in script.bodies()) == list(range(40))
