"""Batches of which only a part is done (API_BatchWriteItem, API_BatchGetItem)."""

from __future__ import annotations

import random
from typing import Any, TypeAlias

import orjson

from verdigris.local.forward import Answer
from verdigris.testing.faults import answers
from verdigris.testing.faults.calls import Call

Tables: TypeAlias = dict[str, Any]


def parted(call: Call, dice: random.Random) -> tuple[Call, Tables]:
    """The call that goes on (at least one operation of it), and what is handed back (at least one)."""
    wanted = call.content["RequestItems"]
    places = [(table, number) for table, asked in wanted.items() for number in range(len(_operations(asked)))]
    back = set(dice.sample(places, dice.randint(1, len(places) - 1)))
    rest = _picked(wanted, back)
    done = _picked(wanted, set(places) - back)
    return call.asking(call.operation, call.content | {"RequestItems": done}), rest


def handing_back(answer: Answer, call: Call, rest: Tables) -> Answer:
    """The answer to the part that was done, with the rest as not processed."""
    if answer.status != 200:
        return answer
    content = orjson.loads(answer.body)
    name = "UnprocessedItems" if call.operation == "BatchWriteItem" else "UnprocessedKeys"
    content[name] = rest
    return answers.fine(content)


def _operations(asked: Any) -> list[Any]:
    """A table's part: a list of operations, or `{"Keys": […], …}`."""
    found: list[Any] = asked if isinstance(asked, list) else asked["Keys"]
    return found


def _picked(wanted: Tables, places: set[tuple[str, int]]) -> Tables:
    found: Tables = {}
    for table, asked in wanted.items():
        kept = [operation for number, operation in enumerate(_operations(asked)) if (table, number) in places]
        if kept:
            found[table] = kept if isinstance(asked, list) else asked | {"Keys": kept}
    return found
