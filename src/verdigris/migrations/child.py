"""A fresh process that runs migrations on some items: `python -P -m verdigris.migrations.child NUMBER`.

Reads a `Job` on stdin, writes an `Answer` on stdout; both JSON. Each number sees the same items under other
circumstances: another clock, other random numbers, another order. (Another hash seed comes with its environment.)
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from verdigris.core.model import Key, KeySchema, RawItem
from verdigris.core.transform import Transform
from verdigris.core.trial import Outcome, Step, Trial
from verdigris.core.views import LookedUp
from verdigris.errors import ItemRefused
from verdigris.migrations import other_clock
from verdigris.migrations.discovery import MigrationFile
from verdigris.migrations.loading import load_migrations

#: How much later it is for the next number: another second, minute, hour, day, month and year.
_LATER_S = ((400 * 24 + 1) * 60 + 1) * 60 + 1

NOTHING = msgspec.Raw(b"null")
OTHER_READ = "up read an item that it had not read before"


class Case(msgspec.Struct):
    """One item, and the other items that its migrations read: key → item, `null` where there was none."""

    key: Key
    raw: msgspec.Raw
    reads: list[tuple[Key, msgspec.Raw]] = []


class Job(msgspec.Struct):
    """What to run."""

    files: list[tuple[str, str]]
    roots: list[str]
    schema: KeySchema
    #: the destination's key, where it is another one
    new_schema: KeySchema | None
    cases: list[Case]


class Made(msgspec.Struct):
    """What one migration made of one item (`key`). `reason` is why it refused it."""

    migration: str
    key: Key
    outputs: list[tuple[Key, msgspec.Raw]]
    reason: str = ""


#: What was made of each case.
Answer = list[list[Made]]


def main(number: int) -> None:
    """Does the job."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the user's code prints must not get between
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    if number:
        other_clock.move(number * _LATER_S)
    random.seed(number)
    migrations = load_migrations(
        [MigrationFile(name, Path(path)) for name, path in job.files], [Path(root) for root in job.roots]
    )
    reads = _Reads()
    views = LookedUp(job.schema, reads)
    trial = Trial(Transform(migrations, job.schema, views=views, destination=job.new_schema))
    answer: Answer = [[] for _ in job.cases]
    order = range(len(job.cases)) if number % 2 == 0 else reversed(range(len(job.cases)))
    for place in order:
        case = job.cases[place]
        reads.known = {key: None if raw == NOTHING else bytes(raw) for key, raw in case.reads}
        answer[place] = [_made(step) for step in trial.steps(case.key, bytes(case.raw))]
    with answers:
        answers.write(msgspec.json.encode(answer))


class _Reads:
    """The other items, as they were read for one case."""

    known: Mapping[Key, RawItem | None]

    def __call__(self, key: Key) -> RawItem | None:
        if key not in self.known:
            raise ItemRefused(OTHER_READ)
        return self.known[key]


def _made(step: Step) -> Made:
    return Made(
        step.migration,
        step.key,
        [(product.key, msgspec.Raw(raw)) for product, raw in zip(step.products, step.raws, strict=True)],
        step.reason if step.outcome is Outcome.REFUSED else "",
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
