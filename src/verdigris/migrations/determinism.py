"""The proof, on a sample, that migrations depend on nothing but their item: applied in fresh processes, compared.

A migration runs many times for one item (copy, change, verify); one that gives another result each time can never be
verified. Each process has another hash seed (the order of sets), another clock, other random numbers, and takes the
items in another order (what is kept from one item to the next).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import msgspec

from verdigris.core.differences import Difference, difference, show
from verdigris.core.keys import show_key
from verdigris.core.model import Key, KeySchema
from verdigris.core.trial import Sampled
from verdigris.errors import MigrationError
from verdigris.migrations.child import NOTHING, OTHER_READ, Answer, Case, Job, Made
from verdigris.migrations.discovery import MigrationFile

#: Two would do for most; a set of two members has the same order under every second seed. A process takes 0.1 s.
PROCESSES = 4
#: Longer than any sample takes; a migration that waits for something is no function of its item.
_TIMEOUT_S = 300.0
#: How many attributes are named, and how much of a value is shown.
_SHOWN, _WIDTH = 3, 40


@dataclass(frozen=True)
class Varying:
    """A migration that gave two results for one item. `what` names the attributes that differ, with both values."""

    migration: str
    key: Key
    what: str


def prove(
    files: Sequence[MigrationFile],
    roots: Sequence[Path],
    schema: KeySchema,
    sample: Sequence[Sampled],
    new_schema: KeySchema | None = None,
) -> None:
    """Raises MigrationError naming the migration, the item and what differs, or if a process could not do it.

    `new_schema` is the destination's key, where it is another one.
    """
    for varying in differing(files, roots, schema, sample, new_schema):
        raise MigrationError(
            f"{varying.migration} gives different results for one item: {varying.what}; "
            "`up` must depend on nothing but its item",
            where=show_key(schema, varying.key),
            state="nothing was changed",
            next_command="verdigris migrations lint, which names the usual causes",
        )


def differing(
    files: Sequence[MigrationFile],
    roots: Sequence[Path],
    schema: KeySchema,
    sample: Sequence[Sampled],
    new_schema: KeySchema | None = None,
) -> Iterator[Varying]:
    """The first difference of each item. Raises MigrationError if a process could not do it."""
    if not sample:
        return
    named = [(file.name, str(file.path)) for file in files]
    job = Job(named, [str(root) for root in roots], schema, new_schema, list(map(_case, sample)))
    answers = _run(msgspec.json.encode(job))
    for item, *made in zip(sample, *answers, strict=True):
        if (found := _compare(new_schema or schema, made)) is not None:
            yield Varying(found[0], item.key, found[1])


def _case(item: Sampled) -> Case:
    reads = [(key, NOTHING if raw is None else msgspec.Raw(raw)) for key, raw in item.reads.items()]
    return Case(item.key, msgspec.Raw(item.raw), reads)


def _run(job: bytes) -> list[Answer]:
    """One answer of each process; they run side by side."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="verdigris-determinism-")))
        (folder / "job").write_bytes(job)
        running = [_start(stack, folder, number) for number in range(PROCESSES)]
        for number, process in enumerate(running):
            _finish(process, folder / f"errors-{number}")
        return [msgspec.json.decode((folder / f"answer-{n}").read_bytes(), type=Answer) for n in range(PROCESSES)]


def _start(stack: ExitStack, folder: Path, number: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "verdigris.migrations.child", str(number)],
        stdin=stack.enter_context((folder / "job").open("rb")),
        stdout=stack.enter_context((folder / f"answer-{number}").open("wb")),
        stderr=stack.enter_context((folder / f"errors-{number}").open("wb")),
        env=os.environ | {"PYTHONHASHSEED": str(number + 1)},
    )
    stack.callback(_end, process)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _finish(process: subprocess.Popen[bytes], errors: Path) -> None:
    try:
        code = process.wait(_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise _failed([f"no answer in {_TIMEOUT_S:g} s"]) from None
    if code:
        raise _failed([f"it ended with {code}", *errors.read_text("utf-8", "replace").strip().splitlines()[-1:]])


def _failed(why: Sequence[str]) -> MigrationError:
    return MigrationError(
        f"the migrations could not be run in a process of their own: {': '.join(why)}", state="nothing was changed"
    )


# ── comparing ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _compare(schema: KeySchema, answers: Sequence[list[Made]]) -> tuple[str, str] | None:
    """The migration that differs first, and how."""
    first = answers[0]
    for other in answers[1:]:
        for one, two in zip_longest(first, other):
            step: Made = one or two
            what = "" if one == two else _difference(schema, one, two)
            if OTHER_READ in step.reason:
                what = OTHER_READ
            if what:
                return step.migration, what
    return None


def _difference(schema: KeySchema, one: Made | None, two: Made | None) -> str:
    if one is None or two is None or (one.migration, one.key) != (two.migration, two.key):
        return "it selects the item in one process and not in another"
    if one.reason or two.reason:
        # The wording of a refusal may hold an address or a set: only whether it refuses counts.
        return "" if one.reason and two.reason else f"refused in one process only: {one.reason or two.reason}"
    outputs, others = dict(one.outputs), dict(two.outputs)
    if outputs.keys() != others.keys():
        keys = sorted(outputs.keys() ^ others.keys())
        shown = [show_key(schema, key) if key else "none" for key in keys[:_SHOWN]]
        return "the keys of what it returns: " + " / ".join(shown)
    for key in outputs:
        if places := list(_places(difference(bytes(outputs[key]), bytes(others[key])))):
            return ", ".join(places[:_SHOWN]) + (f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else "")
    return ""


def _places(of: Difference) -> Iterator[str]:
    """`` `id` is "a" / "b" ``."""
    for place in of.places:
        if place in of.changed:
            yield f"`{place}` is {show(of.changed[place].old, _WIDTH)} / {show(of.changed[place].new, _WIDTH)}"
        else:
            yield f"`{place}` is there in one process only: {show({**of.added, **of.removed}[place], _WIDTH)}"
