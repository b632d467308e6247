"""Taking, keeping and giving back an environment's lease.

A holder renews its row three times a lease. Others never trust its clock: they take over only from a process of
their own machine that is certainly dead, or after they have themselves seen one unchanged beat for a whole lease.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from types import TracebackType

from verdigris.errors import Conflict, LeaseHeld, LeaseLost, StoreError
from verdigris.journal.holder import is_dead
from verdigris.journal.journal import Holder, Journal, Lease


class LeaseKeeper:
    """Holds the lease of one journal while it is entered (`with`). Raises LeaseHeld on entry if another has it.

    `clock` is monotonic seconds, `now_s` the wall clock; `report` is told why entry waits. `late_s` is how long a write
    may land after it was signed, `late_after_death_s` how long after its sender has certainly died.
    """

    def __init__(
        self,
        journal: Journal,
        holder: Holder,
        length_s: float,
        *,
        clock: Callable[[], float],
        now_s: Callable[[], float],
        sleep: Callable[[float], None],
        report: Callable[[str], None] = lambda reason: None,
        dead: Callable[[Holder], bool] = is_dead,
        threaded: bool = True,
        late_s: float = 0.0,
        late_after_death_s: float = 0.0,
    ) -> None:
        self._journal = journal
        self._holder = holder
        self._length_s = length_s
        self._clock = clock
        self._now_s = now_s
        self._sleep = sleep
        self._report = report
        self._dead = dead
        self._threaded = threaded
        self._late_s = late_s
        self._late_after_death_s = late_after_death_s
        #: until then what an earlier holder sent may land (wall clock, seconds)
        self.others_until_s = 0.0
        #: until when what this holder sent may land, asked when it gives the lease back
        self.own_until_s: Callable[[], float] = lambda: 0.0
        self._beat = 0
        self._renewed_s = 0.0
        self._lost: LeaseLost | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> LeaseKeeper:
        self._take()
        self._renewed_s = self._clock()
        if self._threaded:
            self._thread = threading.Thread(target=self._keep, name="verdigris-lease", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread:
            self._thread.join()
        if self._lost is None:
            try:
                self._journal.release(max(self.others_until_s, self.own_until_s()))
            except StoreError:
                if error is None:
                    raise  # else the first error is the one to tell; the lease runs out by itself

    def hold(self) -> None:
        """To be asked before each write. Raises LeaseLost when another has the lease, or may have it by now."""
        if self._lost:
            raise self._lost
        if self._clock() - self._renewed_s >= self._length_s:
            raise LeaseLost(
                f"the lease could not be renewed for {self._length_s:g} s",
                where=self._journal.rows.name,
                state="this runner stopped before it wrote anything more",
                next_command="run the command again when the deploy table can be reached",
            )

    def renew(self) -> None:
        """One beat. Raises LeaseLost, StoreError."""
        began_s = self._clock()
        self._beat += 1
        self._journal.renew(self._holder, self._length_s, self._beat)
        self._renewed_s = began_s

    def _keep(self) -> None:
        while not self._stop.wait(self._length_s / 3):
            try:
                self.renew()
            except LeaseLost as error:
                self._lost = error
                return
            except StoreError:
                continue  # `hold` gives up when it goes on for too long

    def _take(self) -> None:
        seen = self._journal.lease()
        if seen and seen.holder:
            self._take_over(seen, seen.holder)
        elif seen:
            self.others_until_s = seen.late_until_s
        try:
            self._journal.acquire(self._holder, self._length_s, seen)
        except Conflict:
            now = self._journal.lease()
            if now and now.holder:
                raise held(now, now.holder) from None
            raise
        if seen is None and self._journal.token > 1:  # somebody removed the row: of the runner before nothing is known
            self.others_until_s = self._now_s() + self._late_s

    def _take_over(self, seen: Lease, holder: Holder) -> None:
        """Nobody gave the lease back: what its holder sent last may land for a while from now."""
        if self._dead(holder):
            bound_s = self._late_after_death_s
        else:
            self._watch(seen, holder)
            bound_s = self._late_s
        self.others_until_s = max(seen.late_until_s, self._now_s() + bound_s)

    def _watch(self, seen: Lease, holder: Holder) -> None:
        """Returns when the lease has run out under our own eyes. Raises LeaseHeld if its holder lives."""
        age_s = self._now_s() - datetime.fromisoformat(seen.renewed_at).timestamp()
        if age_s < seen.length_s:
            raise held(seen, holder)
        until_s = self._clock() + seen.length_s
        while (left_s := until_s - self._clock()) > 0:
            self._report(f"{holder.who} has not renewed its lease for {age_s:.0f} s; taking over in {left_s:.0f} s")
            self._sleep(min(1.0, left_s))
            now = self._journal.lease()
            if now is None or (now.token, now.beat) != (seen.token, seen.beat):
                raise held(now or seen, (now.holder if now else None) or holder)


def held(lease: Lease, holder: Holder) -> LeaseHeld:
    """The refusal, with who, since when, on what."""
    return LeaseHeld(
        f"{holder.who} (pid {holder.pid}) works on this environment since {holder.since}: {holder.doing}",
        state="nothing was changed",
        next_command=f"wait for it; if it is certainly dead: verdigris unlock ENV {lease.token}",
    )
