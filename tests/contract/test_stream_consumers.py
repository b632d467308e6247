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
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.contract.control_plane import aws, control_plane

from verdigris.core.consuming import Reading
from verdigris.stores.lambda_consumers import LambdaConsumers
from verdigris.stores.memory_consumers import MemoryConsumers
from verdigris.stores.outside import DISABLED, ENABLED, StreamConsumers
from verdigris.stores.regional_consumers import Region, RegionalConsumers

_numbers = itertools.count(1)


@dataclass
class World:
    """`stream` makes one and returns its ARN; `add`: (ARN, function, on) → the mapping's id; `remove` deletes one.

    `call`: (function, when, age of the last record in seconds, None: it failed), as the service tells of it.
    """

    consumers: StreamConsumers
    stream: Callable[[], str]
    add: Callable[[str, str, bool], str]
    remove: Callable[[str], None]
    call: Callable[[str, float, float | None], None]


@pytest.fixture(scope="module")
def control() -> Iterator[str]:
    with control_plane() as url:
        yield url


def in_memory() -> World:
    made = MemoryConsumers(time.time)
    made.longest["reader"] = 7.0
    streams = (f"arn:aws:dynamodb:memory:000000000000:table/t/stream/{number}" for number in itertools.count())
    return World(
        made,
        lambda: next(streams),
        lambda stream, function, on: made.add(stream, function, on=on),
        made.remove,
        made.called,
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
        RegionalConsumers(regions),
        stream,
        add,
        lambda mapping: west.remove(mapping.removeprefix("us-west-1/")),
        west.call,
    )


def on_lambda(url: str) -> World:
    services = ("lambda", "dynamodb", "iam", "cloudwatch")
    client, tables, iam, metrics = (aws(url).client(service) for service in services)
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

    def call(name: str, at_s: float, age_s: float | None) -> None:
        """By the function, and by the alias where one is called: as Lambda does."""
        function, _, alias = name.partition(":")
        of = {"FunctionName": function}
        for dimensions in (of, of | {"Resource": name}) if alias else (of,):
            metric, value = ("IteratorAge", age_s * 1000) if age_s is not None else ("Errors", 1)
            data = {"MetricName": metric, "Value": value, "Timestamp": datetime.fromtimestamp(at_s, UTC)}
            named = [{"Name": key, "Value": value} for key, value in dimensions.items()]
            metrics.put_metric_data(Namespace="AWS/Lambda", MetricData=[{**data, "Dimensions": named}])

    return World(LambdaConsumers(lambda: client, lambda: metrics), stream, add, remove, call)


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


def test_what_its_function_read_by_minutes(world: World) -> None:
    """The oldest age of each minute, and calls that failed; nothing of others, nor of other times."""
    name = f"mails-{next(_numbers)}"
    stream = world.stream()
    world.add(stream, name, True)
    now_s = time.time() // 60 * 60 - 600
    for function, at_s, age_s in (
        (name, now_s - 60.0, 1.0),
        (name, now_s + 10.0, 90.5),
        (name, now_s + 20.0, 3.0),
        (name, now_s + 130.0, 0.25),
        (name, now_s + 140.0, None),
        (name, now_s + 200.0, None),
        ("another", now_s + 15.0, 7.0),
    ):
        world.call(function, at_s, age_s)
    (one,) = world.consumers.of(stream)
    assert list(world.consumers.readings(one, now_s + 30.0, now_s + 400.0)) == [
        Reading(now_s, 90.5),
        Reading(now_s + 120.0, 0.25, 1),
        Reading(now_s + 180.0, None, 1),
    ]
    assert list(world.consumers.readings(one, now_s + 300.0, now_s + 400.0)) == []
