"""When an item has expired, by the service's own rule."""

from __future__ import annotations

import pytest

from verdigris.core.ttl import expiry

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("item", "gone"),
    [
        (b'{"pk":{"S":"a"},"ttl":{"N":"1699999999"}}', True),
        (b'{"pk":{"S":"a"},"ttl":{"N":"1700000000"}}', True),
        (b'{"pk":{"S":"a"},"ttl":{"N":"1700000001"}}', False),
        (b'{"pk":{"S":"a"},"ttl":{"N":"1.6E+9"}}', True),
        (b'{"pk":{"S":"a"},"ttl":{"N":"1"}}', False),
        (b'{"pk":{"S":"a"},"ttl":{"S":"1699999999"}}', False),
        (b'{"pk":{"S":"a"}}', False),
        (b'{"m":{"M":{"ttl":{"N":"1699999999"}}}}', False),
    ],
)
def test_an_item_expires_by_a_number_in_seconds_at_top_level(item: bytes, gone: bool) -> None:
    assert expiry("ttl")(item, NOW) is gone


def test_without_a_ttl_attribute_nothing_expires() -> None:
    assert not expiry(None)(b'{"ttl":{"N":"1"}}', NOW)
