"""Splitting by count and by bytes."""

from __future__ import annotations

from verdigris.core.batching import BATCH_GET, BATCH_WRITE, GET_RECORDS, TRANSACT_WRITE, Limit, batches

SMALL = Limit(3, 10, "made up")


def test_by_count() -> None:
    assert list(batches([b"a"] * 7, SMALL)) == [[b"a"] * 3, [b"a"] * 3, [b"a"]]


def test_by_bytes() -> None:
    assert list(batches([b"12345", b"12345", b"1"], SMALL)) == [[b"12345", b"12345"], [b"1"]]


def test_one_that_is_too_large_goes_alone() -> None:
    assert list(batches([b"1", b"x" * 11, b"2"], SMALL)) == [[b"1"], [b"x" * 11], [b"2"]]


def test_nothing_is_no_batch() -> None:
    assert list(batches([], SMALL)) == []


def test_the_limits_of_the_service() -> None:
    assert (BATCH_WRITE.count, BATCH_WRITE.bytes) == (25, 16 * 1024**2)
    assert (BATCH_GET.count, TRANSACT_WRITE.count, GET_RECORDS.count) == (100, 100, 1000)
