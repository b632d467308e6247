"""The traffic generator: reads and writes through the front door, with a ledger of every acknowledged write.

    python -m court.traffic --url http://127.0.0.1:8000 --writes-per-second 50 --seed 1 --ledger FILE --control FILE

Writes the address of its control port into the control file (see `court.control`), and its statistics as one JSON
document to stdout when it is told to stop. It ends by itself when its parent does.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from court.client import Client
from court.control import serve
from court.entities import USERS
from court.generator import initial
from court.ledger import Ledger
from court.operations import Chooser
from court.reader import Reader
from court.stats import Stats
from court.world import divide
from court.writer import Writer

_READERS = 4
_GIVE_UP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Load:
    """How much, on what. Rates are a second, over all threads."""

    url: str
    ledger: Path
    items: int = 20_000
    seed: int = 1
    writes_per_second: float = 50
    reads_per_second: float = 50
    workers: int = 8
    hot: int = 64


class Traffic:
    """Runs the workers. Starts writing at once; `read_only` and `resume` switch, `stop` ends it for good."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self.stats = Stats()
        self._ledger = Ledger(load.ledger)
        self._writing, self._stopping, self._giving_up = (threading.Event() for _ in range(3))
        self._failure: BaseException | None = None
        client = Client(load.url, load.workers + _READERS, self._giving_up)
        entities = list(initial(load.items, load.seed))
        users = [ref.id for ref, _ in entities if ref.kind == USERS]
        partitions = divide(entities, load.workers, load.hot, load.seed)
        self._writers = [
            Writer(partition, Chooser(partition, load.workers, load.seed, users), client, self._ledger, self.stats)
            for partition in partitions
        ]
        self._idle = [threading.Event() for _ in self._writers]
        self._readers = [
            Reader(partitions, client, self.stats, Random(f"reads/{load.seed}/{number}")) for number in range(_READERS)
        ]
        self._threads = [
            *(threading.Thread(target=self._guard, args=(self._write_on, one)) for one in range(load.workers)),
            *(threading.Thread(target=self._guard, args=(self._read_on, one)) for one in range(_READERS)),
        ]

    def start(self) -> None:
        self._writing.set()
        for thread in self._threads:
            thread.start()

    def read_only(self, timeout_s: float = 60) -> bool:
        """Begins no further write; true when every write under way has been settled."""
        self._writing.clear()
        until = time.monotonic() + timeout_s
        return all(idle.wait(max(0.0, until - time.monotonic())) for idle in self._idle)

    def resume(self) -> None:
        """Writes again."""
        self._writing.set()

    def stop(self) -> bool:
        """Settles what is under way (for at most 30 seconds) and ends all threads. True if all was settled."""
        settled = self.read_only(_GIVE_UP_SECONDS)
        self._stopping.set()
        self._giving_up.set()
        self._writing.set()
        for thread in self._threads:
            thread.join()
        self._ledger.close()
        return settled and self._failure is None

    def to_json(self) -> dict[str, Any]:
        state = "stopping" if self._stopping.is_set() else "writing" if self._writing.is_set() else "read-only"
        active = sum(not idle.is_set() for idle in self._idle)
        return {
            "state": state,
            "active_writers": active,
            "failure": repr(self._failure) if self._failure else None,
            **self.stats.to_json(),
        }

    def _write_on(self, number: int) -> None:
        writer, idle = self._writers[number], self._idle[number]
        every = self._load.workers / self._load.writes_per_second
        due = time.monotonic() + every * number / self._load.workers
        while not self._stopping.is_set():
            if not self._writing.is_set():
                idle.set()
                self._writing.wait()
                due = time.monotonic()
                continue
            # Announced before the second look: who finds every worker idle may rely on it.
            idle.clear()
            if not self._writing.is_set():
                continue
            for operation in writer.next():
                writer.perform(operation)
                due = self._pace(due, every)
        idle.set()

    def _read_on(self, number: int) -> None:
        reader = self._readers[number]
        every = _READERS / self._load.reads_per_second
        due = time.monotonic() + every * number / _READERS
        while not self._stopping.is_set():
            reader.read()
            due = self._pace(due, every)

    def _pace(self, due: float, every: float) -> float:
        """Waits until the next is due; what a pause has delayed is not made up for by a burst."""
        due = max(due + every, time.monotonic() - every)
        self._stopping.wait(max(0.0, due - time.monotonic()))
        return due

    def _guard(self, work: Callable[[int], None], number: int) -> None:
        """A worker that dies of a fault of its own must not go unnoticed: the verdict would rest on less traffic."""
        try:
            work(number)
        except BaseException as failure:
            self._failure = failure
            raise


def main() -> int:
    options = _arguments()
    traffic = Traffic(
        Load(
            options.url,
            options.ledger,
            options.items,
            options.seed,
            options.writes_per_second,
            options.reads_per_second,
        )
    )
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    traffic.start()
    with serve(traffic, ended) as address:
        options.control.write_text(address)
        parent = os.getppid()
        while not ended.wait(0.5) and os.getppid() == parent:
            pass
        settled = traffic.stop()
    print(json.dumps(traffic.to_json()))
    return 0 if settled else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True, help="the front door")
    parser.add_argument("--ledger", type=Path, required=True, help="file that the ledger is appended to")
    parser.add_argument("--control", type=Path, required=True, help="file that gets the address of the control port")
    parser.add_argument("--items", type=int, default=20_000, help="how many entities were loaded")
    parser.add_argument("--seed", type=int, default=1, help="the seed that they were made with")
    parser.add_argument("--writes-per-second", type=float, default=50)
    parser.add_argument("--reads-per-second", type=float, default=50)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
