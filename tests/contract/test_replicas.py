"""The port `Replicas`: in memory, and of two regions on DynamoDB Local behind the shim."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.conftest import SessionStack
from tests.contract.stores import KEY, local_aws, raw

from verdigris.errors import Invalid, NotFound, Unreachable
from verdigris.stores.base import Replica, Replicas, Table, TableAdmin
from verdigris.stores.dynamodb_admin import DynamoAdmin
from verdigris.stores.dynamodb_replicas import DynamoReplicas
from verdigris.stores.dynamodb_table import DynamoTable
from verdigris.stores.memory import MemoryTables
from verdigris.stores.memory_replicas import MemoryReplicas
from verdigris.stores.table_shape import shape_with_key
from verdigris.testing import VirtualClock
from verdigris.testing.regions import Regions, Timing

EAST, WEST = "us-east-1", "us-west-1"
_numbers = itertools.count(1)


@dataclass
class Estate:
    admin: TableAdmin
    replicas: Replicas
    table: Callable[[str], Table]
    reasons: list[str] = field(default_factory=list)


def memory() -> Estate:
    tables = MemoryTables()
    return Estate(tables, MemoryReplicas(tables), tables.table)


@contextmanager
def real(url: str, **options: Any) -> Iterator[tuple[Estate, Regions]]:
    """As slow as AWS, on a clock that moves when somebody sleeps."""
    reasons: list[str] = []
    clock = VirtualClock()
    with Regions(url, Timing(shown_s=6, made_s=30, gone_s=180), now=clock) as regions:
        aws = local_aws(regions.url, EAST)
        admin = DynamoAdmin(aws, report=reasons.append, sleep=clock.sleep, **options)

        def table(name: str, region: str) -> Table:
            return DynamoTable(local_aws(regions.url, region).json("dynamodb"), name, KEY)

        yield Estate(admin, DynamoReplicas(admin, table), lambda name: table(name, EAST), reasons), regions


@pytest.fixture(params=["memory", "dynamodb"])
def estate(request: pytest.FixtureRequest) -> Iterator[Estate]:
    if request.param == "memory":
        yield memory()
        return
    with real(request.getfixturevalue("stack").dynamodb_url) as (made, _):
        yield made


@pytest.fixture
def name() -> str:
    return f"replicas-{next(_numbers)}"


def test_a_replica_is_made_once_and_active(estate: Estate, name: str) -> None:
    estate.admin.create(name, shape_with_key(KEY))
    assert list(estate.replicas.states(name)) == []
    estate.replicas.add(name, WEST)
    estate.replicas.add(name, WEST)
    assert list(estate.replicas.states(name)) == [Replica(WEST, "ACTIVE")]


def test_what_is_written_arrives(estate: Estate, name: str) -> None:
    estate.admin.create(name, shape_with_key(KEY))
    estate.replicas.add(name, WEST)
    estate.table(name).write([raw("p"), raw("q")])
    there, until_s = estate.replicas.table(name, WEST), time.monotonic() + 20
    while len(there.read([("p", "a"), ("q", "a")])) < 2:
        assert time.monotonic() < until_s
        time.sleep(0.02)


def test_they_go_with_their_table(estate: Estate, name: str) -> None:
    estate.admin.create(name, shape_with_key(KEY))
    estate.replicas.add(name, WEST)
    estate.admin.delete(name)
    with pytest.raises(NotFound):
        estate.replicas.states(name)
    with pytest.raises(NotFound):
        estate.replicas.add(name, WEST)
    estate.admin.create(name, shape_with_key(KEY))
    assert list(estate.replicas.states(name)) == []


def test_what_is_waited_for_is_said(stack: SessionStack, name: str) -> None:
    with real(stack.dynamodb_url) as (estate, regions):
        estate.admin.create(name, shape_with_key(KEY))
        estate.replicas.add(name, WEST)
        assert list(dict.fromkeys(estate.reasons)) == [
            f"the replica of {name} in {WEST} was asked for",
            f"the replica of {name} in {WEST} was asked for and is not shown yet",
            f"the replica of {name} in {WEST} is CREATING",
        ]
        assert regions.changes == [(EAST, "UpdateTable", WEST)]

        other = f"{name}-taken"
        estate.admin.create(other, shape_with_key(KEY))
        DynamoAdmin(local_aws(regions.url, WEST)).create(other, shape_with_key(KEY))
        with pytest.raises(Invalid, match="already existed as tables"):
            estate.replicas.add(other, WEST)


def test_it_is_not_waited_for_without_end_and_the_same_call_goes_on(stack: SessionStack, name: str) -> None:
    with real(stack.dynamodb_url, wait_s=12) as (estate, regions):
        estate.admin.create(name, shape_with_key(KEY))
        with pytest.raises(Unreachable, match=f"in {WEST} is CREATING"):
            estate.replicas.add(name, WEST)
        estate.replicas.add(name, WEST)
        assert regions.changes == [(EAST, "UpdateTable", WEST)]


def test_one_that_is_there_is_not_made_again_by_an_old_description(
    stack: SessionStack, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An earlier request, whose answer was lost, has made it; AWS refuses another as it refuses a table of others."""
    with real(stack.dynamodb_url) as (estate, regions):
        estate.admin.create(name, shape_with_key(KEY))
        control = local_aws(regions.url, EAST).client("dynamodb")
        before = control.describe_table(TableName=name)["Table"]
        estate.replicas.add(name, WEST)
        look = estate.admin._describe  # type: ignore[attr-defined]
        seen = iter([before])
        monkeypatch.setattr(estate.admin, "_describe", lambda asked: next(seen, None) or look(asked))
        estate.replicas.add(name, WEST)
        assert estate.reasons[-1] == f"the replica of {name} in {WEST} is not shown yet"
        assert regions.changes == [(EAST, "UpdateTable", WEST)]
