"""What is watched while a deployment bakes: alarms, and health checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from verdigris.core.alarms import Alarm, AlarmState
from verdigris.errors import PhaseFailed
from verdigris.stores.outside import Alarms, HealthCheck

#: How often alarms are looked at: their shortest period is ten seconds (CloudWatch, PutMetricAlarm).
ALARMS_S = 10.0


@dataclass(frozen=True)
class AlarmWatch:
    """One alarm. `early`: there is one before the new color is made. `no_data_s`: how long it may be without data."""

    alarms: Alarms
    alarm: str
    region: str
    no_data_s: float
    early: bool = True

    @property
    def name(self) -> str:
        return f"the alarm {self.alarm} in {self.region}"


@dataclass(frozen=True)
class HealthWatch:
    """One check: how often it is looked at, and how many failures in a row are too many."""

    check: HealthCheck
    every_s: float
    failures: int


@dataclass(frozen=True)
class Watches:
    """Everything that is watched."""

    alarms: Sequence[AlarmWatch] = ()
    health: Sequence[HealthWatch] = ()


@dataclass(frozen=True)
class Fired:
    """Something says that the new color is not well."""

    what: str


class Watcher:
    """What the watches said during one bake. Times are seconds of one clock."""

    def __init__(self, watches: Watches, env: str, began_s: float) -> None:
        self._watches = watches
        self._env = env
        self._alarms_due_s = began_s
        self._due_s = [began_s] * len(watches.health)
        #: alarm → since when it has had no data
        self._no_data_since_s: dict[AlarmWatch, float] = {}
        self._failures = [0] * len(watches.health)

    @property
    def settled(self) -> bool:
        """No check has failed, and may yet fail once too often."""
        return not any(self._failures)

    def look(self, now_s: float, *, last: bool) -> Fired | None:
        """Looks at what is due; with `last` at everything. Raises PhaseFailed where something cannot be known."""
        for fired in (self._look_at_alarms(now_s, last), self._look_at_health(now_s, last)):
            for one in fired:
                return one
        return None

    def _look_at_alarms(self, now_s: float, last: bool) -> Iterator[Fired]:
        if now_s < self._alarms_due_s and not last:
            return
        self._alarms_due_s = now_s + ALARMS_S
        for watch, found in _states(self._watches.alarms, self._env):
            match found.state:
                case AlarmState.OK:
                    self._no_data_since_s.pop(watch, None)
                case AlarmState.ALARM:
                    yield Fired(f"{watch.name} fired" + (f": {found.reason}" if found.reason else ""))
                case AlarmState.INSUFFICIENT_DATA:
                    since_s = self._no_data_since_s.setdefault(watch, now_s)
                    if last or now_s - since_s >= watch.no_data_s:
                        raise _unknown(watch, "has no data, which proves nothing", self._env)

    def _look_at_health(self, now_s: float, last: bool) -> Iterator[Fired]:
        for number, watch in enumerate(self._watches.health):
            if now_s < self._due_s[number] and not (last and self.settled):
                continue
            self._due_s[number] = now_s + watch.every_s
            wrong = watch.check.look()
            self._failures[number] = self._failures[number] + 1 if wrong else 0
            if self._failures[number] >= watch.failures:
                times = f" {watch.failures} times in a row" if watch.failures > 1 else ""
                yield Fired(f"{watch.check.name} is not well{times}: {wrong}")


def demand_alarms(watches: Watches, env: str, *, early: bool = False) -> int:
    """Looks for every alarm, with `early` only for those that do not come with the new color; returns how many.

    Raises PhaseFailed if one is not there.
    """
    return len(_states([watch for watch in watches.alarms if watch.early or not early], env))


def _states(wanted: Sequence[AlarmWatch], env: str) -> list[tuple[AlarmWatch, Alarm]]:
    found: list[tuple[AlarmWatch, Alarm]] = []
    for alarms in dict.fromkeys(watch.alarms for watch in wanted):
        mine = [watch for watch in wanted if watch.alarms is alarms]
        states = alarms.states([watch.alarm for watch in mine])
        for watch in mine:
            if watch.alarm not in states:
                raise _unknown(watch, "does not exist", env)
            found.append((watch, states[watch.alarm]))
    return found


def _unknown(watch: AlarmWatch, what: str, env: str) -> PhaseFailed:
    return PhaseFailed(
        f"{watch.name} {what}", where=watch.alarm, next_command=f"mend it, or [[alarm]], then: verdigris deploy {env}"
    )
