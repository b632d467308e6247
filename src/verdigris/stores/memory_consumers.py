"""The port `StreamConsumers` in memory: changes of state take their time, as Lambda's do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from verdigris.core.consuming import MINUTE_S, Reading
from verdigris.errors import NotFound
from verdigris.stores.outside import DISABLED, ENABLED, StreamConsumer


@dataclass
class _Mapping:
    stream: str
    shown: StreamConsumer
    #: what it becomes, and when
    then: str = ""
    at_s: float = 0.0


class MemoryConsumers:
    """`takes_s`: how long a change of state takes (seconds) by `clock`; `longest`: function → seconds of a call."""

    def __init__(self, clock: Callable[[], float], takes_s: float = 0.0) -> None:
        self.takes_s = takes_s
        self.longest: dict[str, float] = {}
        self._clock = clock
        self._made = 0
        self._readings: dict[str, dict[float, Reading]] = {}
        self._mappings: dict[str, _Mapping] = {}

    def add(self, stream: str, function: str, *, on: bool = True, start: str = "TRIM_HORIZON") -> str:
        """Makes one; returns its id."""
        self._made += 1
        made = f"mapping-{self._made}"
        state = ENABLED if on else DISABLED
        self._mappings[made] = _Mapping(stream, StreamConsumer(made, function, state, self._clock(), start))
        return made

    def remove(self, consumer: str) -> None:
        """What people do by hand."""
        del self._mappings[consumer]

    def of(self, stream: str) -> Sequence[StreamConsumer]:
        return [self._now(mapping) for mapping in self._mappings.values() if mapping.stream == stream]

    def turn(self, consumer: str, *, on: bool) -> bool:
        mapping = self._mappings.get(consumer)
        if mapping is None:
            raise NotFound("there is no such event source mapping", where=consumer)
        if self._now(mapping).state not in (ENABLED, DISABLED):
            return False
        mapping.then, mapping.at_s = (ENABLED if on else DISABLED), self._clock() + self.takes_s
        passing = "Enabling" if on else "Disabling"
        mapping.shown = replace(mapping.shown, state=passing, since_s=self._clock())
        return True

    def longest_s(self, consumer: StreamConsumer) -> float:
        return self.longest.get(consumer.function, 3.0)

    def readings(self, consumer: StreamConsumer, from_s: float, to_s: float) -> Sequence[Reading]:
        found = self._readings.get(consumer.function, {})
        return [found[at_s] for at_s in sorted(found) if from_s - MINUTE_S < at_s <= to_s]

    def called(self, function: str, at_s: float, age_s: float | None = None) -> None:
        """A call ended, the last record of its batch so old (seconds); None: it failed."""
        minute_s = at_s // MINUTE_S * MINUTE_S
        minutes = self._readings.setdefault(function, {})
        now = minutes.get(minute_s, Reading(minute_s))
        ages = [age for age in (now.age_s, age_s) if age is not None]
        minutes[minute_s] = Reading(minute_s, max(ages, default=None), now.failed + (age_s is None))

    def _now(self, mapping: _Mapping) -> StreamConsumer:
        if mapping.then and self._clock() >= mapping.at_s:
            mapping.shown = replace(mapping.shown, state=mapping.then, since_s=mapping.at_s)
            mapping.then = ""
        return mapping.shown
