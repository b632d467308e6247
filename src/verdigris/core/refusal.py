"""What to say about an exception that user code raised."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from verdigris.core.model import Key, RawItem

#: Shorter values are left in a message: they would be found in its words.
_SHORTEST = 4
_HIDDEN = "…"


def describe(error: BaseException, function: Callable[..., Any], item: RawItem, key: Key) -> str:
    """`KeyError: 'amount' (line 12)`: the type, the message and the deepest line in the file that holds `function`.

    Python's own messages quote what they are about (`int('…')`), and this one ends in logs and in the journal: so what
    `item` holds is left out of it, `key` excepted. Who may see items finds all of it in quarantine.
    """
    message = _without(str(error), item, key)
    text = f"{type(error).__name__}: {message}" if message else type(error).__name__
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return f"{text} (line {lines[-1]})" if lines else text


def _without(message: str, item: RawItem, key: Key) -> str:
    values = {text for text in _texts(msgspec.json.decode(item)) if len(text) >= _SHORTEST} - set(key)
    for value in sorted(values, key=len, reverse=True):  # a value may be part of another one
        for spelled in (value, repr(value)[1:-1]):
            message = message.replace(spelled, _HIDDEN)
    return message


def _texts(value: Any) -> Iterator[str]:
    """Every text, number and base64 of an item in DynamoDB's JSON, without the names of attributes."""
    match value:
        case str():
            yield value
        case dict():
            for one in value.values():
                yield from _texts(one)
        case list():
            for one in value:
                yield from _texts(one)
