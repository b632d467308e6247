"""Fingerprints depend on what an item is, not on how it is spelled; sums do not depend on order or grouping."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.property.test_items_round_trip import items

from verdigris.core.fingerprint import Sums, canonical, fingerprint
from verdigris.core.items import decode, encode, to_json


def respelled(value: Any, chance: random.Random) -> Any:
    """The same DynamoDB JSON in another order, with other spellings of numbers and empty maps."""
    if isinstance(value, list):
        return [respelled(member, chance) for member in value]
    if not isinstance(value, dict):
        return value
    members = list(value.items())
    chance.shuffle(members)
    return {name: respelled_attribute(tagged, chance) for name, tagged in members}


def respelled_attribute(tagged: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    ((tag, value),) = tagged.items()
    if tag == "N":
        return {"N": respelled_number(value, chance)}
    if tag in {"SS", "BS"}:
        return {tag: chance.sample(value, len(value))}
    if tag == "NS":
        return {tag: [respelled_number(number, chance) for number in chance.sample(value, len(value))]}
    if tag == "L":
        return {"L": [respelled_attribute(member, chance) for member in value]}
    if tag == "M":
        return {} if not value and chance.random() < 0.5 else {"M": respelled(value, chance)}
    return tagged


def respelled_number(number: str, chance: random.Random) -> str:
    longer = number + "00" if "." in number else number + ".0"
    return chance.choice([number, longer, f"{number}E0", f"{number}E+0"])


@given(items, st.randoms(use_true_random=False))
def test_another_spelling_is_the_same_item(item: dict[str, Any], chance: random.Random) -> None:
    raw = encode(item)
    other = json.dumps(respelled(to_json(item), chance), ensure_ascii=chance.random() < 0.5).encode()
    assert canonical(other) == canonical(raw)
    assert fingerprint(other) == fingerprint(raw)
    assert decode(canonical(raw)) == item
    assert canonical(canonical(raw)) == canonical(raw)


@given(items, items)
def test_items_that_differ_have_different_fingerprints(one: dict[str, Any], two: dict[str, Any]) -> None:
    assert (fingerprint(encode(one)) == fingerprint(encode(two))) is (to_json(one) == to_json(two))


additions = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 2**128 - 1)), max_size=30)


def summed(added: list[tuple[int, int]], buckets: int) -> Sums:
    sums = Sums(buckets)
    for key, value in added:
        sums.add((str(key),), value)
    return sums


@given(additions, st.integers(0, 30), st.randoms(use_true_random=False), st.integers(1, 20))
def test_sums_do_not_depend_on_order_or_grouping(added: Any, cut: int, chance: random.Random, buckets: int) -> None:
    shuffled = chance.sample(added, len(added))
    left, right = summed(shuffled[:cut], buckets), summed(shuffled[cut:], buckets)
    left.merge(Sums.from_bytes(right.to_bytes()))
    assert left == summed(added, buckets)
    assert left.count == len(added)


@given(additions, st.integers(0, 50), st.integers(1, 2**128 - 1), st.integers(1, 20))
def test_one_changed_item_shows_in_one_bucket(added: Any, key: int, change: int, buckets: int) -> None:
    before, after = summed([*added, (key, 0)], buckets), summed([*added, (key, change)], buckets)
    assert len(before.differing(after)) == 1
