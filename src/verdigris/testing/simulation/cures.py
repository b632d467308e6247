"""What operators do about the quarantine, as the schedule says: `redrive`, `mend` and redrive, or `discard`."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from verdigris.core.quarantine import Entry, entry_from_row
from verdigris.journal.journal import Journal
from verdigris.phases import redriving
from verdigris.phases.base import Bench
from verdigris.phases.log import Log
from verdigris.testing.simulation.migrations import MENDED
from verdigris.testing.simulation.world import World

#: The checksum of migrations that refuse nothing any more.
MENDED_CHECKSUM = "mended"


def waits(world: World) -> bool:
    """What `verdigris quarantine list` shows: whether somebody must decide about something."""
    heads = [row["entry"] for row in world.rows.scan("verdigris|quarantine|") if "entry" in row]
    return any(entry_from_row(head).discarded is None for head in heads)  # type: ignore[arg-type]


def cure(world: World, journal: Journal, log: Log, bench: Callable[[], Bench]) -> None:
    """One command. Raises what stops it."""
    shape = world.schedule.shape
    if not redriving.may_redrive(log.snapshot) or not (entries := bench().quarantine.waiting):
        return
    mended = log.snapshot.plan.migrations[0].checksum == MENDED_CHECKSUM
    if shape.cure == "mend" and shape.migration in MENDED and not mended:
        planned = (msgspec.structs.replace(one, checksum=MENDED_CHECKSUM) for one in log.snapshot.plan.migrations)
        redriving.mend(journal, log, "operator", tuple(planned))
        redriving.redrive(bench())
    elif shape.cure == "redrive" and shape.migration in MENDED:
        world.decided.mended = True  # by what they depend on: the migrations themselves are as they were
        redriving.redrive(bench())
    else:
        _discard(world, bench(), entries[0])


def _discard(world: World, bench: Bench, entry: Entry) -> None:
    world.decided.given_up.add((entry.held, entry.key, entry.print))
    redriving.discard(bench, [entry], "operator", "nobody needs it")
