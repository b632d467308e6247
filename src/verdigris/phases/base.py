"""What every phase is, and the bench it works at.

A phase is a module-level object with four verbs, each safe to repeat:

- `ready` raises PhaseFailed when the phase cannot begin, before anything is touched;
- `run` does the work, or what is left of it after a crash, and returns the evidence;
- `check` is read-only: it raises PhaseFailed when what the journal says of this phase does not hold any more;
- `undo` removes what the phase made, and only that.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from verdigris.core.alarms import OnAlarm
from verdigris.core.declared import Builder, Declared
from verdigris.core.hooking import Point
from verdigris.core.horizon import STREAM_KEEPS_S
from verdigris.core.model import Color, KeySchema, Phase, Place
from verdigris.core.pacing import Budget
from verdigris.core.planning import Plan
from verdigris.core.records import Evidence, OnExpiry
from verdigris.core.reserved import Reserved
from verdigris.core.snapshot import Snapshot
from verdigris.core.steps import Views
from verdigris.core.transform import Transform
from verdigris.core.trial import Sampled
from verdigris.core.ttl import Expired, expiry
from verdigris.engines.base import Engine
from verdigris.errors import Interrupted
from verdigris.journal.journal import Journal
from verdigris.journal.quarantine import QuarantineRows
from verdigris.phases.late import LateWrites
from verdigris.phases.log import Log
from verdigris.phases.quarantine import Quarantine
from verdigris.phases.stores import Stores
from verdigris.phases.watches import Watches
from verdigris.stores.base import (
    Table,
    TableShape,
)
from verdigris.stores.outside import Hook, Notifier
from verdigris.stores.searching import SearchIndex

if TYPE_CHECKING:
    from verdigris.phases.tail import Tail


@dataclass(frozen=True)
class Progress:
    """How far a phase is, for people. `reason` says why it waits, or why something is unknown."""

    phase: Phase
    done: int = 0
    estimated: int | None = None
    unit: str = "items"
    reason: str = ""
    lag_s: float | None = None
    lag_records: int | None = None
    quarantined: int = 0


@dataclass(frozen=True)
class IndexPlan:
    """One index to build: its name in messages, its mappings' body, and the user's item → (id, body) or None."""

    alias: str
    physical: str
    mappings: dict[str, object]
    document: Callable[..., object]
    by: Builder = Builder.VERDIGRIS


_RESERVED = Reserved(KeySchema((("pk", "S"), ("sk", "S"))), "verdigris|beacon")


@dataclass(frozen=True)
class Hooked:
    """A hook at its point: how long it may take, and how often it is asked while it is in progress."""

    point: Point
    hook: Hook
    timeout_s: float
    every_s: float


@dataclass(frozen=True)
class Notice:
    """Who is told when a phase lies behind."""

    after: Phase
    notifier: Notifier


@dataclass(frozen=True)
class Settings:
    """What the configuration says about the way of working; units in the names."""

    segments: int = 4
    #: the keys of beacons
    reserved: Reserved = _RESERVED
    deadline_s: float = 10.0
    bake_s: float = 0.0
    on_alarm: OnAlarm = OnAlarm.BACK
    approve: str = "manual"
    finalize: str = "manual"
    #: how long a gate before the switch waits for its answer, and what becomes of it then
    gate_s: float = 72 * 3600.0
    on_gate_expiry: OnExpiry = OnExpiry.BACK
    #: how long the old color is kept after the switch at least
    keep_old_s: float = 0.0
    production: bool = False
    #: of the old table, before it is deleted
    backup: bool = False
    may_enable_stream: bool = False
    #: how much older than the mark a stream record may be and still be read: clocks differ by up to 5 minutes (what
    #: SigV4 tolerates), and DynamoDB Local rounds its times down to the minute
    margin_s: float = 600.0
    stream_keeps_s: float = STREAM_KEEPS_S
    #: 24 bytes each in a checkpoint, which must stay below an item's 400 KB
    verify_buckets: int = 8192
    max_quarantined: int = 100


class Pacing(Protocol):
    """What a phase must know of the pace at which its stores and its engine work."""

    @property
    def budget(self) -> Budget:
        """What may be spent, as it was last said."""
        ...

    def paused(self) -> str:
        """Why no bulk work may begin, "" if it may."""
        ...

    def held_up(self, reason: str) -> None:
        """Nothing moves, and this is why: for `status`, which others read."""
        ...

    def level(self, show: Callable[[], None]) -> None:
        """Waits until the budget has caught up with what was taken from it; `show` is called meanwhile."""
        ...

    def still(self) -> AbstractContextManager[None]:
        """Within, a pause stops nothing: others wait for this to end."""
        ...


class Unpaced:
    """As fast as it goes."""

    budget = Budget()

    def paused(self) -> str:
        return ""

    def held_up(self, reason: str) -> None:
        pass

    def level(self, show: Callable[[], None]) -> None:
        pass

    def still(self) -> AbstractContextManager[None]:
        return nullcontext()


@dataclass
class Bench:
    """What a phase works with. One deployment, one runner."""

    plan: Plan
    settings: Settings
    stores: Stores
    journal: Journal
    log: Log
    engine: Engine
    transform: Callable[[], Transform]
    #: the same migrations, reading other items through these views: nothing is kept of what they read
    dry_transform: Callable[[Views], Transform]
    indexes: Callable[[], list[IndexPlan]]
    shape: Callable[[], TableShape]
    place: Callable[[Color], Place]
    exercise: Callable[[Place, str], Evidence]
    #: seconds, wall clock
    now: Callable[[], float]
    sleep: Callable[[float], None]
    #: raises LeaseLost when this runner may no longer write
    hold: Callable[[], None]
    #: raises MigrationError if the migrations do not always give the same for these items
    prove_determinism: Callable[[Sequence[Sampled]], None]
    report: Callable[[Progress], None] = lambda progress: None
    #: the body that a search domain is made from
    domain_body: Callable[[], Mapping[str, object]] = dict
    stop: threading.Event = field(default_factory=threading.Event)
    pace: Pacing = field(default_factory=Unpaced)
    notices: Sequence[Notice] = ()
    hooks: Sequence[Hooked] = ()
    watches: Watches = field(default_factory=Watches)
    #: the consumers of the destination's stream that the configuration knows of
    consumers: Sequence[Declared] = ()
    tail: Tail | None = None
    late: LateWrites = field(default_factory=lambda: LateWrites(0.0))
    #: since when this runner holds writes (seconds); None when it does not
    held_since_s: float | None = None

    @property
    def snapshot(self) -> Snapshot:
        return self.log.snapshot

    @property
    def deployment(self) -> int:
        return self.log.snapshot.deployment

    @property
    def source(self) -> Table:
        return self.stores.table(self.plan.source_table)

    @property
    def destination(self) -> Table:
        return self.stores.table(self.plan.destination_table)

    @property
    def index(self) -> SearchIndex | None:
        """Where the indexes of the destination are."""
        return self.stores.search(self.plan.destination)

    @cached_property
    def quarantine(self) -> Quarantine:
        """What this deployment could not carry along."""
        return Quarantine(
            QuarantineRows(self.journal, self.deployment),
            {migration.name: migration.checksum for migration in self.plan.migrations},
            self.settings.max_quarantined,
            self.plan.env,
            lambda: datetime.fromtimestamp(self.now(), UTC).isoformat(timespec="milliseconds"),
        )

    def expired(self) -> Expired:
        """The rule by which items of the destination will expire: as the source's, unless that is to change."""
        return expiry(self.shape().ttl_attribute)

    def breathe(self) -> None:
        """At each page boundary: stops on Ctrl-C, when a sibling failed, and when the lease is gone.

        Raises Interrupted, LeaseLost.
        """
        if self.stop.is_set() or self.engine.stopping():
            raise Interrupted(
                "stopped at a page boundary, as asked",
                state="everything done so far is kept",
                next_command=f"verdigris deploy {self.plan.env}",
            )
        self.hold()


class PhaseSteps(Protocol):
    """The verbs of a phase."""

    phase: Phase

    def ready(self, bench: Bench) -> None: ...

    def run(self, bench: Bench) -> Evidence: ...

    def check(self, bench: Bench) -> None: ...

    def undo(self, bench: Bench) -> None: ...
