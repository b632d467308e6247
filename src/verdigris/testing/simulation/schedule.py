"""A schedule: everything that is free in one run, drawn from a seed. Its parts can be taken away one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from verdigris.testing.simulation.switches import Switch


class Op(NamedTuple):
    """One thing that the application does, after a nap (seconds). `number` names the item, `other` a second one."""

    nap_s: float
    what: str
    number: int
    kind: str
    other: int = 0
    place: int = 0


class Writer(NamedTuple):
    """One client of the application: begins when a runner first works on `since`, and does one op after the other."""

    since: str
    ops: tuple[Op, ...]


class Fault(NamedTuple):
    """What becomes of the `nth` call that a runner makes in `phase`."""

    phase: str
    nth: int
    what: str
    seconds: float = 0.0
    #: with "asleep": it goes on when another runner makes this call of that phase
    until: str = ""
    until_nth: int = 0


class Split(NamedTuple):
    """A nap (seconds) after a runner first works on `since`, an open shard of the source's stream closes; `into`
    children follow it."""

    since: str
    nap_s: float
    into: int


class Day(NamedTuple):
    """A nap (seconds) after a runner first works on `since`, everything stands still for a day, and the source's stream
    drops what it holds."""

    since: str
    nap_s: float


class Read(NamedTuple):
    """What becomes of the `nth` read of the source's stream."""

    nth: int
    what: str


class Word(NamedTuple):
    """A nap (seconds) after a runner first works on `since` somebody says a budget (`what` is its lane, `amount` units
    a second), or pauses the deployment for `amount` seconds."""

    since: str
    nap_s: float
    what: str
    amount: float


class Halt(NamedTuple):
    """A nap (seconds) after a runner first works on `since` replication stands still for `seconds`."""

    since: str
    nap_s: float
    seconds: float


@dataclass(frozen=True)
class Shape:
    """What does not change within a schedule."""

    migration: str
    runners: int
    same_host: bool
    segments: int
    workers: int
    shards: int
    page_items: int
    page_records: int
    beat_s: float
    exercise: bool
    margin_s: float
    #: a switch to another actor about every so many steps
    every: float
    #: what operators type, one after the other: verbs, or the name of a phase for a deployment until that is done
    course: tuple[str, ...]
    #: what operators do about what cannot be carried along: they "mend" the migrations, "discard" it, or
    #: "redrive" once what the migrations depend on is mended
    cure: str
    #: whether the table has an index
    indexed: bool = False
    #: how late a change arrives in the destination's replica at most (seconds); None: it has none
    lag_s: float | None = None


@dataclass(frozen=True)
class Schedule:
    """One run of the world. `switches` is None as long as they are to be drawn from the seed."""

    seed: int
    shape: Shape
    before: tuple[Op, ...]
    writers: tuple[Writer, ...]
    faults: tuple[Fault, ...]
    splits: tuple[Split, ...]
    reads: tuple[Read, ...]
    days: tuple[Day, ...] = ()
    words: tuple[Word, ...] = ()
    halts: tuple[Halt, ...] = ()
    switches: tuple[Switch, ...] | None = None

    def __str__(self) -> str:
        lines = [f"seed {self.seed}: {self.shape}"]
        lines += [f"  before    {_op(op)}" for op in self.before]
        lines += [f"  writer {n}  {_op(op)}, since {w.since}" for n, w in enumerate(self.writers, 1) for op in w.ops]
        lines += [f"  fault     {f.what} at call {f.nth} of {f.phase}, {_how_long(f)}" for f in self.faults]
        lines += [f"  split     {split.nap_s:.2f} s into {split.since}, into {split.into}" for split in self.splits]
        lines += [f"  read      {read.nth} of the stream: {read.what}" for read in self.reads]
        lines += [f"  day       {day.nap_s:.2f} s into {day.since}" for day in self.days]
        lines += [
            f"  word      {word.nap_s:.2f} s into {word.since}: {word.what} {word.amount:g}" for word in self.words
        ]
        lines += [f"  halt      {halt.nap_s:.2f} s into {halt.since}, {halt.seconds:g} s" for halt in self.halts]
        lines += [f"  switch    at step {s.step} to actor {s.pick}" for s in self.switches or ()]
        return "\n".join(lines)


def _how_long(fault: Fault) -> str:
    return f"until call {fault.until_nth} of {fault.until}" if fault.until else f"{fault.seconds:g} s"


def _op(op: Op) -> str:
    return f"{op.what} {op.number} {op.kind} (other {op.other}, place {op.place}) after {op.nap_s:.2f} s"
