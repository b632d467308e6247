"""A `Notifier` in memory, for tests."""

from __future__ import annotations

from verdigris.core.announcing import Announcement
from verdigris.core.records import Evidence
from verdigris.errors import AccessRefused, Unreachable

_ATTEMPTS = 4


class MemoryNotifier:
    """Keeps what it was told: id → announcement. `place` is what `here` finds."""

    def __init__(self, name: str = "memory", place: str = "") -> None:
        self.name = name
        self.place = place
        self.told: dict[str, Announcement] = {}
        self.places: list[str] = []
        self._failures = 0
        self._refuses = False

    def here(self) -> str:
        return self.place

    def tell(self, what: Announcement, place: str) -> Evidence:
        if self._refuses:
            raise AccessRefused("refused")
        if self._failures >= _ATTEMPTS:
            raise Unreachable(f"no answer, after {_ATTEMPTS} attempts")
        self.told[what.id] = what
        self.places.append(place)
        return {}

    def fail(self, times: int) -> None:
        """The next so many attempts fail."""
        self._failures = times

    def refuse(self, refuses: bool = True) -> None:
        self._refuses = refuses
