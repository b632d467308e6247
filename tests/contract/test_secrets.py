"""Secrets by reference: the environment, and AWS's stores on moto's server."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from tests.moto import Moto

from verdigris.errors import AccessRefused, Invalid, StoreError
from verdigris.stores.secrets import read_secret

SECRET = "planted-token"


@pytest.fixture
def client(moto: Moto, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    moto.use(monkeypatch)
    return lambda service: boto3.Session().client(service, region_name="us-east-1")  # type: ignore[call-overload]


def test_of_the_environment(client: Callable[[str], Any]) -> None:
    assert read_secret("env:TOKEN", client, {"TOKEN": f"{SECRET}\n"}) == SECRET


@pytest.mark.parametrize("environ", [{}, {"TOKEN": " "}])
def test_a_variable_that_is_not_set(client: Callable[[str], Any], environ: dict[str, str]) -> None:
    with pytest.raises(AccessRefused, match="no secret at env:TOKEN") as failure:
        read_secret("env:TOKEN", client, environ)
    assert failure.value.next_command.startswith("export TOKEN=")


def test_of_secrets_manager(client: Callable[[str], Any]) -> None:
    client("secretsmanager").create_secret(Name="court/plain", SecretString=SECRET)
    client("secretsmanager").create_secret(Name="court/ci", SecretString=json.dumps({"token": SECRET, "n": 1}))
    assert read_secret("secretsmanager:court/plain", client, {}) == SECRET
    assert read_secret("secretsmanager:court/ci#token", client, {}) == SECRET
    for reference in ("secretsmanager:court/ci#other", "secretsmanager:court/ci#n", "secretsmanager:court/plain#token"):
        with pytest.raises(Invalid, match="no JSON object with the text") as failure:
            read_secret(reference, client, {})
        assert SECRET not in f"{vars(failure.value)}"


def test_of_the_parameter_store(client: Callable[[str], Any]) -> None:
    client("ssm").put_parameter(Name="/court/ci-token", Value=SECRET, Type="SecureString")
    assert read_secret("ssm:/court/ci-token", client, {}) == SECRET


@pytest.mark.parametrize("reference", ["secretsmanager:no/such", "ssm:/no/such"])
def test_one_that_is_not_there(client: Callable[[str], Any], reference: str) -> None:
    with pytest.raises(StoreError) as failure:
        read_secret(reference, client, {})
    assert failure.value.where == reference


def test_it_is_read_anew_each_time(client: Callable[[str], Any]) -> None:
    client("ssm").put_parameter(Name="/court/rotated", Value="old", Type="SecureString")
    assert read_secret("ssm:/court/rotated", client, {}) == "old"
    client("ssm").put_parameter(Name="/court/rotated", Value="new", Type="SecureString", Overwrite=True)
    assert read_secret("ssm:/court/rotated", client, {}) == "new"
