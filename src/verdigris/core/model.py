"""The nouns (design, section 2). Frozen, and free of I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias

#: An item as DynamoDB's JSON text (`{"pk":{"S":"case|1"},…}`), the form in which items travel from scan to write.
RawItem: TypeAlias = bytes
#: An item in DynamoDB's JSON as Python objects: `{"pk": {"S": "case|1"}}`.
JsonItem: TypeAlias = dict[str, dict[str, Any]]
#: An item as migrations see it: str, Decimal, bytes, bool, None, list, dict and sets of str, Decimal or bytes.
Item: TypeAlias = dict[str, Any]
#: The values of a key's attributes in the schema's order, as in DynamoDB's JSON (numbers as canonical decimal text).
Key: TypeAlias = tuple[str, ...]


class Color(StrEnum):
    """One of the two copies of the application in an environment."""

    BLUE = "blue"
    GREEN = "green"

    @property
    def other(self) -> Color:
        return Color.GREEN if self is Color.BLUE else Color.BLUE


class DataVersion(StrEnum):
    """One of the two copies of the data stores. It changes only when a deployment migrates."""

    ALPHA = "alpha"
    BETA = "beta"

    @property
    def other(self) -> DataVersion:
        return DataVersion.BETA if self is DataVersion.ALPHA else DataVersion.ALPHA


class Phase(StrEnum):
    """The phases of a deployment, in order (design, section 3)."""

    PREFLIGHT = "preflight"
    PROVISION = "provision"
    BACKFILL = "backfill"
    REPLAY = "replay"
    VERIFY = "verify"
    REINDEX = "reindex"
    EXERCISE = "exercise"
    APPROVE = "approve"
    SWITCH = "switch"
    BAKE = "bake"
    FINALIZE = "finalize"


class Kind(StrEnum):
    """What a deployment has to carry."""

    BOOTSTRAP = "bootstrap"  # nothing is there yet
    COLOR = "color"  # no migration is pending: the data version stays
    INDEX = "index"  # nor is one, but a search index is to be built anew
    MIGRATE = "migrate"  # the data goes through the pending migrations into the other version


@dataclass(frozen=True, slots=True)
class KeySchema:
    """A table's primary key: one or two attributes, each (name, type) with type S, N or B; the partition key first."""

    attributes: tuple[tuple[str, str], ...]

    def of(self, item: Mapping[str, Any]) -> Key:
        """The key of an item in DynamoDB's JSON form. Raises KeyError if an attribute is missing or of another type."""
        return tuple(
            canonical_number(item[name][kind]) if kind == "N" else item[name][kind] for name, kind in self.attributes
        )

    def to_json(self, key: Key) -> JsonItem:
        """The key in DynamoDB's JSON form, as GetItem and DeleteItem want it."""
        return {name: {kind: value} for (name, kind), value in zip(self.attributes, key, strict=True)}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.attributes)


def canonical_number(text: str) -> str:
    """One spelling for each number: `1.50E+5` → `150000`, `-0` → `0`, `1.0` → `1`. Never passes through a float."""
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(f"{text} is not a number that DynamoDB can store")
    if not number:
        return "0"
    plain = format(number, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


@dataclass(frozen=True, slots=True)
class Segment:
    """One slice of a parallel scan: number `index` of `total` (0-based)."""

    index: int
    total: int


@dataclass(frozen=True, slots=True)
class Change:
    """One stream record: a hint that `key` changed. Images are None where the stream has none.

    They are to be decoded or looked at, not written: DynamoDB Local's have `{}` for an empty map.
    """

    key: Key
    old: RawItem | None
    new: RawItem | None
    sequence: str
    #: Seconds since the epoch, rounded by the service (to the minute on DynamoDB Local): for lag, never for order.
    at_s: float

    @property
    def images(self) -> tuple[RawItem, ...]:
        """Those that there are, the old one first."""
        return tuple(image for image in (self.old, self.new) if image is not None)


@dataclass(frozen=True, slots=True)
class Shard:
    """One shard of a change stream. A closed shard will get no further records."""

    id: str
    parent: str | None
    closed: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where one color lives: what its application is told through `VERDIGRIS_*` variables."""

    env: str
    color: Color
    version: DataVersion
    table: str
    deploy_table: str
    region: str
    #: index name in the configuration → physical index
    indexes: tuple[tuple[str, str], ...] = ()
    #: extra variables (addresses of the embedded engines), name → value
    extra: tuple[tuple[str, str], ...] = ()

    def environment(self) -> dict[str, str]:
        """The variables for the application's process (design, section 8)."""
        return {
            "VERDIGRIS_ENV": self.env,
            "VERDIGRIS_COLOR": self.color.value,
            "VERDIGRIS_VERSION": self.version.value,
            "VERDIGRIS_TABLE": self.table,
            "VERDIGRIS_DEPLOY_TABLE": self.deploy_table,
            "VERDIGRIS_REGION": self.region,
            **{f"VERDIGRIS_INDEX_{name.upper().replace('-', '_')}": index for name, index in self.indexes},
            **dict(self.extra),
        }
