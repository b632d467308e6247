"""The traffic generator: reads and writes through the front door, with a ledger of every acknowledged write.

    python -m court.traffic --url http://127.0.0.1:8000 --writes-per-second 50 --seed 1 --ledger FILE --control FILE

Writes the address of its control port into the control file (see `court.control`), and its statistics as one JSON
document to stdout when it is told to stop. It ends by itself when its parent does.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from court.client import Answer, Client
from court.control import serve
from court.entities import CASES, USERS, Ref
from court.generator import initial
from court.ledger import Ledger
from court.operations import Chooser, Operation
from court.stats import Stats
from court.world import Partition, Slot, divide

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
        entities = list(initial(load.items, load.seed))
        users = [ref.id for ref, _ in entities if ref.kind == USERS]
        self._partitions = divide(entities, load.workers, load.hot, load.seed)
        self._choosers = [Chooser(partition, load.workers, load.seed, users) for partition in self._partitions]
        self._writing = threading.Event()
        self._stopping, self._giving_up = threading.Event(), threading.Event()
        self._idle = [threading.Event() for _ in self._partitions]
        self._client = Client(load.url, load.workers + _READERS, self._giving_up.is_set)
        self._idents = itertools.count(1)
        #: in the order in which they first acknowledged a write
        self._colors: list[str] = []
        self._failure: BaseException | None = None
        self._threads = [
            *(threading.Thread(target=self._guard, args=(self._write_on, chooser)) for chooser in range(load.workers)),
            *(threading.Thread(target=self._guard, args=(self._read_on, number)) for number in range(_READERS)),
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
        under_way = sum(not idle.is_set() for idle in self._idle)
        return {
            "state": state,
            "under_way": under_way,
            "failure": repr(self._failure) if self._failure else None,
            **self.stats.to_json(),
        }

    # ── writers ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _write_on(self, number: int) -> None:
        chooser, partition, idle = self._choosers[number], self._partitions[number], self._idle[number]
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
            for operation in chooser.next():
                self._perform(operation, partition, chooser)
                due = max(due + every, time.monotonic() - every)
                self._sleep_until(due)
        idle.set()

    def _perform(self, operation: Operation, partition: Partition, chooser: Chooser) -> None:
        ident, refs = f"{partition.index}.{next(self._idents)}", list(operation.writes)
        partition.begin(refs)
        self._ledger.intent(ident, operation.op, refs)
        answer = self._client.write(operation.method, operation.path, operation.body, self._failed(operation))
        if answer is None:
            self.stats.count("unsettled", operation.path)
        elif answer.done:
            at = self._ledger.ack(ident, operation.op, operation.writes, answer.color)
            self._see(answer.color)
            partition.acknowledge(operation.writes.items(), operation.rev, answer.color)
            self.stats.wrote(at, operation.op, answer.color)
        else:
            self._ledger.refused(ident, answer.status, answer.color)
            partition.give_up(refs, operation.rev)
            self._refused(operation, answer, chooser)

    def _refused(self, operation: Operation, answer: Answer, chooser: Chooser) -> None:
        if answer.status == 410:
            chooser.gone |= {ref.kind for ref in operation.writes}
            self.stats.count("gone")
        else:
            self.stats.count("refused", f"{operation.op} {operation.path}: {answer.status} {answer.body}")

    def _failed(self, operation: Operation) -> Any:
        def report(answer: Answer) -> None:
            self.stats.count("write_errors", f"{operation.op} {operation.path}: {answer.status} {answer.body}")

        return report

    def _see(self, color: str) -> None:
        if color not in self._colors:
            self._colors.append(color)

    # ── readers ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _read_on(self, number: int) -> None:
        rng = Random(f"reads/{self._load.seed}/{number}")
        every = _READERS / self._load.reads_per_second
        due = time.monotonic() + every * number / _READERS
        while not self._stopping.is_set():
            partition = rng.choice(self._partitions)
            ref = partition.choose(rng)
            if rng.random() < 0.05:
                self._search(ref)
            else:
                self._look(partition, ref)
            due = max(due + every, time.monotonic() - every)
            self._sleep_until(due)

    def _look(self, partition: Partition, ref: Ref) -> None:
        """One read, judged against what was acknowledged, unless a write went on meanwhile."""
        before = partition.slots[ref]
        answer = self._client.read(ref.path)
        if not answer.done and answer.status not in (404, 410):
            self.stats.count("read_errors", f"{ref.path}: {answer.status} {answer.body}")
            return
        self.stats.read(time.monotonic())
        if answer.status == 410 or before.busy or partition.slots[ref] is not before:
            return
        self._judge(ref, before, answer)

    def _judge(self, ref: Ref, slot: Slot, answer: Answer) -> None:
        seen = answer.body if answer.done else None
        if seen == slot.entity:
            return
        if self._behind(slot.color, answer.color):
            self.stats.count("behind")
            return
        said = f"rev {seen['rev']}" if seen else "absent"
        known = f"rev {slot.rev}" if slot.entity else "deleted"
        self.stats.count("stale_reads", f"{ref.path} on {answer.color}: {said}, acknowledged {known} on {slot.color}")

    def _behind(self, wrote: str | None, answered: str) -> bool:
        """Whether the color that answers had the traffic before the one that took the write.

        After a rollback of the traffic alone it cannot know of it. Good for one deployment from color to color.
        """
        colors = self._colors
        return wrote in colors and answered in colors and colors.index(answered) < colors.index(wrote)

    def _search(self, ref: Ref) -> None:
        query = ref.owner if ref.kind == CASES else "petitioner"
        answer = self._client.read(f"/search?q={query}")
        if answer.done:
            self.stats.read(time.monotonic())
        else:
            self.stats.count("read_errors", f"/search?q={query}: {answer.status} {answer.body}")

    # ── threads ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _guard(self, work: Any, number: int) -> None:
        """A worker that dies of a fault of its own must not go unnoticed: the verdict would rest on less traffic."""
        try:
            work(number)
        except BaseException as failure:
            self._failure = failure
            raise

    def _sleep_until(self, due: float) -> None:
        self._stopping.wait(max(0.0, due - time.monotonic()))


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
