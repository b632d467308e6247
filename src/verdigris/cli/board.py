"""What a display of a deployment shows, kept up to date from what the runner says."""

from __future__ import annotations

from dataclasses import dataclass

import click

from verdigris.cli import pace, words
from verdigris.cli.pace import Pace
from verdigris.core import records, wording
from verdigris.core.model import Phase
from verdigris.core.records import Record
from verdigris.core.snapshot import Snapshot
from verdigris.errors import Interrupted
from verdigris.phases.base import Progress

_WIDTH = max(len(phase) for phase in Phase) + 1


@dataclass(frozen=True)
class Now:
    """The work under way, as one picture: replaced, never changed, so that another thread may draw it."""

    phase: Phase | None = None
    progress: Progress | None = None
    per_s: float | None = None
    #: why nothing goes on
    waiting: str = ""


class Board:
    """Follows one runner. `verbose` gives every record a line."""

    def __init__(self, *, verbose: bool = False) -> None:
        self._verbose = verbose
        self._pace = Pace()
        self._began: dict[Phase, str] = {}
        self.phases: tuple[Phase, ...] = ()
        self.done: frozenset[Phase] = frozenset()
        self.now = Now()

    @property
    def left(self) -> list[Phase]:
        """The phases after the one under way."""
        at = self.phases.index(self.now.phase) + 1 if self.now.phase in self.phases else 0
        return [phase for phase in self.phases[at:] if phase not in self.done]

    def resumed(self, snapshot: Snapshot) -> list[str]:
        """The deployment that is worked on, as it stands; returns lines to keep."""
        if self.phases:
            return []
        self.phases = snapshot.plan.phases
        done = [phase for phase in self.phases if snapshot.done(phase)]
        self.done = frozenset(done)
        goes_on = f" goes on after {done[-1]}" if done and snapshot.state.value in self.phases else ""
        return [wording.deployment(snapshot) + goes_on]

    def record(self, record: Record) -> list[str]:
        """A record was journalled; returns lines to keep."""
        body = record.body
        if isinstance(body, records.PhaseBegan):
            self._began[body.phase] = record.at
            self._pace = Pace()
            self.now = Now(body.phase)
        elif isinstance(body, records.PhaseDone):
            self.done |= {body.phase}
            self.now = Now()
            return [self._finished(body, record.at)]
        elif isinstance(body, records.Failed):
            stopped = body.code == Interrupted.code
            return [_line("·", body.phase, "yellow", "stopped") if stopped else _line("✗", body.phase, "red", "failed")]
        elif isinstance(body, records.Said | records.Flipped | records.Undone | records.Closed):
            phase, said = words.happened(record)
            return [_line("·", phase, "cyan", said) if phase else f"{click.style('·', fg='cyan')} {said}"]
        if self._verbose and not isinstance(body, records.Started):
            phase, said = words.happened(record)
            return [click.style(f"  {phase:<{_WIDTH}} {said}", dim=True)]
        return []

    def progress(self, progress: Progress, at_s: float) -> None:
        """How far the phase under way is; `at_s` is monotonic."""
        if progress.phase is not self.now.phase:
            self._pace = Pace()
        self._pace.add(at_s, progress.done)
        self.now = Now(progress.phase, progress, self._pace.per_s())

    def waiting(self, reason: str) -> None:
        self.now = Now(self.now.phase, self.now.progress, self.now.per_s, reason)

    def _finished(self, done: records.PhaseDone, at: str) -> str:
        took = words.duration(words.between(self._began[done.phase], at)) if done.phase in self._began else ""
        proof = words.proof(done.phase, done.evidence)
        return _line("✓", done.phase, "green", f"{took:>8}  {proof}".rstrip())


def said(now: Now) -> list[str]:
    """What there is to say of the work under way."""
    if now.waiting:
        return [now.waiting]
    return pace.parts(now.progress, now.per_s) if now.progress else []


def _line(mark: str, phase: str, color: str, rest: str = "") -> str:
    return f"{click.style(mark, fg=color, bold=True)} {phase:<{_WIDTH}} {rest}".rstrip()
