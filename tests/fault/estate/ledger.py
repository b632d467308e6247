"""A writer that never stops, and its own ledger of every write that was acknowledged."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from typing import Any

import urllib3
from tests.fault.estate import shapes
from tests.project import Project

#: number, (entity, n) or None to delete; returns whether it was acknowledged
Send = Callable[[int, tuple[str, int] | None], bool]
#: The writer touches these numbers, again and again.
_HOT = 120


class Ledger:
    """What the application was told is kept: number → (entity, n)."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.kept: dict[int, tuple[str, int]] = {}
        self.acknowledged = 0

    def fill(self, project: Project, count: int) -> None:
        """Loads `count` entities into alpha, in the first shape."""
        self.kept = {number: (self.dice.choice(shapes.KINDS), number) for number in range(count)}
        items = [item for number, value in self.kept.items() for item in shapes.first(number, *value)]
        project.raw("alpha").write([json.dumps(shapes.encoded(item)).encode() for item in items])

    def next(self) -> tuple[int, tuple[str, int] | None]:
        """What to write next."""
        number = self.dice.randrange(_HOT)
        if number in self.kept and self.dice.random() < 0.4:
            return number, None
        return number, (self.dice.choice(shapes.KINDS), self.dice.randrange(1_000_000))

    def verdict(self, found: dict[tuple[str, str], dict[str, Any]]) -> dict[str, list[str]]:
        """Lost, resurrected, stale and extra items of the new table; nothing of each is what must come out."""
        wanted = {
            (item["pk"], item["sk"]): shapes.encoded(item)
            for number, value in self.kept.items()
            for item in shapes.second(number, *value)
        }
        surplus = sorted(found.keys() - wanted.keys())
        gone = {key for number in range(_HOT) if number not in self.kept for key in shapes.keys(number)}
        return {
            "lost": ["/".join(key) for key in sorted(wanted.keys() - found.keys())],
            "resurrected": ["/".join(key) for key in surplus if key in gone],
            "stale": ["/".join(key) for key in sorted(wanted.keys() & found.keys()) if wanted[key] != found[key]],
            "extra": ["/".join(key) for key in surplus if key not in gone],
        }


NOTHING: dict[str, list[str]] = {"lost": [], "resurrected": [], "stale": [], "extra": []}


class Writer:
    """Writes in a thread until it leaves the `with`; a write that is not acknowledged is sent again."""

    def __init__(self, ledger: Ledger, send: Send, pause_s: float = 0.005) -> None:
        self._ledger = ledger
        self._send = send
        self._pause_s = pause_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write, name="writer")
        self._error: BaseException | None = None

    def __enter__(self) -> Writer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        if self._error:
            raise self._error

    def _write(self) -> None:
        try:
            while not self._stop.wait(self._pause_s):
                number, value = self._ledger.next()
                while not self._send(number, value):
                    pass  # even when it must stop: whether it took place would not be known
                if value is None:
                    self._ledger.kept.pop(number, None)
                else:
                    self._ledger.kept[number] = value
                self._ledger.acknowledged += 1
        except BaseException as error:
            self._error = error


def to_table(project: Project) -> Send:
    """Straight into the source table."""
    source = project.raw("alpha")

    def send(number: int, value: tuple[str, int] | None) -> bool:
        key = shapes.keys(number)[0]
        if value is None:
            source.write([], [key])
        else:
            source.write([json.dumps(shapes.encoded(shapes.first(number, *value)[0])).encode()])
        return True

    return send


def to_door(url: str) -> Send:
    """Through the front door, to whatever color is live."""
    http = urllib3.PoolManager(retries=False, timeout=30)

    def send(number: int, value: tuple[str, int] | None) -> bool:
        try:
            if value is None:
                answer = http.request("DELETE", f"{url}/{number}")
            else:
                answer = http.request("PUT", f"{url}/{number}", json={"entity": value[0], "n": value[1]})
        except urllib3.exceptions.HTTPError:
            return False
        return answer.status == 200

    return send
