"""The flags of an environment, in the shape that deploy tables of this pattern have (design, section 6)."""

from __future__ import annotations

from dataclasses import dataclass

from verdigris.core.model import Color, DataVersion

CURRENT_COLOR = "current-color"
MIGRATE = "migrate"
SOURCE_VERSION = "source-table-version"
DESTINATION_VERSION = "destination-table-version"
PENDING_SWITCH = "pending-color-switch"
QUEUE_EMPTY = "migration-queue-is-empty"
MAINTENANCE = "maintenance-mode"

#: What scripts take for the live color where none is written.
FIRST_COLOR = Color.GREEN


@dataclass(frozen=True, slots=True)
class Flags:
    """What the deploy table says. None: there is no such flag yet."""

    color: Color | None = None
    source: DataVersion | None = None
    destination: DataVersion | None = None
    migrate: bool = False
    #: the color is not written: it is what scripts take it for
    color_implied: bool = False

    @property
    def next_version(self) -> DataVersion:
        """The version that the next migrating deployment fills."""
        if self.source is None:
            return DataVersion.ALPHA
        if self.destination is not None and self.destination is not self.source:
            return self.destination
        return self.source.other


@dataclass(frozen=True, slots=True)
class Applied:
    """A migration that the environment's data has been through. No checksum: another tool recorded it."""

    name: str
    created_at: str
    checksum: str | None = None
