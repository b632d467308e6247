"""The ports: what Verdigris needs of a table, a change stream, the live pointer and an application.

Each method says what it guarantees and which errors it raises; `tests/contract/` holds one suite per port that every
adapter passes, the in-memory one included. Errors of `verdigris.errors.StoreError` not named at a method may be
raised by any of them: AccessRefused, Unreachable (after retries), Throttled (after retries).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from verdigris.core.model import Change, Color, Key, KeySchema, Place, RawItem, Segment, Shard

# ── table ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ScanPage:
    """One page of a scan. `next` is the opaque position after it (JSON text of ExclusiveStartKey), None at the end."""

    items: Sequence[RawItem]
    next: str | None


@dataclass(frozen=True, slots=True)
class TableShape:
    """What makes an empty copy of a table: the parts of a CreateTable request, in the service's own JSON.

    `create` holds AttributeDefinitions, KeySchema, BillingMode and, where there are any, GlobalSecondaryIndexes,
    LocalSecondaryIndexes, ProvisionedThroughput, SSESpecification, TableClass; `ttl_attribute` is set after creation.
    """

    create: Mapping[str, Any]
    ttl_attribute: str | None = None
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> KeySchema:
        """The primary key, the partition key first. Raises KeyError where `create` says none."""
        kinds = {entry["AttributeName"]: entry["AttributeType"] for entry in self.create["AttributeDefinitions"]}
        entries = sorted(self.create["KeySchema"], key=lambda entry: entry["KeyType"] != "HASH")
        return KeySchema(tuple((entry["AttributeName"], kinds[entry["AttributeName"]]) for entry in entries))


@dataclass(frozen=True, slots=True)
class Replica:
    """A table of the same name and contents in another region, and its status there as this region knows it."""

    region: str
    status: str


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What is known of a table without reading it. Counts and sizes are hours old on AWS: estimates, never proof."""

    name: str
    key: KeySchema
    active: bool
    items_estimate: int
    bytes_estimate: int
    shape: TableShape
    #: ARN of the enabled stream, None if there is none
    stream: str | None
    #: NEW_AND_OLD_IMAGES, KEYS_ONLY, … of the enabled stream
    stream_view: str | None
    replicas: tuple[Replica, ...] = ()
    #: deletion is refused until this is turned off (in each region by itself)
    protected: bool = False


class Table(Protocol):
    """One table: the data path. Safe to share between threads."""

    @property
    def name(self) -> str: ...

    @property
    def key(self) -> KeySchema: ...

    def scan(self, segment: Segment, start: str | None) -> ScanPage:
        """One page of a strongly consistent scan, from `start` (None: the segment's beginning). Raises NotFound."""
        ...

    def read(self, keys: Sequence[Key]) -> dict[Key, RawItem]:
        """What is at each of `keys` now: strongly consistent, any number of keys, absent ones left out.

        Unprocessed keys are asked for again until all are answered. Raises NotFound.
        """
        ...

    def write(self, puts: Sequence[RawItem], deletes: Sequence[Key] = ()) -> None:
        """Puts and deletes, unconditionally, any number of them; returns when every one is acknowledged.

        No key may stand in it twice. Unprocessed ones are sent again with jittered backoff. Raises NotFound,
        Invalid (naming the item that the service refuses, if it is one's fault), Throttled or Unreachable: then some
        may have taken effect, and some may still.
        """
        ...


class TableAdmin(Protocol):
    """Tables as a whole: the control plane of one region. All calls are safe to repeat."""

    def describe(self, name: str) -> TableFacts | None:
        """The facts, or None if there is no such table."""
        ...

    def create(self, name: str, shape: TableShape) -> None:
        """Creates an empty table and returns when it is active. Raises AlreadyThere, Invalid."""
        ...

    def delete(self, name: str) -> None:
        """Deletes the table, if it is there: its replicas first, then itself; returns when all are gone.

        Raises Invalid where deletion protection is on, Unreachable if it takes too long: the same call goes on.
        """
        ...

    def is_empty(self, name: str) -> bool:
        """Whether a strongly consistent scan finds no item at all. Raises NotFound."""
        ...

    def enable_ttl(self, name: str, attribute: str) -> None:
        """Turns time to live on by this attribute. Raises NotFound."""
        ...

    def enable_stream(self, name: str) -> str:
        """Turns the stream on with new and old images, if it is off; returns its ARN. Raises NotFound."""
        ...


class Replicas(Protocol):
    """Copies of the home region's tables in other regions, which the service keeps in step."""

    def states(self, name: str) -> Sequence[Replica]:
        """The replicas of a table, as its home knows them. Raises NotFound."""
        ...

    def add(self, name: str, region: str) -> None:
        """Makes a replica, if it is not there, and returns when it is active, at home and there. Safe to repeat.

        Raises NotFound, Invalid where the service refuses, Unreachable if it takes too long: the same call goes on.
        """
        ...

    def table(self, name: str, region: str) -> Table:
        """The data path of a replica: what has arrived there by now. Raises NotFound."""
        ...


# ── links ────────────────────────────────────────────────────────────────────────────────────────────────────────


class LinkKind(StrEnum):
    """What a link says of its two keys."""

    OWNER = "owner"  # destination key → a source key that was seen to produce it
    OUTPUT = "output"  # source key → a destination key that it was seen to produce
    READER = "reader"  # source key → the source key of an item whose migration read it through its view


class Links(Protocol):
    """Durable pairs of keys of one deployment: the claims. They are only ever added. Safe to share between threads."""

    def add(self, links: Iterable[tuple[LinkKind, Key, Key]]) -> None:
        """Keeps each (kind, from, to); returns when all are durable. Known ones are fine."""
        ...

    def of(self, kind: LinkKind, keys: Iterable[Key]) -> dict[Key, set[Key]]:
        """Everything that was added from each of `keys` before this call began; keys without links are left out."""
        ...

    def drop(self) -> None:
        """Forgets all of them. Safe to repeat."""
        ...

    def there(self) -> bool:
        """Whether anything is kept of them, be it only the place for them."""
        ...


# ── change stream ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class StreamPage:
    """Changes after a position. `last` is the sequence number to go on after (the one given, if the page was empty).

    `ended` is true when the shard is closed and everything in it has been read. An empty page that is not `ended`
    proves nothing: there may be records behind it.
    """

    changes: Sequence[Change]
    last: str | None
    ended: bool


class ChangeStream(Protocol):
    """The change stream of one table: at least once, in order for one key within the lineage of its shards."""

    def shards(self) -> Sequence[Shard]:
        """Every shard that still has records, parents before children. Raises NotFound."""
        ...

    def read(self, shard: str, after: str | None) -> StreamPage:
        """The next page of `shard` after sequence number `after` (None: from the oldest record kept).

        Iterators are kept, refreshed and, when expired, taken anew inside. Raises HintsLost if records after
        `after` have been trimmed away, NotFound.
        """
        ...


# ── live pointer and fence ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where the traffic goes. `live` is None before the first deployment. `fence` is the holder's token, or None; where
    the pointer is no fence, it is None always."""

    live: Color | None
    addresses: Mapping[str, str] = field(default_factory=dict)
    fence: str | None = None
    sealed: bool = False


class LivePointer(Protocol):
    """What sends the traffic to a color."""

    def read(self) -> Pointer: ...

    def register(self, color: Color, address: str) -> None:
        """Says where `color` listens (`http://host:port`). Does not move any traffic."""
        ...

    def demand(self, color: Color) -> None:
        """Raises NotFound if there is nothing that traffic could be sent to for `color`, as far as that can be seen."""
        ...

    def set(self, expected: Color | None, new: Color, token: str, *, back: bool = False) -> None:
        """Traffic goes to `new`, and the fence of `token`, where the pointer is one, is released.

        Succeeds at once when `new` is live already. Raises Conflict if neither `expected` nor `new` is live. `back`:
        this is a way back, so several pointers are set in the reverse of their order.
        """
        ...


class TrafficPointer(Protocol):
    """One thing outside that sends traffic to a color, and may have no compare-and-set. All calls may be repeated."""

    @property
    def name(self) -> str:
        """What people know it by."""
        ...

    def read(self) -> Color | None:
        """The color that all of its traffic goes to; None where it is absent, or shows neither color, or both."""
        ...

    def demand(self, color: Color) -> None:
        """Raises NotFound if that color has nothing to send traffic to, as far as that can be seen. Moves nothing."""
        ...

    def set(self, color: Color) -> None:
        """Sends all traffic to `color`. Raises NotFound as `demand` does."""
        ...


class Fence(Protocol):
    """What holds writes during a switch.

    It is made for a switch that may die at any point: an unsealed fence lapses at its deadline and sends what it held
    to the color that is live; a sealed one never lapses to that color, since the data may have moved on: what it
    holds is refused at the deadline (503, nothing was written), until `release`, or the pointer's `set`, opens it.
    """

    def read(self) -> Pointer: ...

    def fence(self, token: str, deadline_s: float) -> None:
        """Holds every write request from now; returns when those under way have ended.

        Raises Conflict if another token holds a fence, Unreachable if writes under way did not end in time (the
        fence is then released).
        """
        ...

    def seal(self, token: str) -> None:
        """From now the fence does not lapse. Raises Conflict if it has lapsed or is another's."""
        ...

    def release(self, token: str) -> None:
        """Lifts the fence of `token`, if it still holds, leaving the traffic where it is."""
        ...


# ── the application of a color ───────────────────────────────────────────────────────────────────────────────────


class Application(Protocol):
    """Runs the application of one color. All calls are safe to repeat."""

    def start(self, place: Place) -> str:
        """Starts, replaces or brings up to date the color's application; its address, when it is ready.

        Raises Invalid if that fails, Conflict if somebody else is at it.
        """
        ...

    def address(self, place: Place) -> str | None:
        """Where the application that `start` brought to its end listens; None if it does not run."""
        ...

    def stop(self, place: Place) -> None:
        """Stops or removes it, if it is there, and returns when it is gone. Raises as `start` does."""
        ...


class LiveData(Protocol):
    """What the live application says of the data that it works on."""

    def table(self, color: Color) -> str:
        """The name of the table that the application of `color` uses. Raises NotFound if it does not say."""
        ...
