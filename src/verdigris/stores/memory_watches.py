"""Alarms and a health check in memory, for tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from verdigris.core.alarms import Alarm


class MemoryAlarms:
    """The port `Alarms`: what is in `known`. `heard` is told of each look."""

    def __init__(self, heard: Callable[[], None] = lambda: None) -> None:
        self.known: dict[str, Alarm] = {}
        self._heard = heard

    def states(self, names: Sequence[str]) -> dict[str, Alarm]:
        self._heard()
        return {name: self.known[name] for name in names if name in self.known}


class MemoryHealth:
    """The port `HealthCheck`. `answers` come first, one after the other; then it is well."""

    def __init__(self, *answers: str, name: str = "memory") -> None:
        self.name = name
        self.answers = list(answers)
        self.looks = 0

    def look(self) -> str:
        self.looks += 1
        return self.answers.pop(0) if self.answers else ""
