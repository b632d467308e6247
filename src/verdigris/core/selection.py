"""`selects`: which items a migration touches, decided on raw bytes.

    selects = {"entityName": "Fee"}                    # an attribute has this value
    selects = {"entityName": ["Fee", "Refund"], "open": True}   # one of these, and that

Top-level attributes only; values are str, int, Decimal, bool or None, or a list, tuple or set of them. Numbers compare
by value, and a bool is not a number. A migration without `selects` touches every item.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec

from verdigris.core.items import Unstorable, encode_value
from verdigris.core.model import RawItem, canonical_number


class _Scalar(msgspec.Struct, gc=False):
    """The kinds of values that can be selected; of any other kind all fields stay unset, which equals nothing."""

    S: str | msgspec.UnsetType = msgspec.UNSET
    N: str | msgspec.UnsetType = msgspec.UNSET
    BOOL: bool | msgspec.UnsetType = msgspec.UNSET
    NULL: bool | msgspec.UnsetType = msgspec.UNSET

    def tagged(self) -> tuple[str, Any] | None:
        if self.S is not msgspec.UNSET:
            return ("S", self.S)
        if self.N is not msgspec.UNSET:
            return ("N", canonical_number(self.N))
        if self.BOOL is not msgspec.UNSET:
            return ("BOOL", self.BOOL)
        return ("NULL", True) if self.NULL is not msgspec.UNSET else None


class Selector:
    """One `selects`. Raises ValueError if it is not what the module's docstring says."""

    def __init__(self, selects: Mapping[str, Any]) -> None:
        if not isinstance(selects, Mapping) or not selects:
            raise ValueError('`selects` must be a dict of attribute → value, such as {"entityName": "Fee"}')
        wanted = {name: _alternatives(name, value) for name, value in selects.items()}
        self._wanted = tuple(wanted.values())
        #: For each attribute whose values are plain text: at least one of these must occur in a selected item's JSON.
        self._needles = tuple(needles for values in wanted.values() if (needles := _needles(values)))
        self._read = _reader(tuple(wanted))

    def __call__(self, raw: RawItem) -> bool:
        """Whether `raw` is selected."""
        for needles in self._needles:
            if not any_in(raw, needles):
                return False
        for scalar, values in zip(self._read(raw), self._wanted, strict=True):
            if scalar is None or scalar.tagged() not in values:
                return False
        return True


@cache
def _reader(names: tuple[str, ...]) -> Callable[[RawItem], Sequence[_Scalar | None]]:
    """A function that reads the values of some top-level attributes out of an item, skipping all else."""
    if any(not name.isprintable() or {'"', "\\"} & set(name) for name in names):  # no names for msgspec's fields
        decode_all = msgspec.json.Decoder(dict[str, _Scalar]).decode
        return lambda raw: list(map(decode_all(raw).get, names))
    fields = [(f"part{place}", _Scalar | None, None) for place in range(len(names))]
    renamed = {f"part{place}": name for place, name in enumerate(names)}
    decode = msgspec.json.Decoder(msgspec.defstruct("Selected", fields, rename=renamed, gc=False)).decode
    return lambda raw: msgspec.structs.astuple(decode(raw))


def _alternatives(name: str, value: Any) -> frozenset[tuple[str, Any]]:
    if type(name) is not str:
        raise ValueError(f"`selects` names attributes by str, not {type(name).__name__}")
    values = value if isinstance(value, (list, tuple, set, frozenset)) else [value]
    if not values:
        raise ValueError(f"`selects` gives no value for `{name}`: such a migration would touch nothing")
    return frozenset(_tagged(name, alternative) for alternative in values)


def _tagged(name: str, value: Any) -> tuple[str, Any]:
    if value is not None and not isinstance(value, (str, int, Decimal)):
        raise ValueError(
            f"`selects` wants a str, int, Decimal, bool or None (or a list of them) for `{name}`, "
            f"not {type(value).__name__}"
        )
    try:
        ((tag, encoded),) = encode_value(value).items()
    except Unstorable as fault:
        raise ValueError(f"`selects`: the value for `{name}` {fault}") from None
    return tag, encoded


def any_in(raw: RawItem, needles: tuple[bytes, ...]) -> bool:
    """False if `raw` surely holds none of the texts that `needles` stand for."""
    for needle in needles:
        if needle in raw:
            return True
    # Any character may be spelled `\\u00..`: then the absence of a needle proves nothing.
    return b"\\" in raw and b"\\u00" in raw


def _needles(values: frozenset[tuple[str, Any]]) -> tuple[bytes, ...]:
    if not all(tag == "S" and is_plain(text) for tag, text in values):
        return ()
    return tuple(needle(text) for _, text in values)


def is_plain(text: str) -> bool:
    """Whether JSON can spell `text` in two ways only: as it is, or with `\\u00..` escapes."""
    return text.isascii() and text.isprintable() and not {'"', "\\", "/"} & set(text)


def needle(text: str) -> bytes:
    """What stands in the JSON of an item that holds the plain `text`, unless it is spelled with `\\u00..` escapes."""
    return f'"{text}"'.encode()
