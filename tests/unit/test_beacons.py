"""Which beacons are written, and what they prove, over shards that split at any time."""

from __future__ import annotations

import random

import pytest

from verdigris.core.beacons import KEYS_A_SHARD, Learned, unproven
from verdigris.core.lineage import Positions, open_leaves
from verdigris.core.model import Shard

P, A, B = Shard("p", None, True), Shard("a", "p", False), Shard("b", "p", False)
NOTHING = Positions({})
READ = NOTHING.advanced("p", "9", ended=True)


def test_a_shard_is_proven_by_a_beacon_that_came_through_it() -> None:
    roots = [Shard("x", None, False), Shard("y", None, False)]
    assert unproven(roots, NOTHING, set()) == ["x", "y"]
    assert unproven(roots, NOTHING, {"x"}) == ["y"]
    assert unproven(roots, NOTHING, {"x", "y"}) == []


def test_what_a_proven_shard_was_split_into_holds_later_changes_only() -> None:
    grandchild = Shard("g", "a", False)
    assert unproven([P, A, B, grandchild], NOTHING, {"p"}) == []


def test_a_closed_shard_is_proven_by_its_end_and_its_children_on_their_own() -> None:
    assert unproven([P, A, B], NOTHING, {"a", "b"}) == ["p"]
    assert unproven([P, A, B], READ, {"a"}) == ["b"]
    assert unproven([P, A, B], READ, {"a", "b"}) == []


def test_a_closed_shard_without_children_proves_nothing() -> None:
    """They are not listed yet."""
    assert unproven([P], READ, set()) == ["p"]


def test_known_keys_are_written_first_and_a_child_is_tried_with_its_parents() -> None:
    learned = Learned(5, {"p": 3, "x": 4})
    shards = [P, A, B, Shard("x", None, False)]
    assert learned.next(shards, ["a", "b", "x"], set()) == [3, 4]
    learned = learned.came(3, "a").came(4, "x")
    assert learned.numbers == {"a": 3, "x": 4}
    assert learned.next(shards, ["b"], {3, 4}) == [0, 1, 2, 5, 6]  # twice as many as shards, but one


def test_one_key_a_shard_is_kept() -> None:
    learned = Learned().came(0, "x").came(1, "x").came(2, "y")
    assert learned.numbers == {"x": 0, "y": 2}
    assert learned.came(0, "y").numbers == {"y": 2}


def test_one_shard_needs_one_key() -> None:
    assert Learned().next([Shard("x", None, False)], ["x"], set()) == [0]


def test_keys_are_durable_up_to_the_highest() -> None:
    assert Learned().trying([0, 1, 2]).tried == 3
    assert Learned(7).trying([2]).tried == 7


def test_it_is_given_up_after_so_many_keys() -> None:
    shards = [Shard(name, None, False) for name in "xyz"]
    sent: set[int] = set()
    learned = Learned()
    while numbers := learned.next(shards, ["z"], sent):
        assert not sent & set(numbers)
        sent |= set(numbers)
        learned = learned.came(numbers[0], "x")
    assert len(sent) == 3 * KEYS_A_SHARD


@pytest.mark.parametrize("count", [1, 2, 7, 100, 1000])
def test_few_keys_are_enough_for_shards_of_one_size(count: int) -> None:
    dice = random.Random(count)
    shards = [Shard(f"s{n}", None, False) for n in range(count)]
    learned, reached, sent = Learned(), set[str](), set[int]()
    rounds = 0
    while left := unproven(shards, NOTHING, reached):
        rounds += 1
        for number in learned.next(shards, left, sent):
            sent.add(number)
            shard = f"s{dice.randrange(count)}"
            reached.add(shard)
            learned = learned.came(number, shard)
    assert rounds <= 10
    assert set(learned.numbers) == {f"s{n}" for n in range(count)}
    assert len(learned.next(shards, [shard.id for shard in shards], set())) == count
    assert open_leaves(shards) == [shard.id for shard in shards]
