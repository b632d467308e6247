"""The ports of what stands around a deployment: whom it asks, whom it tells, and who else reads a table's stream.

As in `base.py`, `tests/contract/` holds a suite for each, which every adapter passes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from verdigris.core.alarms import Alarm
from verdigris.core.announcing import Announcement
from verdigris.core.consuming import Reading
from verdigris.core.hooking import Asked, Reply
from verdigris.core.model import Color


class Notifier(Protocol):
    """A service that is told when a phase lies behind: CI that waits for it, a webhook."""

    @property
    def name(self) -> str:
        """Names it in the journal. Holds no secret."""
        ...

    def here(self) -> str:
        """What in the surroundings of this process says where to go on, a CI workflow's id for instance; "" if nothing.

        It is journalled, so that a deployment which goes on elsewhere still knows it.
        """
        ...

    def tell(self, what: Announcement, place: str) -> dict[str, Any]:
        """Tells it; `place` is what `here` found in this run or an earlier one. Told again, it has no further effect.

        Raises AccessRefused (an expired token), NotFound, Conflict, Invalid, and after every retry Unreachable or
        Throttled: then it may have taken effect. Returns what is worth keeping in the journal; never a secret.
        """
        ...


class Hook(Protocol):
    """A command or a service of the user's that a deployment asks."""

    @property
    def name(self) -> str:
        """Names it in the journal. Holds no secret."""
        ...

    def ask(self, what: Asked) -> Reply:
        """Asks once. The same question may come again, after IN_PROGRESS or a crash. Raises the errors of a service."""
        ...


class Alarms(Protocol):
    """The alarms of one place, as they stand now."""

    def states(self, names: Sequence[str]) -> dict[str, Alarm]:
        """Each alarm of `names` that there is. Raises the StoreErrors: nobody knows then."""
        ...


class HealthCheck(Protocol):
    """Something that says whether it is well."""

    @property
    def name(self) -> str:
        """Names it to people. Holds no secret."""
        ...

    def look(self) -> str:
        """What is wrong now, "" if nothing is. No answer is wrong, too: it is never raised."""
        ...


class Backups(Protocol):
    """On-demand backups of tables."""

    def make(self, table: str, name: str) -> str:
        """Asks for a backup of `table` by this name, unless there is one of that name already; its id.

        Raises NotFound if there is no such table, Conflict if none can be made just now.
        """
        ...

    def available(self, backup: str) -> bool:
        """Whether the backup is whole. Raises NotFound if it is gone."""
        ...


class ColorMappings(Protocol):
    """Ways to a color beside the pointer's own, which would lead nowhere without it. All calls may be repeated."""

    @property
    def name(self) -> str:
        """What people know the whole by."""
        ...

    def leading_to(self, color: Color) -> Sequence[str]:
        """The names of those that lead to `color` now. Never the pointer's own while another color is live."""
        ...

    def delete(self, mapping: str, color: Color) -> None:
        """Deletes it, if it is there and leads to `color`."""
        ...


#: The states of a consumer that last. All others pass: Creating, Enabling, Disabling, Updating, Deleting.
ENABLED, DISABLED = "Enabled", "Disabled"


@dataclass(frozen=True, slots=True)
class StreamConsumer:
    """Something that reads a table's stream and hands the changes to a function of the application's."""

    id: str
    #: the function's name, with `:` and an alias or version where it names one
    function: str
    state: str
    #: since when it is in that state, by the service's clock (seconds since the epoch)
    since_s: float
    #: where it begins to read: TRIM_HORIZON, or LATEST, which may miss changes whenever it is made or changed
    start: str


class StreamConsumers(Protocol):
    """The consumers of tables' streams."""

    def of(self, stream: str) -> Sequence[StreamConsumer]:
        """Every consumer of the stream of this ARN."""
        ...

    def turn(self, consumer: str, *, on: bool) -> bool:
        """Asks for the consumer of this id to be enabled or disabled, and returns before it is: look again.

        False if another change of it is under way, so that nothing was asked for. Raises NotFound.
        """
        ...

    def longest_s(self, consumer: StreamConsumer) -> float:
        """How long one call of its function may run (seconds). Raises NotFound."""
        ...

    def readings(self, consumer: StreamConsumer, from_s: float, to_s: float) -> Sequence[Reading]:
        """What its function did, by whole minutes of which some part lies between the two times (seconds since the
        epoch, at most a day apart), in order; no minute in which it did nothing. What one function is given of several
        streams counts together. Seen some minutes late. Raises the StoreErrors: nobody knows then."""
        ...
