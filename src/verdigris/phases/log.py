"""One deployment's log: what is appended is folded at once, so the snapshot is never behind the journal."""

from __future__ import annotations

from collections.abc import Callable

from verdigris.core import records
from verdigris.core.model import Color, Phase
from verdigris.core.records import Body, Evidence, Record
from verdigris.core.snapshot import Snapshot, after, moved
from verdigris.journal.journal import Journal


class Log:
    """Appends to the journal and keeps the snapshot. `heard` is told of every record after it is durable."""

    def __init__(
        self, journal: Journal, history: list[Record], heard: Callable[[Record], None] = lambda record: None
    ) -> None:
        self._journal = journal
        self._history = history
        self._heard = heard
        self.snapshot: Snapshot = journal.folded(history)

    def append(self, body: Body) -> None:
        """Raises LeaseLost; IllegalEvent (nothing appended) when the body has no place in this state."""
        now = self.snapshot
        moved(now, body)
        self._took(self._journal.append(now.deployment, now.seq + 1, body))

    def flip(self, old: Color | None, new: Color) -> None:
        """The compare-and-set of the live color, with its record. Raises Conflict, LeaseLost."""
        body = records.Flipped(old, new)
        moved(self.snapshot, body)
        self._took(self._journal.flip(self.snapshot.deployment, self.snapshot.seq + 1, body))

    def step(self, phase: Phase, step: str, effect: Callable[[], Evidence | None]) -> Evidence:
        """Intent before the effect, outcome after it; a step whose outcome is known is not made again."""
        known = self.snapshot.evidence(step)
        if known is not None:
            return known
        self.append(records.Intent(phase, step))
        evidence = effect() or {}
        self.append(records.Outcome(phase, step, evidence))
        return evidence

    def announced_before(self, step: str) -> bool:
        """Whether the step under way had been announced by an earlier run too, which then died before its outcome."""
        bodies = [record.body for record in self._history]
        return sum(isinstance(body, records.Intent) and body.step == step for body in bodies) > 1

    def _took(self, record: Record) -> None:
        self._history.append(record)
        self.snapshot = after(self.snapshot, record)
        self._heard(record)
