from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from verdigris.core.records import Closed
from verdigris.errors import LeaseHeld, LeaseLost, StoreError, Unreachable
from verdigris.journal.base import Check, Delete, Put, Row
from verdigris.journal.journal import Holder, Journal
from verdigris.journal.lease import LeaseKeeper
from verdigris.journal.memory import MemoryRows
from verdigris.testing import VirtualClock

LENGTH_S = 15


class Rows(MemoryRows):
    """A deploy table that can be out of reach."""

    reachable = True

    def write(self, *operations: Put | Delete | Check) -> None:
        if not self.reachable:
            raise Unreachable("no answer", where=self.name)
        super().write(*operations)


@dataclass
class Place:
    """One deploy table, one clock; `meanwhile` happens whenever somebody sleeps."""

    rows: Rows = field(default_factory=lambda: Rows(created=True))
    clock: VirtualClock = field(default_factory=VirtualClock)
    dead: set[str] = field(default_factory=set)
    meanwhile: Callable[[], None] = lambda: None
    said: list[str] = field(default_factory=list)
    late_s: float = 0.0

    def keeper(self, name: str) -> LeaseKeeper:
        return LeaseKeeper(
            Journal(self.rows, self.clock.iso),
            Holder(name, f"{name}@there", "there", 1, "0", "deploy dev", "10:00"),
            LENGTH_S,
            clock=self.clock,
            now_s=self.clock,
            sleep=self._sleep,
            report=self.said.append,
            dead=lambda holder: holder.id in self.dead,
            threaded=False,
            late_s=self.late_s,
        )

    def holder(self) -> Holder | None:
        lease = Journal(self.rows, str).lease()
        return lease.holder if lease else None

    def _sleep(self, seconds: float) -> None:
        self.clock.sleep(seconds)
        self.meanwhile()


@pytest.fixture
def place() -> Place:
    return Place()


def died(place: Place, name: str) -> LeaseKeeper:
    """A runner that took the lease and never gave it back."""
    keeper = place.keeper(name)
    keeper.__enter__()
    return keeper


def test_taken_and_given_back(place: Place) -> None:
    with place.keeper("a") as keeper:
        keeper.hold()
        holder = place.holder()
        assert holder
        assert holder.id == "a"
    assert place.holder() is None
    with place.keeper("b"):
        pass
    assert place.clock.slept_s == 0


def test_refused_while_another_holds_it(place: Place) -> None:
    with place.keeper("a"), pytest.raises(LeaseHeld) as caught, place.keeper("b"):
        pass
    error = caught.value
    assert (error.exit_code, error.state) == (4, "nothing was changed")
    for word in ("a@there", "pid 1", "10:00", "deploy dev"):
        assert word in error.what, "who, since when, on what"
    assert error.next_command.endswith("verdigris unlock ENV 1")
    assert place.clock.slept_s == 0, "at once"


def test_given_back_when_the_work_fails(place: Place) -> None:
    with pytest.raises(ZeroDivisionError), place.keeper("a"):
        raise ZeroDivisionError
    assert place.holder() is None


def test_taken_at_once_from_a_dead_process(place: Place) -> None:
    died(place, "a")
    place.dead.add("a")
    with place.keeper("b") as keeper:
        assert place.clock.slept_s == 0
        keeper.hold()


def test_a_fresh_beat_is_refused_even_if_nobody_knows_its_process(place: Place) -> None:
    died(place, "a")
    place.clock.sleep(LENGTH_S - 1)
    with pytest.raises(LeaseHeld):
        place.keeper("b").__enter__()


def test_taken_after_watching_one_beat_for_a_whole_lease(place: Place) -> None:
    """An old date alone is no proof: clocks differ."""
    died(place, "a")
    place.clock.sleep(LENGTH_S * 10)
    before_s = place.clock.slept_s
    with place.keeper("b"):
        assert place.clock.slept_s - before_s == pytest.approx(LENGTH_S, abs=1)
        assert any("a@there" in line and "taking over" in line for line in place.said)


def test_refused_when_the_beat_moves(place: Place) -> None:
    """The holder's clock is wrong by ten leases; it lives."""
    alive = died(place, "a")
    place.clock.sleep(LENGTH_S * 10)
    place.meanwhile = alive.renew
    place.clock.now_s += LENGTH_S * 10
    with pytest.raises(LeaseHeld, match="a@there"):
        place.keeper("b").__enter__()


def test_refused_when_a_third_was_quicker(place: Place) -> None:
    died(place, "a")
    place.clock.sleep(LENGTH_S * 10)

    def third() -> None:
        place.meanwhile = lambda: None
        place.dead.add("a")
        died(place, "c")

    place.meanwhile = third
    with pytest.raises(LeaseHeld, match="c@there"):
        place.keeper("b").__enter__()


def test_the_one_that_was_replaced_is_told(place: Place) -> None:
    first = died(place, "a")
    place.dead.add("a")
    with place.keeper("b"):
        with pytest.raises(LeaseLost, match="b@there"):
            first.renew()
        first.__exit__(None, None, None)
        holder = place.holder()
        assert holder
        assert holder.id == "b", "leaving takes nothing away from the new one"


def test_hold_fails_after_a_lease_without_renewal(place: Place) -> None:
    keeper = died(place, "a")
    place.clock.sleep(LENGTH_S - 1)
    keeper.hold()
    place.rows.reachable = False
    with pytest.raises(Unreachable):
        keeper.renew()
    place.clock.sleep(1)
    with pytest.raises(LeaseLost, match="could not be renewed for 15 s"):
        keeper.hold()


def test_a_renewal_counts_from_before_it_was_sent(place: Place) -> None:
    keeper = died(place, "a")
    write = place.rows.write

    def slowly(*operations: Put | Delete | Check) -> None:
        write(*operations)
        place.clock.sleep(LENGTH_S)

    place.rows.write = slowly  # type: ignore[method-assign]
    keeper.renew()
    with pytest.raises(LeaseLost):
        keeper.hold()


def test_a_deploy_table_out_of_reach_at_the_end(place: Place) -> None:
    """The first error is the one to tell; without one, that the lease could not be given back."""
    keeper = died(place, "a")
    place.rows.reachable = False
    keeper.__exit__(ValueError, ValueError(), None)
    with pytest.raises(Unreachable):
        keeper.__exit__(None, None, None)


def test_its_own_thread_renews_and_tells_of_the_loss() -> None:
    """With the real clock and a lease of a fraction of a second."""
    import time

    rows, clock = Rows(created=True), VirtualClock()

    def keeper(name: str) -> LeaseKeeper:
        return LeaseKeeper(
            Journal(rows, clock.iso),
            Holder(name, name, "there", 1, "0", "", ""),
            0.3,
            clock=time.monotonic,
            now_s=time.time,
            sleep=time.sleep,
            dead=lambda holder: True,
        )

    def until(true: Callable[[], bool]) -> None:
        end_s = time.monotonic() + 10
        while not true():
            assert time.monotonic() < end_s
            time.sleep(0.01)

    def beat() -> int:
        lease = Journal(rows, str).lease()
        assert lease
        return lease.beat

    def lost() -> bool:
        try:
            first.hold()
        except LeaseLost:
            return True
        return False

    with keeper("a") as first:
        until(lambda: beat() >= 2)
        with keeper("b"):
            until(lost)


def test_a_lease_whose_row_somebody_removed_gives_no_token_twice(place: Place) -> None:
    """And of what the runner before had sent nothing is known, so it is waited for."""
    place.late_s = 300
    with place.keeper("a") as first:
        first._journal.append(1, 1, Closed())
        token = first._journal.token
    place.rows.write(Delete("verdigris|lease", "verdigris|lease"))
    with place.keeper("b") as second:
        assert second._journal.token == token + 1
        assert second.others_until_s == pytest.approx(place.clock.now_s + 300, abs=1)


@pytest.mark.parametrize("row", [{}, {"token": "x"}, {"token": 3, "beat": 0, "holder": "{"}])
def test_a_lease_that_somebody_changed_is_named(place: Place, row: Row) -> None:
    place.rows.write(Put({"pk": "verdigris|lease", "sk": "verdigris|lease", **row}))
    with pytest.raises(StoreError, match=r"verdigris\|lease of the deploy table is not as Verdigris wrote it"):
        place.keeper("a").__enter__()
