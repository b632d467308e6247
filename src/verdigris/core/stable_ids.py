"""Ids that a migration may make: functions of the item, so that each time it runs they come out the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID, uuid5

import orjson

from verdigris.core.keys import key_of
from verdigris.core.model import Item, KeySchema
from verdigris.errors import MigrationError

#: Never to be changed: ids that are stored were made with it.
_NAMESPACE = UUID("7d1a5c52-6f0b-5d2e-9c1e-3b0f4a9d8e61")

_schema: ContextVar[KeySchema | None] = ContextVar("the key of the table that migrations run on", default=None)


def stable_id(item: Item, name: str, *, key: Sequence[str] = ()) -> str:
    """An id for `item`, shaped like a UUID (version 5): a function of the values of its key, and of `name`.

    Use it where you would use `uuid4`, with a `name` for each id that an item needs (`"contact"`). It depends on the
    key that `item` has when it is called: call it before you change the key. `key` names the key attributes, for a
    migration that is called by hand; where Verdigris (or `verdigris.testing`) calls it, they are known. Raises
    MigrationError if they are not, and ItemRefused if the item does not have them.
    """
    if key:
        values = [item.get(attribute) for attribute in key]
        schema = KeySchema(tuple((attribute, _kind(value)) for attribute, value in zip(key, values, strict=True)))
    elif (known := _schema.get()) is not None:
        schema = known
    else:
        raise MigrationError(
            "stable_id does not know the key of the table here: call `up` through verdigris.testing.migrate, or say "
            'stable_id(item, name, key=("pk", "sk"))'
        )
    return str(uuid5(_NAMESPACE, orjson.dumps([*key_of(schema, item), name]).decode()))


def _kind(value: object) -> str:
    return "S" if isinstance(value, str) else "B" if isinstance(value, (bytes, bytearray)) else "N"


@contextmanager
def key_known(schema: KeySchema) -> Iterator[None]:
    """Inside, `stable_id` knows the key attributes."""
    token = _schema.set(schema)
    try:
        yield
    finally:
        _schema.reset(token)
