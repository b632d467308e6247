"""The family of keys that are reserved for beacons."""

from __future__ import annotations

import base64

import pytest
from pydantic import TypeAdapter, ValidationError

from verdigris.config.values import Beacon
from verdigris.core.model import KeySchema, canonical_number
from verdigris.core.reserved import Reserved

TEXTS = Reserved(KeySchema((("pk", "S"), ("sk", "S"))), "verdigris|beacon")
NUMBERS = Reserved(KeySchema((("id", "N"),)), "-7")
ZERO = Reserved(KeySchema((("id", "N"), ("at", "N"))), "0")
MIXED = Reserved(KeySchema((("pk", "S"), ("at", "N"))), "7")
BYTES = [Reserved(KeySchema((("id", "B"), ("sk", "B"))), "verdigris|beacon"[:length]) for length in range(1, 17)]
EVERY = [TEXTS, NUMBERS, ZERO, MIXED, *BYTES]
SOME = [*range(200), 10_000, 999_999_999]


def test_the_first_is_the_configured_value_and_the_others_differ_in_the_partition_key() -> None:
    assert [TEXTS.key(number) for number in (0, 17)] == [
        ("verdigris|beacon", "verdigris|beacon"),
        ("verdigris|beacon|17", "verdigris|beacon"),
    ]
    assert [NUMBERS.key(number) for number in (0, 17)] == [("-7",), ("-7.171",)]
    assert [ZERO.key(number) for number in (0, 10)] == [("0", "0"), ("0.101", "0")]
    assert [MIXED.key(number) for number in (0, 17)] == [("7", "7"), ("7|17", "7")]
    assert [base64.b64decode(part) for part in BYTES[-1].key(17)] == [b"verdigris|beacon|17", b"verdigris|beacon"]


@pytest.mark.parametrize("reserved", EVERY, ids=str)
def test_each_number_has_a_key_of_its_own_and_is_read_from_it(reserved: Reserved) -> None:
    keys = [reserved.key(number) for number in SOME]
    assert len({key[0] for key in keys}) == len(SOME)
    assert [reserved.number(key) for key in keys] == SOME
    assert all(key in reserved for key in keys)
    if reserved.schema.attributes[0][1] == "N":
        assert all(key[0] == canonical_number(key[0]) for key in keys)


def test_what_looks_like_one_is_somebody_elses() -> None:
    text = "verdigris|beacon"
    others = [f"{text}s", f"{text}|", f"{text}|x", f"{text}|007", f"{text}|0", f"{text}|1|2", f"{text}|²", "verdigris"]
    assert not any((other, text) in TEXTS for other in others)
    assert (f"{text}|1", f"{text}|1") not in TEXTS
    assert (f"{text}|{'1' * 2000}", text) not in TEXTS
    assert not any((other,) in NUMBERS for other in ("-71", "-7.1", "-7.01", "-7.172", "-8", "7.171", "-70.171"))
    for reserved in BYTES:
        for other in (b"verdigris", b"\xff\xfe", b"", reserved.value.encode() + b"\xff", b"verdigris|beacon|x"):
            coded = base64.b64encode(other).decode()
            assert (coded, reserved.key(0)[1]) not in reserved or other == reserved.value.encode()


def test_a_needle_is_in_every_reserved_item() -> None:
    (needle,) = TEXTS.needles
    assert all(needle in f'{{"pk":{{"S":"{TEXTS.key(number)[0]}"}}}}'.encode() for number in SOME)
    assert Reserved(TEXTS.schema, "a/b").needles == ()  # JSON may spell a slash in two ways
    assert NUMBERS.needles == BYTES[0].needles == ()


def test_only_a_whole_number_fits_a_key_that_is_a_number() -> None:
    assert all(reserved.fits for reserved in EVERY)
    for value in ("verdigris|beacon", "007", "1.5", "-", "-0", "1" * 29):
        assert not Reserved(NUMBERS.schema, value).fits
        assert not Reserved(MIXED.schema, value).fits
        assert Reserved(TEXTS.schema, value).fits


def test_a_whole_number_that_the_configuration_takes_fits() -> None:
    beacon = TypeAdapter(Beacon)
    longest = 10**28 - 1
    for value in (0, 7, longest, -longest):
        assert Reserved(NUMBERS.schema, str(beacon.validate_python(value))).fits
    with pytest.raises(ValidationError, match="must have at most 28 digits"):
        beacon.validate_python(longest + 1)
