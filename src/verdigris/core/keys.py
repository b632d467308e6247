"""Keys of items in Python values, and keys for people. (Keys of raw items: raw_key.py.)"""

from __future__ import annotations

from typing import NamedTuple

from verdigris.core.items import GUIDE, Unstorable, encode_value, refused, value_size
from verdigris.core.model import Item, Key, KeySchema
from verdigris.errors import ItemRefused

#: Bytes of a partition key's and a sort key's value. (Developer Guide, "Quotas", "Partition key length".)
KEY_BYTES = (2048, 1024)
_KEY_TYPES = {"S": "text (S)", "N": "a number (N)", "B": "binary (B)"}


class Schemas(NamedTuple):
    """The keys of both tables of a deployment: the same, unless it gives the table another one."""

    source: KeySchema
    destination: KeySchema


def key_of(schema: KeySchema, item: Item) -> Key:
    """The key of an item in Python values. Raises ItemRefused saying which key attribute is missing or wrong."""
    return tuple(
        _part(item, name, kind, limit) for (name, kind), limit in zip(schema.attributes, KEY_BYTES, strict=False)
    )


def _part(item: Item, name: str, kind: str, limit: int) -> str:
    if name not in item:
        raise ItemRefused(f"the key attribute `{name}` is missing")
    value = item[name]
    if kind == "S" and type(value) is str and 0 < len(value) * 4 <= limit:
        return value  # what most keys are
    try:
        encoded = encode_value(value)
    except Unstorable as fault:
        raise refused(name, str(fault)) from None
    if kind not in encoded:
        raise ItemRefused(f"the key attribute `{name}` is a {type(value).__name__}; the table wants {_KEY_TYPES[kind]}")
    text: str = encoded[kind]
    if not text:
        raise ItemRefused(f"the key attribute `{name}` is empty, which DynamoDB does not allow in a key")
    if kind != "N" and len(text) * 4 > limit and (size := value_size(encoded)) > limit:
        raise ItemRefused(f"the key attribute `{name}` has {size:,} bytes; DynamoDB allows {limit:,} ({GUIDE})")
    return text


def show_key(schema: KeySchema, key: Key) -> str:
    """A key for people: `pk=case|1, sk=user|2`."""
    return ", ".join(f"{name}={value}" for name, value in zip(schema.names, key, strict=True))
