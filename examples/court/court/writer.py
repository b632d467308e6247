"""One worker's writes: intent into the ledger, the request until it is settled, what became of it into the ledger."""

from __future__ import annotations

from typing import Protocol

from court.client import Answer, Failed
from court.ledger import Ledger
from court.operations import Chooser, Operation
from court.stats import Stats
from court.world import Partition


class WriteClient(Protocol):
    """The part of `court.client.Client` that writes."""

    def write(self, operation: Operation, failed: Failed) -> Answer | None: ...


class Writer:
    """For one thread: the order of the writes of its entities is the order of its calls."""

    def __init__(
        self, partition: Partition, chooser: Chooser, client: WriteClient, ledger: Ledger, stats: Stats
    ) -> None:
        self._partition = partition
        self._chooser = chooser
        self._client = client
        self._ledger = ledger
        self._stats = stats
        self._begun = 0

    def next(self) -> list[Operation]:
        """What to perform next, in this order."""
        return self._chooser.next()

    def perform(self, operation: Operation) -> None:
        """Returns when the write is settled, or was given up since the generator stops."""
        self._begun += 1
        ident, refs = f"{self._partition.index}.{self._begun}", list(operation.writes)
        self._partition.begin(refs)
        self._ledger.intent(ident, operation.op, refs)
        answer = self._client.write(operation, lambda attempt: self._count("write_errors", operation, attempt))
        if answer is None:
            self._stats.count("unsettled", operation.path)
        elif answer.done:
            at = self._ledger.ack(ident, operation.op, operation.writes, answer.color)
            self._stats.wrote(at, operation.op, answer.color)
            self._partition.acknowledge(operation.writes, operation.rev, answer.color)
        else:
            self._ledger.refused(ident, answer.status, answer.color)
            self._partition.give_up(refs, operation.rev)
            self._refused(operation, answer)

    def _refused(self, operation: Operation, answer: Answer) -> None:
        if answer.status == 410:
            self._chooser.gone |= {ref.kind for ref in operation.writes}
            self._stats.count("gone")
        else:
            self._count("refused", operation, answer)

    def _count(self, what: str, operation: Operation, answer: Answer) -> None:
        self._stats.count(what, f"{operation.op} {operation.path}: {answer.status} {answer.body}")
