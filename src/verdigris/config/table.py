"""`[table]`: the table that holds the data."""

from __future__ import annotations

from pydantic import Field

from verdigris.config.section import Section
from verdigris.config.values import Beacon, RelativePath, VersionedName


class DestinationSettings(Section):
    """What the table becomes with the next deployment that migrates. Says nothing new once it has become that."""

    shape: RelativePath = Field(
        description="File with the body of a CreateTable request (JSON, without TableName): keys and indexes. What it "
        "does not say (billing, encryption, table class, tags) is as in the live table."
    )
    ttl_attribute: str | None = Field(
        default=None,
        min_length=1,
        max_length=255,
        description="The attribute of its time to live; without it the live table's.",
    )


class TableSettings(Section):
    """The table that holds the data, once per data version."""

    name: VersionedName = Field(description="The table's name. Must hold `{version}`.")
    shape: RelativePath | None = Field(
        default=None,
        description="File with the body of a CreateTable request (JSON, without TableName), "
        "from which the first table of an empty environment is made.",
    )
    destination: DestinationSettings | None = Field(
        default=None, description="What the table becomes with the next deployment that migrates."
    )
    beacon: Beacon = Field(
        default="verdigris|beacon",
        description="Reserved key value for the items that prove a drain: a string, or a whole number where a key "
        "attribute is a number. No item of the application may use it, nor one with `|` and a number behind it "
        "(`verdigris|beacon|17`); of a whole number, no fraction (`7.171`).",
    )
    segments: int = Field(default=4, ge=1, le=1000, description="How many scan segments are worked on at once.")
    max_quarantined: int = Field(
        default=100,
        ge=0,
        le=10_000,
        description="How many items may be in quarantine before the deployment stops; 0 stops at the first.",
    )
