"""The port `StreamConsumers`: who reads a stream, and asking it to stop or go on.

Three adapters: Lambda (moto's server, which changes a state at once, and lets also what is not there be changed),
memory, and several regions as one. What takes time, and what refuses, is in `tests/fault/test_stream_consumers.py`.
"""

from __future__ import annotations

import io
import itertools
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.contract.control_plane import aws, control_plane

from verdigris.stores.lambda_consumers import LambdaConsumers
from verdigris.stores.memory_consumers import MemoryConsumers
from verdigris.stores.outside import DISABLED, ENABLED, StreamConsumers
from verdigris.stores.regional_consumers import Region, RegionalConsumers

_numbers = itertools.count(1)


@dataclass
class World:
    """`stream` makes one and returns its ARN; `add`: (ARN, function, on) → the mapping's id; `remove` deletes one."""

    consumers: StreamConsumers
    stream: Callable[[], str]
    add: Callable[[str, str, bool], str]
    remove: Callable[[str], None]


@pytest.fixture(scope="module")
def control() -> Iterator[str]:
    with control_plane() as url:
        yield url


def in_memory() -> World:
    made = MemoryConsumers(time.time)
    made.longest["reader"] = 7.0
    streams = (f"arn:aws:dynamodb:memory:000000000000:table/t/stream/{number}" for number in itertools.count())
    return World(
        made, lambda: next(streams), lambda stream, function, on: made.add(stream, function, on=on), made.remove
    )


def in_two_regions() -> World:
    """The mappings are those of the other region's copy."""
    west = in_memory()
    streams: dict[str, str] = {}
    regions = {
        "us-east-1": Region(lambda table: None, in_memory().consumers),
        "us-west-1": Region(streams.get, west.consumers),
    }

    def stream() -> str:
        name = f"table-{next(_numbers)}"
        streams[name] = west.stream()
        return f"arn:aws:dynamodb:us-east-1:000000000000:table/{name}/stream/1"

    def add(stream: str, function: str, on: bool) -> str:
        return "us-west-1/" + west.add(streams[stream.split("/")[1]], function, on)

    return World(
        RegionalConsumers(regions), stream, add, lambda mapping: west.remove(mapping.removeprefix("us-west-1/"))
    )


def on_lambda(url: str) -> World:
    client, tables, iam = (aws(url).client(service) for service in ("lambda", "dynamodb", "iam"))
    known = {function["FunctionName"] for function in client.list_functions()["Functions"]}

    def function(name: str) -> None:
        if name in known:
            return
        known.add(name)
        role = iam.create_role(RoleName=f"{name}-role", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        code = {"ZipFile": zipped()}
        client.create_function(
            FunctionName=name, Runtime="python3.12", Role=role, Handler="app.handler", Code=code, Timeout=7
        )

    def stream() -> str:
        made: dict[str, Any] = tables.create_table(
            TableName=f"consumed-{next(_numbers)}",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        return str(made["TableDescription"]["LatestStreamArn"])

    def add(arn: str, name: str, on: bool) -> str:
        function(name)
        return str(
            client.create_event_source_mapping(
                EventSourceArn=arn, FunctionName=name, StartingPosition="TRIM_HORIZON", Enabled=on
            )["UUID"]
        )

    def remove(mapping: str) -> None:
        client.delete_event_source_mapping(UUID=mapping)

    return World(LambdaConsumers(lambda: client), stream, add, remove)


def zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", "")
    return packed.getvalue()


@pytest.fixture(params=["lambda", "memory", "regional"])
def world(request: pytest.FixtureRequest) -> World:
    match request.param:
        case "memory":
            return in_memory()
        case "regional":
            return in_two_regions()
    return on_lambda(request.getfixturevalue("control"))


def test_those_of_a_stream_are_found_and_no_others(world: World) -> None:
    mine, other, lonely = world.stream(), world.stream(), world.stream()
    reader, mailer = world.add(mine, "reader", True), world.add(mine, "mailer", False)
    world.add(other, "reader", True)
    found = {one.id: one for one in world.consumers.of(mine)}
    assert {id_: (one.function, one.state) for id_, one in found.items()} == {
        reader: ("reader", ENABLED),
        mailer: ("mailer", DISABLED),
    }
    assert all(one.start == "TRIM_HORIZON" for one in found.values())
    assert all(abs(time.time() - one.since_s) < 120 for one in found.values())
    assert world.consumers.of(lonely) == []


def test_one_is_turned_off_and_on_again(world: World) -> None:
    stream = world.stream()
    mapping = world.add(stream, "reader", True)
    for on in (False, False, True, True):  # what is asked for twice is harmless
        assert world.consumers.turn(mapping, on=on)
        assert [one.state for one in world.consumers.of(stream)] == [ENABLED if on else DISABLED]


def test_one_that_is_gone(world: World) -> None:
    stream = world.stream()
    mapping = world.add(stream, "reader", True)
    world.remove(mapping)
    assert world.consumers.of(stream) == []


def test_how_long_a_call_may_run(world: World) -> None:
    stream = world.stream()
    world.add(stream, "reader", False)
    assert [world.consumers.longest_s(one) for one in world.consumers.of(stream)] == [7.0]
