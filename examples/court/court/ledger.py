"""The independent ledger: every write that the traffic generator intended, and what became of it.

JSON lines, appended in the order in which things happened. Each has `event`, `id` (one a write, whatever its
retries), `at` (monotonic seconds, comparable within one machine) and `wall` (Unix seconds):

    intent   op, writes: [path, …]
    ack      op, writes: {path: entity or null (deleted)}, color
    refused  status, color: the write was answered and not done

The last two settle an intent. Nothing is said of attempts that got no answer: they are repeated until one is.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from court.entities import Entity, Ref


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """One acknowledged write: each entity as it is since then, None if it is deleted."""

    at: float
    op: str
    color: str
    writes: Mapping[Ref, Entity | None]


class Ledger:
    """The writing side, over a file that must not exist yet. Safe to share between threads."""

    def __init__(
        self, path: Path, *, clock: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time
    ) -> None:
        self._file = path.open("x", encoding="utf-8")
        self._clock, self._wall = clock, wall
        self._lock = threading.Lock()

    def intent(self, ident: str, op: str, refs: list[Ref]) -> None:
        self._append("intent", id=ident, op=op, writes=[ref.path for ref in refs])

    def ack(self, ident: str, op: str, writes: Mapping[Ref, Entity | None], color: str) -> float:
        """Returns the monotonic time that was written down."""
        written = {ref.path: entity for ref, entity in writes.items()}
        return self._append("ack", id=ident, op=op, writes=written, color=color)

    def refused(self, ident: str, status: int, color: str) -> None:
        self._append("refused", id=ident, status=status, color=color)

    def close(self) -> None:
        with self._lock:
            self._file.close()

    def _append(self, event: str, **fields: Any) -> float:
        with self._lock:
            at = self._clock()
            line = {"event": event, "at": round(at, 6), "wall": round(self._wall(), 6), **fields}
            self._file.write(json.dumps(line, separators=(",", ":")) + "\n")
            self._file.flush()
            return at


class Unsettled(Exception):
    """Writes whose outcome the ledger does not know: nothing can be judged by it."""


def read(path: Path) -> Iterator[Acknowledged]:
    """Every acknowledged write, in order. Raises Unsettled at the end if an intent was never settled."""
    open_intents: dict[str, list[str]] = {}
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            if entry["event"] == "intent":
                open_intents[entry["id"]] = entry["writes"]
                continue
            open_intents.pop(entry["id"], None)
            if entry["event"] == "ack":
                writes = {Ref.parse(name): entity for name, entity in entry["writes"].items()}
                yield Acknowledged(entry["at"], entry["op"], entry["color"], writes)
    if open_intents:
        named = ", ".join(sorted({name for names in open_intents.values() for name in names})[:5])
        raise Unsettled(f"{len(open_intents)} writes were never answered, among them of {named}")
