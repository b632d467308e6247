"""Entries of the quarantine, and the rows in which they are kept."""

from __future__ import annotations

import random
from base64 import b64encode

import msgspec
import orjson
import pytest

from verdigris.core.model import Key
from verdigris.core.quarantine import (
    Discarded,
    Entry,
    Held,
    Payload,
    entry_from_row,
    entry_to_row,
    merged,
    names,
    payload_from_bytes,
    payload_to_bytes,
    print_of,
)
from verdigris.errors import LeaseLost, StoreError, Unreachable
from verdigris.journal.base import Delete, Put
from verdigris.journal.journal import Holder, Journal
from verdigris.journal.memory import MemoryRows
from verdigris.journal.quarantine import QuarantineRows

KEY: Key = ("case|1", "case|1")
ENTRY = Entry(Held.ITEM, KEY, "KeyError: 'n'", "print", "at 1", "at 1", by="0001_a.py", kept=((KEY, (KEY,)),))
GONE = Discarded("ada", "a test", "at 3")


def journal(rows: MemoryRows, name: str = "me") -> Journal:
    made = Journal(rows, lambda: "now")
    made.acquire(Holder(name, name, "here", 1, "0", "test", "now"), 15, made.lease())
    return made


def test_each_item_each_destination_key_and_each_document_has_one_entry() -> None:
    same_key = {msgspec.structs.replace(ENTRY, held=held).unit for held in (Held.COLLISION, Held.OWNER, Held.WRITE)}
    assert len(same_key) == 1
    documents = {msgspec.structs.replace(ENTRY, held=Held.DOCUMENT, by=alias).unit for alias in ("a", "b")}
    assert len(same_key | documents | {ENTRY.unit}) == 4


def test_an_entry_keeps_its_history_and_all_that_it_concerned() -> None:
    again = msgspec.structs.replace(
        ENTRY, first_at="at 2", last_at="at 2", kept=((("b", "b"), (KEY,)), (KEY, (("c", "c"),))), error="another"
    )
    both = merged(ENTRY, again)
    assert (both.first_at, both.last_at, both.times, both.error) == ("at 1", "at 2", 2, "another")
    assert both.kept == ((KEY, (KEY, ("c", "c"))), (("b", "b"), (KEY,)))
    assert both.keeps == (KEY, ("b", "b"))
    assert merged(None, ENTRY) == ENTRY
    assert merged(msgspec.structs.replace(ENTRY, held=Held.WRITE), again) == again


def test_a_discard_is_about_what_was_refused_then() -> None:
    discarded = msgspec.structs.replace(ENTRY, discarded=GONE)
    assert merged(discarded, ENTRY).discarded == GONE
    assert merged(discarded, msgspec.structs.replace(ENTRY, print="another")).discarded is None


def test_prints_depend_on_keys_and_items_not_on_their_spelling_or_order() -> None:
    one: dict[Key, bytes] = {KEY: b'{"n":{"N":"1"}}'}
    other: dict[Key, bytes] = {("b", "b"): b'{"n":{"N":"1"}}'}
    assert print_of(one) == print_of({KEY: b'{ "n": {"N": "1.0"} }'})
    assert len({print_of(one), print_of(other), print_of(one | other)}) == 3
    assert print_of(one | other) == print_of(other | one)


def test_names_are_few_and_short() -> None:
    entries = [msgspec.structs.replace(ENTRY, error="x" * 1000) for _ in range(5)]
    assert names(entries).count("case|1/case|1") == 3
    assert names(entries).endswith("and 2 more")
    assert len(names(entries)) < 600


@pytest.mark.parametrize("kept", [0, 1, 5000])
def test_round_trip(kept: int) -> None:
    entry = msgspec.structs.replace(
        ENTRY, kept=tuple(((f"case|{n}", "x"), (KEY,)) for n in range(kept)), discarded=GONE
    )
    row = entry_to_row(entry)
    assert isinstance(row, bytes) == (kept == 5000)
    assert len(row) < 400_000
    assert entry_from_row(row) == entry
    payload = Payload(((KEY, b"{}"),), "Traceback …")
    assert payload_from_bytes(payload_to_bytes(payload)) == payload


def test_rows_stay_below_400_kb_whatever_the_item() -> None:
    rows = MemoryRows(created=True)
    kept = QuarantineRows(journal(rows), 3)
    noise = b64encode(random.Random(1).randbytes(400_000)).decode()
    payload = Payload(tuple(((str(n), "x"), orjson.dumps({"noise": {"B": noise}})) for n in range(2)), "Traceback …")
    kept.put(ENTRY, payload)
    stored = rows.query("verdigris|quarantine|000003")
    assert len(stored) > 2
    assert all(len(value) < 390_000 for row in stored for value in row.values() if isinstance(value, bytes))
    fresh = QuarantineRows(Journal(rows, str), 3)
    assert fresh.entries() == [ENTRY]
    assert fresh.payload(ENTRY) == payload

    kept.put(msgspec.structs.replace(ENTRY, times=2))
    assert kept.payload(ENTRY) == payload, "without a payload the one that is there stays"
    small = Payload(((KEY, b"{}"),))
    kept.put(ENTRY, small)
    assert len(rows.query("verdigris|quarantine|000003", "body|")) == 1
    assert kept.payload(ENTRY) == small
    kept.remove(ENTRY)
    assert rows.query("verdigris|quarantine|000003") == []
    kept.remove(ENTRY)


def test_another_runner_removes_every_part() -> None:
    rows = MemoryRows(created=True)
    noise = random.Random(1).randbytes(900_000)
    QuarantineRows(journal(rows), 1).put(ENTRY, Payload(((KEY, noise),)))
    other = QuarantineRows(journal(rows, "other"), 1)
    (entry,) = other.entries()
    other.remove(entry)
    assert rows.query("verdigris|quarantine|000001") == []


def test_a_replaced_runner_writes_nothing() -> None:
    rows = MemoryRows(created=True)
    old = QuarantineRows(journal(rows), 1)
    journal(rows, "other")
    with pytest.raises(LeaseLost):
        old.put(ENTRY, Payload())
    assert old.entries() == []


def test_no_deploy_table_no_entries() -> None:
    assert QuarantineRows(Journal(MemoryRows(), str), 1).entries() == []


def test_an_entry_that_somebody_removed_is_missed() -> None:
    """Otherwise the switch would go ahead without its item."""
    rows = MemoryRows(created=True)
    kept = QuarantineRows(journal(rows), 3)
    kept.put(ENTRY, Payload())
    kept.put(msgspec.structs.replace(ENTRY, key=("case|2", "case|2")), Payload())
    head = rows.query("verdigris|quarantine|000003", "head|")[0]
    rows.write(Delete(str(head["pk"]), str(head["sk"])))
    with pytest.raises(StoreError, match="2 things are in quarantine, and 1 are there"):
        QuarantineRows(Journal(rows, str), 3).entries()


@pytest.mark.parametrize("value", ["{oops", b"oops"])
def test_an_entry_that_somebody_changed_is_named(value: str | bytes) -> None:
    rows = MemoryRows(created=True)
    QuarantineRows(journal(rows), 3).put(ENTRY, Payload())
    head = rows.query("verdigris|quarantine|000003", "head|")[0]
    rows.write(Put(head | {"entry": value}))
    with pytest.raises(StoreError, match=r"head.*is not as Verdigris wrote it"):
        QuarantineRows(Journal(rows, str), 3).entries()


def test_a_removal_that_failed_is_tried_again_whole() -> None:
    """What stands in memory is changed after the write: else the payload would stay behind, and the count be wrong."""
    rows = MemoryRows(created=True)
    kept = QuarantineRows(journal(rows), 1)
    other = msgspec.structs.replace(ENTRY, key=("case|2", "case|2"))
    for entry in (ENTRY, other):
        kept.put(entry, Payload(((entry.key, b"{}"),)))
    write = rows.write

    def unanswered(*operations: object) -> None:
        rows.write = write  # type: ignore[method-assign]
        raise Unreachable("no answer")

    rows.write = unanswered  # type: ignore[method-assign]
    with pytest.raises(Unreachable):
        kept.remove(ENTRY)
    kept.put(other)
    assert [entry.key for entry in QuarantineRows(Journal(rows, str), 1).entries()] == [KEY, other.key]
    kept.remove(ENTRY)
    assert [entry.key for entry in QuarantineRows(Journal(rows, str), 1).entries()] == [other.key]
    assert not [row for row in rows.scan("verdigris|quarantine") if str(row["sk"]).startswith(f"body|{ENTRY.unit}|")]
