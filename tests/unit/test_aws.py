"""Where adapters get their clients: endpoints, credentials, and what happens without any."""

from __future__ import annotations

from pathlib import Path

import botocore.session
import pytest

from verdigris.errors import AccessRefused, StoreError
from verdigris.stores.aws import Aws


@pytest.fixture
def nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credentials anywhere, as on a fresh machine."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


def with_credentials() -> botocore.session.Session:
    session = botocore.session.get_session()
    session.set_credentials("AKID", "secret")
    return session


@pytest.mark.parametrize(
    ("service", "url"),
    [
        ("dynamodb", "https://dynamodb.eu-central-1.amazonaws.com"),
        ("dynamodbstreams", "https://streams.dynamodb.eu-central-1.amazonaws.com"),
    ],
)
def test_endpoints_are_botocores(nothing: None, service: str, url: str) -> None:
    aws = Aws("eu-central-1", session=with_credentials())
    assert aws.json(service).endpoint_url == url
    assert aws.json(service) is aws.json(service)


def test_one_address_stands_for_all_services(nothing: None) -> None:
    aws = Aws("us-east-1", endpoint_url="http://127.0.0.1:8000", session=with_credentials())
    assert aws.json("dynamodb").endpoint_url == aws.json("dynamodbstreams").endpoint_url == "http://127.0.0.1:8000"


def test_without_credentials_access_is_refused_with_a_next_command(nothing: None) -> None:
    with pytest.raises(AccessRefused) as caught:
        Aws("us-east-1").json("dynamodb")
    assert "AWS_PROFILE" in caught.value.next_command


def test_a_profile_that_does_not_exist(nothing: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(AccessRefused, match="nobody"):
        Aws("us-east-1").json("dynamodb")


def test_a_region_that_cannot_be_one(nothing: None) -> None:
    with pytest.raises(StoreError):
        Aws("no such region", session=with_credentials()).json("dynamodb")
