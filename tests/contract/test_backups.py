"""The contract of `Backups`: DynamoDB's against moto's server, and those in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from tests.contract.control_plane import aws, control_plane
from tests.lifecycle.world import SHAPE

from verdigris.errors import NotFound
from verdigris.stores.base import TableAdmin
from verdigris.stores.dynamodb_admin import DynamoAdmin
from verdigris.stores.dynamodb_backups import DynamoBackups
from verdigris.stores.memory import MemoryTables
from verdigris.stores.memory_backups import MemoryBackups
from verdigris.stores.outside import Backups


@dataclass
class Made:
    backups: Backups
    admin: TableAdmin


@pytest.fixture(scope="module")
def cloud() -> Iterator[str]:
    with control_plane() as url:
        yield url


@pytest.fixture(params=["memory", "dynamodb"])
def made(request: pytest.FixtureRequest) -> Iterator[Made]:
    if request.param == "memory":
        tables = MemoryTables()
        tables.create("court", SHAPE)
        yield Made(MemoryBackups(tables), tables)
        return
    client = aws(request.getfixturevalue("cloud"))
    admin = DynamoAdmin(client)
    admin.create("court", SHAPE)
    yield Made(DynamoBackups(client.client("dynamodb")), admin)
    admin.delete("court")


def test_one_is_made_once(made: Made) -> None:
    first = made.backups.make("court", "verdigris-dev-1")
    assert made.backups.make("court", "verdigris-dev-1") == first
    assert made.backups.make("court", "verdigris-dev-2") != first
    assert made.backups.available(first)


def test_it_outlives_its_table(made: Made) -> None:
    backup = made.backups.make("court", "verdigris-dev-3")
    made.admin.delete("court")
    assert made.backups.available(backup)
    with pytest.raises(NotFound):
        made.backups.make("court", "verdigris-dev-4")


def test_one_that_is_not_there(made: Made) -> None:
    with pytest.raises(NotFound):
        made.backups.available("arn:aws:dynamodb:us-east-1:123456789012:table/court/backup/01489602797149-73d8d5bc")
