"""Canonical form and sums: examples, the serialised form, constant memory."""

from __future__ import annotations

import tracemalloc

import pytest

from verdigris.core.fingerprint import Sums, bucket_of, canonical, fingerprint


def test_one_spelling_for_each_item() -> None:
    one = b'{"a":{"N":"1.50"},"s":{"SS":["x","y"]},"m":{"M":{}},"l":{"L":[{"NS":["2","10.0"]},{}]},"z":{"S":"\\u0061"}}'
    two = b'{"z":{"S":"a"},"l":{"L":[{"NS":["10","2"]},{"M":{}}]},"m":{},"s":{"SS":["y","x"]},"a":{"N":"15E-1"}}'
    assert canonical(one) == canonical(two)
    assert fingerprint(one) == fingerprint(two)
    assert 0 <= fingerprint(one) < 2**128


@pytest.mark.parametrize(
    "other",
    [
        b'{"a":{"S":"1"},"l":{"L":[{"S":"x"},{"S":"y"}]}}',
        b'{"a":{"N":"1"},"l":{"L":[{"S":"y"},{"S":"x"}]}}',
        b'{"a":{"N":"1"},"l":{"SS":["x","y"]}}',
        b'{"a":{"N":"1"}}',
        b'{"a":{"N":"1"},"l":{"L":[{"S":"x"},{"S":"y"}]},"n":{"NULL":true}}',
    ],
)
def test_different_items_differ(other: bytes) -> None:
    assert fingerprint(other) != fingerprint(b'{"a":{"N":"1"},"l":{"L":[{"S":"x"},{"S":"y"}]}}')


def test_the_bucket_of_a_key_is_the_same_everywhere() -> None:
    assert bucket_of(("case|1", "docket|2")) == 15400
    assert {bucket_of((f"k{n}",), 4) for n in range(100)} == {0, 1, 2, 3}


def test_sums_name_the_buckets_that_differ() -> None:
    left, right = Sums(64), Sums(64)
    for n in range(1000):
        left.add((f"k{n}",), n)
        right.add((f"k{n}",), n if n not in {3, 500} else n + 1)
    assert left.differing(right) == sorted({bucket_of(("k3",), 64), bucket_of(("k500",), 64)})
    assert left.differing(left) == []
    assert left.count == 1000


def test_an_item_more_differs_even_if_it_adds_zero() -> None:
    left, right = Sums(8), Sums(8)
    left.add(("k",), 0)
    assert left.differing(right) == [bucket_of(("k",), 8)]


def test_sums_carry_and_wrap_at_128_bits() -> None:
    sums = Sums(1)
    for value in (2**128 - 1, 2**64 - 1, 1, 2**64):
        sums.add(("k",), value)
    same = Sums(1)
    for value in ((2**64 - 1 + 2**64) % 2**128, 0, 0, 0):
        same.add(("k",), value)
    assert sums == same


def test_stored_sums_come_back_and_other_bytes_do_not() -> None:
    sums = Sums(100)
    for n in range(500):
        sums.add((str(n),), fingerprint(b'{"n":{"N":"%d"}}' % n))
    assert Sums.from_bytes(sums.to_bytes()) == sums
    for data in (b"", b"x" * 100, sums.to_bytes()[:-5], b"nope" + sums.to_bytes()[4:]):
        with pytest.raises(ValueError, match="no stored sums"):
            Sums.from_bytes(data)
    with pytest.raises(ValueError, match="cannot be compared"):
        sums.differing(Sums(101))
    with pytest.raises(ValueError, match="cannot be compared"):
        sums.merge(Sums(101))


def test_memory_does_not_grow_with_the_items() -> None:
    tracemalloc.start()
    try:
        sums = Sums()
        empty = tracemalloc.get_traced_memory()[0]
        for n in range(50_000):
            sums.add((f"k{n}",), n << 64)
        assert empty < 2_000_000
        assert tracemalloc.get_traced_memory()[0] - empty < 100_000
    finally:
        tracemalloc.stop()
