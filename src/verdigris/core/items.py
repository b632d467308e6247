"""Items in DynamoDB's JSON ↔ items as migrations see them.

| DynamoDB | Python | also accepted on the way back |
|---|---|---|
| S | str | subclasses of str |
| N | Decimal | int and its subclasses (bool is not a number) |
| B | bytes | bytearray |
| BOOL, NULL | bool, None | |
| L, M | list, dict | tuple, read-only mapping (what a view gives) |
| SS, NS, BS | set of str, Decimal or bytes | frozenset |

Numbers never pass through a float: a float is refused, since what it would be stored as is not what was meant.
The encoders are written for speed and know nothing of paths; when one fails, a second walk finds the place.
"""

from __future__ import annotations

import re
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import orjson

from verdigris.core.model import Item, JsonItem, RawItem, canonical_number
from verdigris.errors import ItemRefused

GUIDE = "Amazon DynamoDB Developer Guide"
#: Bytes of an item, its attribute names included. (Developer Guide, "Quotas", "Item size".)
ITEM_BYTES = 400 * 1024
#: Significant digits of a number. (Developer Guide, "Supported data types", "Number".)
NUMBER_DIGITS = 38
#: Decimal exponents of the smallest and the largest number: 1E-130 and 9.9…E+125. (The same place.)
NUMBER_EXPONENTS = (-130, 125)
#: Levels of maps and lists in each other. (Developer Guide, "Quotas", "Nested attribute depth".)
NESTING_LEVELS = 32

_EMPTY_MAP: dict[str, Any] = {"M": {}}


# ── DynamoDB JSON → Python ───────────────────────────────────────────────────────────────────────────────────────


def decode(raw: RawItem) -> Item:
    """The item as Python values. Raises ItemRefused if `raw` is not an item in DynamoDB's JSON."""
    try:
        return _decode_map(orjson.loads(raw))
    except (ValueError, KeyError, ArithmeticError, AttributeError, TypeError) as error:
        raise ItemRefused(f"this is not an item in DynamoDB's JSON: {type(error).__name__}: {error}") from error


def from_json(item: JsonItem) -> Item:
    """As `decode`, from DynamoDB's JSON as Python objects; `item` is not changed and shares nothing mutable."""
    return decode(orjson.dumps(item))


def _decode_map(values: dict[str, Any]) -> Item:
    return {name: tagged["S"] if "S" in tagged else _decode_tagged(tagged) for name, tagged in values.items()}


def _decode_list(values: list[Any]) -> list[Any]:
    return [tagged["S"] if "S" in tagged else _decode_tagged(tagged) for tagged in values]


def _decode_tagged(tagged: dict[str, Any]) -> Any:
    # DynamoDB Local's streams write an empty map as `{}` without its `M`.
    ((tag, value),) = (tagged or _EMPTY_MAP).items()
    return _DECODERS[tag](value)


def _decode_null(_: Any) -> None:
    return None


def _decode_numbers(values: list[str]) -> set[Decimal]:
    return set(map(Decimal, values))


def _decode_binaries(values: list[str]) -> set[bytes]:
    return set(map(a2b_base64, values))


_DECODERS: dict[str, Callable[[Any], Any]] = {
    "S": str,
    "N": Decimal,
    "B": a2b_base64,
    "BOOL": bool,
    "NULL": _decode_null,
    "L": _decode_list,
    "M": _decode_map,
    "SS": set,
    "NS": _decode_numbers,
    "BS": _decode_binaries,
}


# ── Python → DynamoDB JSON ───────────────────────────────────────────────────────────────────────────────────────


def encode(item: Item) -> RawItem:
    """The item in DynamoDB's JSON, numbers in canonical form, sets sorted.

    Raises ItemRefused naming the place inside the item (`lines[2].price`) for what DynamoDB cannot store: floats,
    NaN and Infinity, numbers beyond 38 digits or their range, dates, empty and mixed sets, other types, keys of maps
    that are not str or are empty, text that is not valid Unicode, more than 32 levels, more than 400 KB.
    """
    try:
        encoded = _encode_fields(item)
        raw = orjson.dumps(encoded)
    except Exception as error:
        _explain(item, "", 0)
        raise ItemRefused(f"the item cannot be stored: {type(error).__name__}: {error}") from error
    # Each level is one `{"M":` or `{"L":`, and the JSON is never shorter than the item: most items end here.
    if raw.count(b'{"M":') + raw.count(b'{"L":') > NESTING_LEVELS:
        _explain(item, "", 0)
    if b'"":' in raw:  # an empty name, or text that holds these characters
        _explain(item, "", 0)
    if len(raw) > ITEM_BYTES and (size := item_size(encoded)) > ITEM_BYTES:
        raise ItemRefused(f"the item has {size:,} bytes; DynamoDB stores {ITEM_BYTES:,} (400 KB) at most ({GUIDE})")
    return raw


def to_json(item: Item) -> JsonItem:
    """As `encode`, as Python objects."""
    encoded: JsonItem = orjson.loads(encode(item))
    return encoded


def item_size(item: JsonItem) -> int:
    """The bytes that DynamoDB counts for an item: names and values, 3 for each map or list and 1 for each member.

    For numbers the service says "approximately"; this is its formula. (Developer Guide, "DynamoDB item sizes".)
    """
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def value_size(tagged: dict[str, Any]) -> int:
    """The bytes that DynamoDB counts for one value."""
    for tag, value in tagged.items():
        if tag == "M":
            return 3 + len(value) + item_size(value)
        if tag == "L":
            return 3 + len(value) + sum(map(value_size, value))
        if tag in {"SS", "NS", "BS"}:
            return sum(value_size({tag[0]: member}) for member in value)
        if tag == "N":
            digits = str(value).lstrip("-").replace(".", "").strip("0")
            return (len(digits) + 1) // 2 + 1 + str(value).startswith("-")
        if tag in {"S", "B"}:
            return len(value.encode()) if tag == "S" else len(a2b_base64(value))
    return 1


class Unstorable(ValueError):
    """Why one value cannot be stored: `is a float, …`."""


#: Numbers that are spelled canonically already and are short enough to be in range.
_is_canonical = re.compile(r"0|-?(?:[1-9][0-9]*|0(?=\.))(?:\.[0-9]*[1-9])?").fullmatch

#: Integers below this have few enough digits, whichever they are.
_SAFE_INT = 10**NUMBER_DIGITS


def canonical_text(text: str) -> str:
    """As `canonical_number`, and fast for what is canonical already."""
    return text if _is_canonical(text) else canonical_number(text)


def number_text(value: int | Decimal) -> str:
    """The canonical text of a number. Raises Unstorable if DynamoDB cannot store it exactly."""
    number = Decimal(value)
    if not number.is_finite():
        raise Unstorable(f"is {number}, which DynamoDB cannot store")
    if not number:
        return "0"
    low, high = NUMBER_EXPONENTS
    if not low <= number.adjusted() <= high:
        raise Unstorable(f"is a number beyond what DynamoDB stores, 1E{low} to 9.9E+{high} ({GUIDE})")
    digits = len("".join(map(str, number.as_tuple().digits)).strip("0"))
    if digits > NUMBER_DIGITS:
        raise Unstorable(f"is a number of {digits} significant digits; DynamoDB keeps {NUMBER_DIGITS} ({GUIDE})")
    return canonical_number(str(number))


def encode_value(value: Any) -> dict[str, Any]:
    """One value in DynamoDB's JSON. Raises Unstorable."""
    return _ENCODERS[type(value)](value)


def _encode_fields(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {"S": value} if type(value) is str else _ENCODERS[type(value)](value) for name, value in values.items()
    }


def _encode_map(values: dict[str, Any]) -> dict[str, Any]:
    return {"M": _encode_fields(values)}


def _encode_list(values: list[Any]) -> dict[str, Any]:
    return {"L": [{"S": value} if type(value) is str else _ENCODERS[type(value)](value) for value in values]}


def _encode_text(value: str) -> dict[str, Any]:
    return {"S": str.__str__(value)}


def _encode_decimal(value: Decimal) -> dict[str, Any]:
    text = str(value)
    # A Decimal has no leading zeros, so one of digits only is canonical.
    if len(text) <= NUMBER_DIGITS and (text.isdigit() or _is_canonical(text)):
        return {"N": text}
    return {"N": number_text(value)}


def _encode_int(value: int) -> dict[str, Any]:
    return {"N": int.__repr__(value) if -_SAFE_INT < value < _SAFE_INT else number_text(value)}


def _encode_binary(value: bytes) -> dict[str, Any]:
    return {"B": b2a_base64(value, newline=False).decode("ascii")}


def _encode_bool(value: bool) -> dict[str, Any]:
    return {"BOOL": value}


def _encode_null(_: None) -> dict[str, Any]:
    return {"NULL": True}


def _encode_set(values: set[Any]) -> dict[str, Any]:
    if set(map(type, values)) == {str}:
        return {"SS": sorted(values)}
    members = [_ENCODERS[type(value)](value) for value in values]
    tags = {tag for member in members for tag in member}
    if not tags:
        raise Unstorable("is an empty set, which DynamoDB cannot store: leave the attribute out")
    if len(tags) > 1 or not tags <= {"S", "N", "B"}:
        names = " and ".join(sorted({type(value).__name__ for value in values}))
        raise Unstorable(f"is a set of {names}; the members of a set are all text, all numbers or all bytes")
    (tag,) = tags
    return {f"{tag}S": sorted(member[tag] for member in members)}


def _refuse_float(_: float) -> dict[str, Any]:
    raise Unstorable("is a float, which would change the number: use Decimal or int")


def _refuse_date(value: date) -> dict[str, Any]:
    aware = isinstance(value, datetime) and value.utcoffset() is not None
    kind = type(value).__name__ + ("" if not isinstance(value, datetime) else " with a zone" if aware else " (naive)")
    zone = "" if aware or not isinstance(value, datetime) else ", after giving it a time zone"
    raise Unstorable(f"is a {kind}; DynamoDB has no dates: store text, such as value.isoformat(){zone}")


def _refuse_type(value: Any) -> dict[str, Any]:
    raise Unstorable(f"is a {type(value).__name__}, which DynamoDB cannot store")


class _ByType(dict[type, Callable[[Any], dict[str, Any]]]):
    """Encoders by exact type; a subclass gets the encoder of its nearest base."""

    def __missing__(self, kind: type) -> Callable[[Any], dict[str, Any]]:
        return next((self[base] for base in kind.__mro__[1:] if base in self), _refuse_type)


_ENCODERS = _ByType(
    {
        str: _encode_text,
        Decimal: _encode_decimal,
        int: _encode_int,
        bool: _encode_bool,
        type(None): _encode_null,
        bytes: _encode_binary,
        bytearray: _encode_binary,
        list: _encode_list,
        tuple: _encode_list,
        dict: _encode_map,
        MappingProxyType: _encode_map,
        set: _encode_set,
        frozenset: _encode_set,
        float: _refuse_float,
        date: _refuse_date,
    }
)


def _explain(value: Any, path: str, depth: int) -> None:
    """Raises ItemRefused for the first value inside `value` that cannot be stored; returns if there is none."""
    if depth > NESTING_LEVELS + 1:
        raise refused(path, f"lies deeper than {NESTING_LEVELS} levels, DynamoDB's limit ({GUIDE})")
    if isinstance(value, Mapping):
        for name, member in value.items():
            if type(name) is not str:
                raise refused(path, f"is a map with the key {name!r} of type {type(name).__name__}; keys are str")
            if not name:
                raise refused(path, f"is a map with an empty name, which DynamoDB does not allow ({GUIDE})")
            _explain(name, f"{path}.{name}" if path else name, depth)
            _explain(member, f"{path}.{name}" if path else name, depth + 1)
    elif isinstance(value, (list, tuple)):
        for index, member in enumerate(value):
            _explain(member, f"{path}[{index}]", depth + 1)
    else:
        try:
            orjson.dumps(encode_value(value))
        except Unstorable as fault:
            raise refused(path, str(fault)) from None
        except TypeError:
            raise refused(path, "is text with a lone surrogate, which is not valid Unicode") from None


def refused(path: str, reason: str) -> ItemRefused:
    """The error for the value at `path` inside an item."""
    shown = path.encode("ascii", "backslashreplace").decode() if not path.isprintable() else path
    return ItemRefused(f"`{shown}` {reason}" if shown else f"the item {reason}")
