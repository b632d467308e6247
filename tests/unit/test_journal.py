from __future__ import annotations

import pytest

from verdigris.core.flags import Applied, Flags
from verdigris.core.machine import Event
from verdigris.core.model import Color, Phase
from verdigris.core.records import Flipped, PhaseBegan, Said
from verdigris.errors import Conflict, LeaseLost, NotFound
from verdigris.journal.base import Put
from verdigris.journal.journal import Holder, Journal
from verdigris.journal.memory import MemoryRows
from verdigris.testing import VirtualClock


def holder(name: str = "a") -> Holder:
    return Holder(f"id-{name}", f"{name}@there", "there", 1, "0", "deploy dev", "now")


@pytest.fixture
def rows() -> MemoryRows:
    return MemoryRows(created=True)


def journal(rows: MemoryRows, name: str = "a") -> Journal:
    """One that holds the lease."""
    made = Journal(rows, VirtualClock().iso)
    made.acquire(holder(name), 15, made.lease())
    return made


def test_no_deploy_table() -> None:
    nothing = Journal(MemoryRows(), str)
    assert not nothing.exists()
    assert nothing.flags() == Flags()
    assert nothing.applied() == []
    assert nothing.lease() is None
    assert nothing.deployments() == 0
    assert nothing.records() == []
    assert nothing.checkpoints(1) == {}
    with pytest.raises(NotFound):
        nothing.checkpoint(1, "tail")


# ── applied migrations ───────────────────────────────────────────────────────────────────────────────────────────


def test_applied_migrations(rows: MemoryRows) -> None:
    held = journal(rows)
    held.record_applied({"0002_b.py": "sum-b", "0001_a.py": "sum-a"})
    first = held.applied()
    assert [(one.name, one.checksum) for one in first] == [("0001_a.py", "sum-a"), ("0002_b.py", "sum-b")]
    held.record_applied({"0001_a.py": "other"})
    assert held.applied()[0] == Applied("0001_a.py", first[0].created_at, "other"), "it keeps its date"
    held.forget_applied(["0001_a.py", "0003_never.py"])
    assert [one.name for one in held.applied()] == ["0002_b.py"]


def test_what_another_tool_recorded(rows: MemoryRows) -> None:
    for name, more in (("0001-a.js", {"createdAt": "2020-01-01"}), ("0002-b.js", {})):
        rows.write(Put({"pk": f"migration|{name}", "sk": f"migration|{name}", **more}))
    rows.write(Put({"pk": "migration|0001-a.js", "sk": "something else"}))
    assert Journal(rows, str).applied() == [Applied("0001-a.js", "2020-01-01"), Applied("0002-b.js", "")]


# ── records and checkpoints under a token ────────────────────────────────────────────────────────────────────────


def test_records_in_order(rows: MemoryRows) -> None:
    held = journal(rows)
    for deployment, seq in ((1, 1), (1, 2), (2, 1)):
        held.append(deployment, seq, PhaseBegan(Phase.PREFLIGHT))
    assert held.deployments() == 2
    assert [(one.deployment, one.seq, one.token) for one in held.records()] == [(1, 1, 1), (1, 2, 1), (2, 1, 1)]
    assert [one.seq for one in held.records(1)] == [1, 2]


def test_a_record_is_never_rewritten(rows: MemoryRows) -> None:
    held = journal(rows)
    held.append(1, 1, PhaseBegan(Phase.PREFLIGHT))
    with pytest.raises(Conflict):
        held.append(1, 1, PhaseBegan(Phase.PROVISION))
    assert held.records()[0].body == PhaseBegan(Phase.PREFLIGHT)


def test_nothing_is_written_without_the_lease(rows: MemoryRows) -> None:
    with pytest.raises(LeaseLost):
        Journal(rows, str).append(1, 1, PhaseBegan(Phase.PREFLIGHT))
    assert Journal(rows, str).records() == []


def test_after_a_takeover_every_write_of_the_first_is_refused(rows: MemoryRows) -> None:
    first = journal(rows)
    first.append(1, 1, PhaseBegan(Phase.PREFLIGHT))
    first.save(1, "tail", b"1")
    second = journal(rows, "b")
    writes = (
        lambda: first.append(1, 2, PhaseBegan(Phase.PROVISION)),
        lambda: first.save(1, "tail", b"2"),
        lambda: first.set_flags({"migrate": True}),
        lambda: first.record_applied({"0001_a.py": "sum"}),
        lambda: first.forget(1, ["tail"]),
        lambda: first.flip(1, 2, Flipped(None, Color.BLUE)),
        lambda: first.renew(holder(), 15, 1),
    )
    for write in writes:
        with pytest.raises(LeaseLost, match="b@there"):
            write()
    assert len(second.records()) == 1
    assert second.checkpoint(1, "tail") == b"1"
    assert second.flags() == Flags()
    assert second.token == 2
    second.append(1, 2, Said(Event.ABORT, "b"))
    assert second.records()[1].token == 2


def test_two_runners_that_saw_the_same_lease(rows: MemoryRows) -> None:
    seen = journal(rows).lease()
    first, second = Journal(rows, str), Journal(rows, str)
    first.acquire(holder("b"), 15, seen)
    with pytest.raises(Conflict):
        second.acquire(holder("c"), 15, seen)
    with pytest.raises(LeaseLost):
        second.save(1, "tail", b"")


def test_a_beat_in_between_keeps_others_from_taking_over(rows: MemoryRows) -> None:
    first = journal(rows)
    seen = first.lease()
    first.renew(holder(), 15, 1)
    with pytest.raises(Conflict):
        Journal(rows, str).acquire(holder("b"), 15, seen)


def test_a_released_lease(rows: MemoryRows) -> None:
    held = journal(rows)
    held.release()
    lease = held.lease()
    assert lease
    assert (lease.token, lease.holder) == (1, None)
    with pytest.raises(LeaseLost):
        held.save(1, "tail", b"")
    assert journal(rows, "b").token == 2, "tokens are never used again"


def test_releasing_what_somebody_else_has_by_now(rows: MemoryRows) -> None:
    first = journal(rows)
    journal(rows, "b")
    first.release()
    lease = first.lease()
    assert lease
    assert lease.holder == holder("b")


def test_a_broken_lease(rows: MemoryRows) -> None:
    first, other = journal(rows), Journal(rows, str)
    seen = other.lease()
    assert seen
    other.break_lease(seen, late_until_s=77.0)
    broken = other.lease()
    assert broken
    assert (broken.holder, broken.late_until_s) == (None, 77.0)
    with pytest.raises(LeaseLost, match="unlocked"):
        first.save(1, "tail", b"")
    with pytest.raises(Conflict):
        other.break_lease(seen, late_until_s=77.0)
    assert journal(rows, "b").token == 3


# ── the flip ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_flip_is_compared_and_set(rows: MemoryRows) -> None:
    held = journal(rows)
    held.flip(1, 1, Flipped(None, Color.BLUE))
    assert held.flags().color is Color.BLUE
    held.flip(1, 2, Flipped(Color.BLUE, Color.GREEN))
    assert held.flags().color is Color.GREEN
    for before in (Color.BLUE, None):
        with pytest.raises(Conflict):
            held.flip(1, 3, Flipped(before, Color.BLUE))
    assert held.flags().color is Color.GREEN
    assert len(held.records()) == 2, "no record without its flip"


def test_no_flip_without_its_record(rows: MemoryRows) -> None:
    held = journal(rows)
    held.append(1, 1, PhaseBegan(Phase.SWITCH))
    with pytest.raises(Conflict):
        held.flip(1, 1, Flipped(None, Color.BLUE))
    assert held.flags().color is None


# ── checkpoints ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_checkpoints(rows: MemoryRows) -> None:
    held = journal(rows)
    assert held.checkpoint(1, "backfill|000000") is None
    held.save(1, "backfill|000000", b"a")
    held.save(1, "backfill|000001", b"b")
    held.save(1, "backfill|000001", b"c")
    held.save(1, "tail", b"")
    held.save(2, "tail", b"other deployment")
    assert held.checkpoints(1, "backfill|") == {"backfill|000000": b"a", "backfill|000001": b"c"}
    assert held.checkpoint(1, "tail") == b""
    held.forget(1, held.checkpoints(1, "backfill|"))
    assert held.checkpoints(1) == {"tail": b""}
