"""The flags that others read follow the state of a deployment."""

from __future__ import annotations

import pytest
from tests.unit.cli import sample
from tests.unit.test_journal import journal

from verdigris.core import records
from verdigris.core.following import followed
from verdigris.core.machine import Event
from verdigris.core.model import Phase
from verdigris.core.records import Body
from verdigris.journal.base import Put, flag_row
from verdigris.journal.following import Follower
from verdigris.journal.memory import MemoryRows

PENDING, EMPTY = "pending-color-switch", "migration-queue-is-empty"
COPIED = (*sample.PREFLIGHT, *sample.phase(Phase.PROVISION), *sample.phase(Phase.BACKFILL))


@pytest.mark.parametrize(
    ("bodies", "pending", "empty"),
    [
        ((), False, False),
        (sample.PREFLIGHT, True, False),
        (COPIED, True, False),
        ((*COPIED, *sample.phase(Phase.REPLAY)), True, True),
        (sample.AT_GATE, True, True),
        ((*sample.AT_GATE, records.Mended("ada", ())), True, False),
        (sample.REJECTED, False, True),
        (sample.FLIPPED, True, True),
        (sample.BAKED, False, True),
        (sample.RETURNED, False, True),
        ((*sample.RETURNED, records.Said(Event.FORWARD, "ada")), True, True),
        (sample.FINISHED, False, True),
        (sample.ABORTED, False, True),
    ],
    ids=lambda value: str(len(value)) if isinstance(value, tuple) else str(value),
)
def test_what_they_say_in_each_state(bodies: tuple[Body, ...], pending: bool, empty: bool) -> None:
    assert followed(sample.deployment(*bodies)) == {PENDING: pending, EMPTY: empty}


def test_only_what_is_there_is_kept_and_written_whole_when_it_changes() -> None:
    rows = MemoryRows(created=True)
    rows.write(Put(flag_row(PENDING, "false") | {"by": "hand"}))
    follower = Follower(journal(rows))
    for bodies, said in (((), False), (sample.AT_GATE, True), (sample.BAKED, False)):
        follower.follow(sample.deployment(*bodies))
        assert rows.get(PENDING, PENDING) == flag_row(PENDING, said)
    assert rows.get(EMPTY, EMPTY) is None
