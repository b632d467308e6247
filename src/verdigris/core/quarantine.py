"""Quarantine: what is kept of an item that could not be carried along, so that nothing else waits for it (section 4).

While an entry stands, the destination keys that it concerns keep their last value. It is gone as soon as a settle of
them succeeds: after a change of the source item, or when the migration was mended. Discarded, it counts as if the
source had nothing there; but only as long as what was refused is the same (`print`).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from hashlib import blake2b

import msgspec

from verdigris.core.fingerprint import fingerprint
from verdigris.core.keys import Schemas
from verdigris.core.model import Key, KeySchema, RawItem

#: Texts longer than this are kept compressed, and errors cut (characters).
_LONG = 4096


class Held(StrEnum):
    """What an entry is about, and whose key it bears."""

    ITEM = "item"  # `up` or `verify` refused a source item; the source's key
    COLLISION = "collision"  # two living source items produce one destination key; that key
    OWNER = "owner"  # `source` failed on what lies at a destination key; that key
    WRITE = "write"  # the table refused what becomes of an item; the destination key
    DOCUMENT = "document"  # an index, or its document function, refused a destination item; the destination key


class Discarded(msgspec.Struct, frozen=True):
    """Somebody decided that this is not carried along."""

    who: str
    comment: str
    #: ISO 8601, UTC
    at: str


class Entry(msgspec.Struct, frozen=True):
    """One thing in quarantine. Times are ISO 8601, UTC."""

    held: Held
    key: Key
    error: str
    #: of what was refused
    print: str
    first_at: str
    last_at: str
    #: how often it was refused
    times: int = 1
    #: the migration's file, `[app] verify`, or the alias of the index; empty where the table refused
    by: str = ""
    #: the migration's checksum at that time, where it has one
    checksum: str = ""
    #: ITEM: the destination keys that keep their last value because of it, each with everybody who may produce it: the
    #: hint that named another one is used up
    kept: tuple[tuple[Key, tuple[Key, ...]], ...] = ()
    #: COLLISION, OWNER, WRITE: the source keys that may produce the key
    sources: tuple[Key, ...] = ()
    #: DOCUMENT: the ids that keep their last value
    ids: tuple[str, ...] = ()
    #: it will be tried again before the next verify, so it says nothing about the migrations as they are now
    due: bool = False
    discarded: Discarded | None = None

    @property
    def unit(self) -> str:
        """What it is kept under: one entry an item, one a destination key, one a document."""
        match self.held:
            case Held.ITEM:
                return f"item|{_hashed(self.key)}"
            case Held.DOCUMENT:
                return f"document|{_hashed((self.by, *self.key))}"
        return f"key|{_hashed(self.key)}"

    @property
    def keeps(self) -> tuple[Key, ...]:
        """The destination keys of the table that keep their last value because of it."""
        match self.held:
            case Held.ITEM:
                return tuple(key for key, _ in self.kept)
            case Held.DOCUMENT:
                return ()
        return (self.key,)

    def schema(self, schemas: Schemas) -> KeySchema:
        """What `key` is a key of."""
        return schemas.source if self.held is Held.ITEM else schemas.destination

    def items_schema(self, schemas: Schemas) -> KeySchema:
        """What the keys of its payload's items are keys of: those of source items, with what becomes of them."""
        return schemas.source if self.held in (Held.ITEM, Held.COLLISION) else schemas.destination

    @property
    def settles(self) -> tuple[Key, ...]:
        """The destination keys to settle to try it again."""
        return self.keeps if self.held is Held.ITEM else (self.key,)


class Payload(msgspec.Struct, frozen=True):
    """What was refused: items in DynamoDB's JSON with their keys, and the traceback of the user's function."""

    items: tuple[tuple[Key, bytes], ...] = ()
    traceback: str = ""


def merged(known: Entry | None, now: Entry) -> Entry:
    """What is kept when something is refused (again): the history of the entry before it, and all that it concerned."""
    if known is None or known.held is not now.held:
        return now
    same = known.print == now.print
    return msgspec.structs.replace(
        now,
        first_at=known.first_at,
        times=known.times + 1,
        kept=_joined(known.kept, now.kept),
        sources=tuple(dict.fromkeys((*known.sources, *now.sources))),
        ids=tuple(dict.fromkeys((*known.ids, *now.ids))),
        discarded=known.discarded if same else None,
    )


def _joined(*kept: Iterable[tuple[Key, tuple[Key, ...]]]) -> tuple[tuple[Key, tuple[Key, ...]], ...]:
    owners: dict[Key, dict[Key, None]] = {}
    for key, some in (pair for pairs in kept for pair in pairs):
        owners.setdefault(key, {}).update(dict.fromkeys(some))
    return tuple((key, tuple(some)) for key, some in owners.items())


def print_of(items: Mapping[Key, RawItem]) -> str:
    """Equal for the same items under the same keys."""
    texts = [f"{_hashed(key)}:{fingerprint(raw):032x}" for key, raw in sorted(items.items())]
    return "|".join(texts) if len(texts) == 1 else blake2b("|".join(texts).encode(), digest_size=16).hexdigest()


def cut(text: str, most: int = _LONG) -> str:
    """At most so many characters; the end is the part that says most of a traceback, and of an error the beginning."""
    return text if len(text) <= most else f"{text[:most]} … ({len(text):,} characters)"


def how_many(entries: Sequence[Entry]) -> str:
    """`3 items are in quarantine`."""
    return f"{len(entries)} {'item is' if len(entries) == 1 else 'items are'} in quarantine"


def names(entries: Iterable[Entry], most: int = 3) -> str:
    """The first few, for a message: `case|1/case|1 (0001_cents.py: KeyError: 'n'), …`."""
    every = list(entries)
    shown = [f"{'/'.join(entry.key)} ({cut(entry.error, 120)})" for entry in every[:most]]
    return ", ".join(shown) + (f" and {len(every) - most} more" if len(every) > most else "")


# ── the form in which they are kept ──────────────────────────────────────────────────────────────────────────────────

_entry_decoder = msgspec.json.Decoder(Entry)
_payload_decoder = msgspec.msgpack.Decoder(Payload)


def entry_to_row(entry: Entry) -> str | bytes:
    """JSON text; compressed where it is long."""
    text = msgspec.json.encode(entry)
    return zlib.compress(text) if len(text) > 16 * _LONG else text.decode()


def entry_from_row(value: str | bytes) -> Entry:
    return _entry_decoder.decode(zlib.decompress(value) if isinstance(value, bytes) else value)


def payload_to_bytes(payload: Payload) -> bytes:
    """Compressed."""
    return zlib.compress(msgspec.msgpack.encode(payload))


def payload_from_bytes(data: bytes) -> Payload:
    return _payload_decoder.decode(zlib.decompress(data))


def _hashed(parts: Iterable[str]) -> str:
    """A key of the user's table may be longer than a sort key may be."""
    return blake2b(msgspec.json.encode(tuple(parts)), digest_size=20).hexdigest()
