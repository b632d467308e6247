"""The contract of the port Links, in memory and on DynamoDB Local."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from verdigris.stores.base import LinkKind, Links
from verdigris.stores.dynamodb_admin import DynamoAdmin
from verdigris.stores.dynamodb_links import DynamoLinks
from verdigris.stores.memory_links import MemoryLinks

A, B, C = ("case|1", "a"), ("case|1", "b"), ("case|" + "x" * 2000, "c" * 1000)


@pytest.fixture(params=["memory", "dynamodb-local"])
def again(request: pytest.FixtureRequest) -> Iterator[Callable[[], Links]]:
    """A function that opens the same links anew, as another runner would."""
    if request.param == "memory":
        one = MemoryLinks()
        yield lambda: one
        return
    from tests.contract.stores import local_aws

    aws: Any = local_aws(request.getfixturevalue("stack").dynamodb_url)
    admin = DynamoAdmin(aws)
    name = "links-contract"
    yield lambda: DynamoLinks(aws.json("dynamodb"), admin, name)
    admin.delete(name)


def test_a_listing_says_whether_anything_is_left(again: Callable[[], Links]) -> None:
    assert not again().there()
    again().add([(LinkKind.OWNER, A, B)])
    assert again().there()
    again().drop()
    assert not again().there()


def test_nothing_is_known_at_first(again: Callable[[], Links]) -> None:
    assert again().of(LinkKind.OWNER, [A, B]) == {}
    assert again().of(LinkKind.OWNER, []) == {}


def test_what_was_added_is_there_for_everybody(again: Callable[[], Links]) -> None:
    again().add([(LinkKind.OWNER, A, B), (LinkKind.OWNER, A, C), (LinkKind.OWNER, B, A)])
    assert again().of(LinkKind.OWNER, [A, B, C]) == {A: {B, C}, B: {A}}


def test_adding_twice_is_harmless(again: Callable[[], Links]) -> None:
    links = again()
    links.add([(LinkKind.OWNER, A, B), (LinkKind.OWNER, A, B)])
    links.add([(LinkKind.OWNER, A, B)])
    links.add([])
    assert links.of(LinkKind.OWNER, [A]) == {A: {B}}


def test_the_kinds_are_apart(again: Callable[[], Links]) -> None:
    links = again()
    links.add([(LinkKind.OWNER, A, B), (LinkKind.OUTPUT, A, C)])
    assert links.of(LinkKind.OWNER, [A]) == {A: {B}}
    assert links.of(LinkKind.OUTPUT, [A]) == {A: {C}}
    assert links.of(LinkKind.READER, [A]) == {}


def test_the_longest_keys_and_many_links(again: Callable[[], Links]) -> None:
    links = again()
    many = [(LinkKind.READER, C, ("reader", str(number))) for number in range(300)]
    links.add(many)
    assert links.of(LinkKind.READER, [C]) == {C: {to for _, _, to in many}}


def test_dropped_links_are_forgotten(again: Callable[[], Links]) -> None:
    links = again()
    links.add([(LinkKind.OWNER, A, B)])
    links.drop()
    links.drop()
    assert links.of(LinkKind.OWNER, [A]) == {}
    links.add([(LinkKind.OWNER, A, C)])
    assert links.of(LinkKind.OWNER, [A]) == {A: {C}}
