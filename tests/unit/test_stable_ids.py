"""Ids that are functions of an item's key and a name."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from verdigris.core.items import encode
from verdigris.core.model import KeySchema
from verdigris.core.transform import Migration, Transform
from verdigris.errors import ItemRefused, MigrationError
from verdigris.migrations import stable_id

KEY = ("pk", "sk")
ITEM = {"pk": "user|1", "sk": "user|1", "name": "Ada"}


def test_it_never_changes() -> None:
    assert stable_id(ITEM, "contact", key=KEY) == "5dda9f65-6687-561f-8136-bda37f70f534"


def test_it_has_the_shape_of_a_uuid() -> None:
    assert re.fullmatch(
        r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", stable_id(ITEM, "x", key=KEY)
    )


def test_it_depends_on_the_key_and_the_name_and_on_nothing_else() -> None:
    same = stable_id(ITEM, "contact", key=KEY)
    assert stable_id(ITEM | {"name": "Grace"}, "contact", key=KEY) == same
    others = [
        stable_id(ITEM, "mail", key=KEY),
        stable_id(ITEM | {"sk": "user|2"}, "contact", key=KEY),
        stable_id(ITEM | {"pk": "user|1user|1", "sk": "x"}, "contact", key=KEY),
        stable_id(ITEM, "contact", key=("pk",)),
    ]
    assert len({same, *others}) == 5


def test_numbers_and_bytes_are_keys_too() -> None:
    assert stable_id({"n": Decimal("1.0")}, "x", key=("n",)) == stable_id({"n": 1}, "x", key=("n",))
    assert stable_id({"b": b"1"}, "x", key=("b",)) != stable_id({"b": "1"}, "x", key=("b",))


def test_a_migration_need_not_name_the_key() -> None:
    made: list[str] = []

    def up(item: dict[str, Any]) -> dict[str, Any]:
        made.append(stable_id(item, "contact"))
        return item

    transform = Transform([Migration("0001_a.py", up)], KeySchema((("pk", "S"), ("sk", "S"))))
    transform.apply(encode(ITEM))
    transform.page([encode(ITEM)])
    assert made == [stable_id(ITEM, "contact", key=KEY)] * 2


@pytest.fixture
def numbers() -> Transform:
    return Transform(
        [Migration("0001_a.py", lambda item: item | {"x": stable_id(item, "x")})], KeySchema((("id", "N"),))
    )


def test_the_key_is_that_of_the_table(numbers: Transform) -> None:
    (output,) = numbers.apply(encode({"id": 5}))
    assert stable_id({"id": 5}, "x", key=("id",)).encode() in output.raw


def test_by_hand_without_a_key_it_says_what_to_do() -> None:
    with pytest.raises(MigrationError, match=r"verdigris\.testing\.migrate"):
        stable_id(ITEM, "contact")


def test_an_item_without_its_key_is_refused() -> None:
    with pytest.raises(ItemRefused, match="the key attribute `sk`"):
        stable_id({"pk": "a"}, "contact", key=KEY)
