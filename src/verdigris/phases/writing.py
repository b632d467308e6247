"""Writing around what the table refuses: one invalid item keeps no other from being written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from verdigris.core.batching import BATCH_WRITE, runs
from verdigris.core.model import Key, RawItem
from verdigris.core.raw_key import key_reader
from verdigris.errors import Invalid
from verdigris.stores.base import Table


class RefusedPut(NamedTuple):
    """An item that the table does not take, and its reason."""

    key: Key
    raw: RawItem
    error: Invalid


def write_valid(table: Table, puts: Sequence[RawItem], deletes: Sequence[Key] = ()) -> list[RefusedPut]:
    """Writes all of it but the items that are refused as invalid; returns those. Raises as `Table.write` does, Invalid
    only where no single item is at fault."""
    try:
        table.write(puts, deletes)
    except Invalid as error:
        if error.key is None:
            raise
    else:
        return []
    refused: list[RefusedPut] = []
    for some in runs(puts, BATCH_WRITE.count):
        refused += _one_by_one(table, list(some))
    table.write([], deletes)
    return refused


def _one_by_one(table: Table, left: list[RawItem]) -> list[RefusedPut]:
    key_of = key_reader(table.key)
    refused: list[RefusedPut] = []
    while True:
        try:
            table.write(left)
        except Invalid as error:
            culprit = next((raw for raw in left if key_of(raw) == error.key), None)
            if culprit is None or error.key is None:
                raise
            refused.append(RefusedPut(error.key, culprit, error))
            left.remove(culprit)
        else:
            return refused
