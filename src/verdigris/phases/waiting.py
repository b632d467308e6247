"""Waiting until nothing that was sent earlier can still take effect (design, section 4, rule 5)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from verdigris.core.model import Phase
from verdigris.errors import Unreachable
from verdigris.phases.base import Bench, Progress


def wait_for_others(bench: Bench, what: str) -> None:
    """Returns when everything has landed that this runner's workers, or another runner, sent earlier."""
    while bench.now() < bench.late.quiet_from_s():
        wait_a_moment(bench, what)


def wait_a_moment(bench: Bench, what: str) -> None:
    """At most a second, and says why. Raises Interrupted, LeaseLost."""
    until_s = bench.late.quiet_from_s()
    bench.breathe()
    phase = bench.snapshot.phase or Phase.REPLAY
    reason = f"{what}, and it may still land until {datetime.fromtimestamp(until_s, UTC):%H:%M:%S} UTC"
    bench.pace.held_up(reason)
    bench.report(Progress(phase, unit="changes", reason=reason))
    bench.sleep(min(1.0, max(0.0, until_s - bench.now())))


@contextmanager
def answered(bench: Bench) -> Iterator[None]:
    """Around a request that makes or removes a table, or writes documents: without an answer it may still land, and
    whoever looks next waits until it cannot any more."""
    sent_s = bench.now()
    try:
        yield
    except Unreachable:
        bench.late.sent(sent_s)
        raise
