"""The embedded stack with its real engines."""

from __future__ import annotations

from collections.abc import Callable

import boto3
import psutil
import urllib3
from tests.conftest import SessionStack

from verdigris.local.dynamodb import ACCESS_KEY, SECRET_KEY


def tables(url: str, region: str = "us-east-1") -> list[str]:
    client = boto3.client(
        "dynamodb",
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )
    return client.list_tables()["TableNames"]


def test_both_engines_answer(stack: SessionStack) -> None:
    assert isinstance(tables(stack.dynamodb_url), list)
    answer = urllib3.request("PUT", f"{stack.search_url}/stack-test")  # builds every analyzer, the Thai one too
    assert answer.json()["acknowledged"] is True


def test_up_is_idempotent(stack: SessionStack) -> None:
    assert (stack.dynamodb_url, stack.search_url) == (stack.dynamodb_url, stack.search_url)
    first, second = stack.local.up(), stack.local.up()
    assert first == second
    assert second.running


def test_engines_listen_on_loopback_only(stack: SessionStack) -> None:
    stack.local.up()
    for one in stack.local.status().engines:
        listening = [
            connection.laddr[0]
            for connection in psutil.Process(one.pid).net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN
        ]
        assert listening
        assert {address.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}


def test_fresh_servers_share_nothing(fresh_dynamodb: Callable[[], str]) -> None:
    urls = [fresh_dynamodb(), fresh_dynamodb()]
    assert urls[0] != urls[1]
    assert [tables(url) for url in urls] == [[], []]
