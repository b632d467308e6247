"""The embedded stack when something dies, is in the way, or is there twice."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import psutil
import pytest
import urllib3
from tests.conftest import SessionStack

from verdigris.errors import LocalStackError
from verdigris.local import dynamodb, engine, opensearch
from verdigris.local.door import ensure_door
from verdigris.local.dynamodb import ACCESS_KEY, SECRET_KEY
from verdigris.local.ports import free_port, is_free
from verdigris.local.processes import Processes
from verdigris.local.stack import LocalStack

TABLES = [dynamodb.NAME]


@pytest.fixture
def make_stack(tmp_path: Path) -> Iterator[Callable[[str], LocalStack]]:
    made: list[LocalStack] = []

    def make(name: str) -> LocalStack:
        made.append(LocalStack(tmp_path / name))
        return made[-1]

    yield make
    for stack in made:
        stack.down()


def kill(stack: LocalStack, name: str) -> None:
    info = stack.processes.get(name)
    assert info
    psutil.Process(info.pid).kill()
    deadline = time.monotonic() + 20
    while stack.processes.get(name):
        assert time.monotonic() < deadline


def states(stack: LocalStack) -> dict[str, str]:
    return {one.name: one.state for one in stack.status().engines}


def create_table(url: str) -> None:
    client(url).create_table(
        TableName="table",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def tables(url: str) -> list[str]:
    return list(client(url).list_tables()["TableNames"])


def client(url: str):  # type: ignore[no-untyped-def]
    return boto3.client(
        "dynamodb",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )


def test_stacks_side_by_side_never_meet(make_stack: Callable[[str], LocalStack]) -> None:
    one, two = make_stack("one"), make_stack("two")
    first, second = one.up(engines=TABLES), two.up(engines=TABLES)
    create_table(first.dynamodb_url)
    assert tables(second.dynamodb_url) == []
    assert two.down() == (dynamodb.NAME,)
    assert tables(first.dynamodb_url) == ["table"]
    assert two.down() == ()


def test_two_at_once_start_one(make_stack: Callable[[str], LocalStack]) -> None:
    stack = make_stack("one")
    with ThreadPoolExecutor(2) as threads:
        infos = list(threads.map(lambda _: LocalStack(stack.folder).up(engines=TABLES), range(2)))
    assert infos[0] == infos[1]
    assert stack.down() == (dynamodb.NAME,)


def test_a_killed_dynamodb_starts_the_stack_over(make_stack: Callable[[str], LocalStack]) -> None:
    stack = make_stack("one")
    url = stack.up(engines=TABLES).dynamodb_url
    create_table(url)
    ensure_door(stack.folder, "dev")
    kill(stack, dynamodb.NAME)
    status = stack.status()
    assert states(stack) == {dynamodb.NAME: "died", opensearch.NAME: "stopped"}
    with pytest.raises(LocalStackError, match="it died") as failure:
        _ = status.dynamodb_url
    assert failure.value.next_command == "verdigris local up"
    again = stack.up(engines=TABLES)
    assert tables(again.dynamodb_url) == []
    assert again.others == (), "a door that points into the lost world is gone too"


def test_a_wholly_killed_stack_is_noticed(make_stack: Callable[[str], LocalStack]) -> None:
    stack = make_stack("one")
    stack.up(engines=TABLES)
    ensure_door(stack.folder, "dev")
    for name in (dynamodb.NAME, "door-dev"):
        kill(stack, name)
    assert states(stack)[dynamodb.NAME] == "died"
    assert stack.down() == ()
    assert states(stack)[dynamodb.NAME] == "stopped"
    assert stack.processes.names() == ()


def test_a_killed_opensearch_comes_back_with_its_data(stack: SessionStack) -> None:
    tables_url, url = stack.dynamodb_url, stack.search_url
    assert urllib3.request("PUT", f"{url}/survivor").status == 200
    assert urllib3.request("PUT", f"{url}/survivor/_doc/1?refresh=true", json={"a": 1}).status == 201
    kill(stack.local, opensearch.NAME)
    assert states(stack.local)[opensearch.NAME] == "died"
    assert stack.search_url == url, "on the same port"
    assert urllib3.request("GET", f"{url}/survivor/_count").json()["count"] == 1
    assert stack.dynamodb_url == tables_url, "DynamoDB Local was left alone"


def test_a_demanded_port_is_taken_or_refused(make_stack: Callable[[str], LocalStack]) -> None:
    port = free_port()
    one = make_stack("one").up(engines=TABLES, ports={dynamodb.NAME: port})
    assert one.dynamodb_url == f"http://127.0.0.1:{port}"
    two = make_stack("two")
    with pytest.raises(
        LocalStackError, match=f"port {port}, asked for by dynamodb-local, is in use by java"
    ) as failure:
        two.up(engines=TABLES, ports={dynamodb.NAME: port})
    assert str(one.engines[0].pid) in failure.value.what
    assert states(two)[dynamodb.NAME] == "stopped"


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalStackError) as failure:
        LocalStack(tmp_path / "file" / "stack").up(engines=TABLES)
    assert failure.value.where


def script(text: str) -> Callable[[int], tuple[str, ...]]:
    return lambda port: (sys.executable, "-c", text, str(port))


def test_an_engine_that_ends_at_once_shows_its_log(tmp_path: Path) -> None:
    launch = engine.Launch("broken", script("print('no memory left'); raise SystemExit(1)"), lambda url: False, 20)
    with pytest.raises(LocalStackError, match="ended while it started") as failure:
        engine.start(launch, Processes(tmp_path), tmp_path / "broken.log", None, None)
    assert "no memory left" in failure.value.what
    assert failure.value.where == str(tmp_path / "broken.log")
    assert Processes(tmp_path).names() == ()


def test_an_engine_that_never_answers_is_ended(tmp_path: Path) -> None:
    launch = engine.Launch("mute", script("import time; time.sleep(600)"), lambda url: False, 0.2)
    with pytest.raises(LocalStackError, match="did not answer"):
        engine.start(launch, Processes(tmp_path), tmp_path / "mute.log", None, None)
    assert Processes(tmp_path).names() == ()


def test_a_free_port_that_somebody_takes_first_is_exchanged(tmp_path: Path) -> None:
    serve = "import http.server, sys; http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), None).serve_forever()"
    thief, tried = Processes(tmp_path / "thief"), []

    def argv(port: int) -> tuple[str, ...]:
        tried.append(port)
        if len(tried) == 1:
            thief.start("thief", script(serve)(port), log=tmp_path / "thief.log")
            deadline = time.monotonic() + 20
            while is_free(port):
                assert time.monotonic() < deadline
        return script(serve)(port)

    launch = engine.Launch("late", argv, lambda url: len(tried) == 2, 20)
    try:
        info = engine.start(launch, Processes(tmp_path / "mine"), tmp_path / "late.log", None, None)
        assert info.port == tried[1] != tried[0]
    finally:
        Processes(tmp_path / "mine").stop("late", grace_s=1)
        thief.stop("thief", grace_s=1)
