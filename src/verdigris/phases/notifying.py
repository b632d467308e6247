"""Telling others that a phase lies behind: once for each piece of evidence, and again if nobody knows whether it was.

A step of the journal each: its name holds the evidence's id, so that a proof that is given anew is told anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verdigris.core.announcing import Announcement, announcement
from verdigris.core.machine import State
from verdigris.core.model import Phase
from verdigris.core.passing import Verdict, verdict
from verdigris.core.records import Intent, Outcome
from verdigris.phases.base import Bench, Notice, Progress

#: Writes may be held, or somebody wants the old color back: nobody waits for a service of others then.
_PRESSING = frozenset({State.OPENING, State.RETURNING, State.REOPENING, State.ADVANCING, State.ABORTING})


@dataclass(frozen=True)
class Due:
    """An announcement that is to be made."""

    notice: Notice
    what: Announcement
    step: str


def remember(bench: Bench) -> None:
    """Journals where this run is to be continued, so that a resume from somewhere else knows it."""
    for notice in bench.notices:
        here = notice.notifier.here()
        step = _place(notice) + here
        if here and bench.snapshot.evidence(step) is None:
            bench.log.append(Intent(notice.after, step))
            bench.log.append(Outcome(notice.after, step, {"place": here}))


def due(bench: Bench) -> Iterator[Due]:
    """What is to be told now."""
    snapshot = bench.snapshot
    if snapshot.state in _PRESSING or (snapshot.state is State.SWITCH and snapshot.began(Phase.SWITCH)):
        return
    for notice in bench.notices:
        if verdict(snapshot, notice.after) is Verdict.REACHED:
            what = announcement(snapshot, notice.after)
            step = f"notify {notice.notifier.name}: {what.id}"
            if bench.snapshot.evidence(step) is None:
                yield Due(notice, what, step)


def tell(bench: Bench, one: Due) -> None:
    """Raises what the notifier raises; the same call tries again."""
    notifier = one.notice.notifier
    bench.report(Progress(one.what.phase, reason=f"telling {notifier.name} that {one.what.phase} is done"))
    prefix = _place(one.notice)
    places = [step.removeprefix(prefix) for step in bench.snapshot.steps if step.startswith(prefix)]
    place = notifier.here() or (places[-1] if places else "")
    bench.log.step(one.what.phase, one.step, lambda: notifier.tell(one.what, place))


def _place(notice: Notice) -> str:
    return f"continue {notice.notifier.name} at "
