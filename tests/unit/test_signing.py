"""The data path's signer is byte-equal to botocore's."""

from __future__ import annotations

from datetime import UTC, datetime

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.fault.scripted import FixedCredentials

from verdigris.stores.signing import Signer

MOMENTS = [
    datetime(2026, 11, 23, 17, 5, 9, tzinfo=UTC),
    datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC),
    datetime(2026, 11, 24, 0, 0, 0, tzinfo=UTC),  # the next day: another signing key
    datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC),  # and back
]
BODIES = [b"", b"{}", b'{"TableName":"court"}', '{"name":"Zoë 法院 ✓"}'.encode(), b"x" * 100_000]


def botocore_headers(
    credentials: FixedCredentials, host: str, target: str, body: bytes, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: at)
    request = AWSRequest(
        method="POST",
        url=f"https://{host}/",
        data=body,
        headers={"content-type": "application/x-amz-json-1.0", "host": host, "x-amz-target": target},
    )
    signer = botocore.auth.SigV4Auth(
        Credentials(credentials.access_key, credentials.secret_key, credentials.token), "dynamodb", "eu-central-1"
    )
    signer.add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


@pytest.mark.parametrize("token", [None, "FwoGZXIvYXdzEBYaD//////////wEaDA=="])
@pytest.mark.parametrize("host", ["dynamodb.eu-central-1.amazonaws.com", "127.0.0.1:8000"])
def test_equal_to_botocore(token: str | None, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    signer = Signer(service="dynamodb", region="eu-central-1", host=host)
    target = "DynamoDB_20120810.BatchWriteItem"
    for secret in ("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "another"):
        credentials = FixedCredentials("AKIDEXAMPLE", secret, token)
        for at in MOMENTS:
            for body in BODIES:
                ours = signer.headers(
                    credentials, content_type="application/x-amz-json-1.0", target=target, body=body, at=at
                )
                assert ours == botocore_headers(credentials, host, target, body, at, monkeypatch)
