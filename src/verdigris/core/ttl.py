"""Time to live: an item whose time has passed equals an absent one, since the service may delete it at any moment."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias

import msgspec

from verdigris.core.fingerprint import same
from verdigris.core.model import RawItem

#: Whether a raw item has expired at a time (seconds since the epoch).
Expired: TypeAlias = Callable[[RawItem, float], bool]

#: An item whose time lies further back is never deleted. (Developer Guide, "Using time to live", "Prerequisites".)
_OLDEST_S = 5 * 365 * 86_400


class _Number(msgspec.Struct):
    N: str


def expiry(attribute: str | None) -> Expired:
    """The rule for a table whose TTL attribute has this name; None: nothing ever expires."""
    if attribute is None:
        return lambda item, now_s: False
    decode = msgspec.json.Decoder(
        msgspec.defstruct("Timed", [("at", msgspec.Raw, msgspec.Raw(b""))], rename={"at": attribute})
    ).decode

    def expired(item: RawItem, now_s: float) -> bool:
        found: Any = decode(item).at  # type: ignore[attr-defined]
        try:
            at_s = Decimal(msgspec.json.decode(found, type=_Number).N) if found else None
        except msgspec.ValidationError:
            return False  # no number: the service ignores it
        return at_s is not None and now_s - _OLDEST_S < at_s <= Decimal(now_s)

    return expired


def alike(wanted: RawItem | None, there: RawItem | None, expired: Expired, now_s: float) -> bool:
    """Whether both say the same. An item whose time has passed equals an absent one: the service may delete it on
    either side."""
    left, right = (None if item is None or expired(item, now_s) else item for item in (wanted, there))
    return same(left, right)
