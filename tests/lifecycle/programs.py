"""A color's programs in memory."""

from __future__ import annotations

from verdigris.core.model import Color, Place


class Programs:
    """An `Application` whose programs outlive the runner that started them."""

    def __init__(self, *running: Color) -> None:
        self.running = set(running)

    def start(self, place: Place) -> str:
        self.running.add(place.color)
        return self._url(place.color)

    def address(self, place: Place) -> str | None:
        return self._url(place.color) if place.color in self.running else None

    def stop(self, place: Place) -> None:
        self.running.discard(place.color)

    def _url(self, color: Color) -> str:
        return f"http://{color}.here:80"
