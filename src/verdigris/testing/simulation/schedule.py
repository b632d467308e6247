"""A schedule: everything that is free in one run, drawn from a seed. Its parts can be taken away one by one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import NamedTuple

from verdigris.testing.simulation.switches import Switch

#: How many calls a runner makes in each phase, about: where faults are put.
CALLS = {
    "start": 6,
    "preflight": 8,
    "provision": 14,
    "backfill": 50,
    "replay": 30,
    "verify": 60,
    "reindex": 60,
    "exercise": 60,
    "quarantine": 20,
    "switch": 24,
    "bake": 5,
    "rollback": 10,
    "abort": 20,
    "lease": 5,
}
#: Where faults are put, unless there is an index.
_PHASES = tuple(phase for phase in CALLS if phase != "reindex")
#: What may become of one call of a runner, and how long it may take (seconds).
CALM = ("cut", "lost", "half", "throttle", "slow", "pause", "crash", "crash-after", "jump", "asleep")
LATE = ("late", "crash-late")
SECONDS = {
    "slow": (0.1, 0.5, 2.0, 9.0, 20.0),
    "pause": (0.5, 4.0, 9.0, 12.0, 17.0, 30.0, 60.0),
    "jump": (-15.0, -8.0, -2.0, 2.0, 8.0, 15.0),
    "late": (0.3, 1.0, 3.0, 8.0, 14.0, 19.0, 27.0, 33.0),
    "crash-late": (0.3, 1.0, 3.0, 8.0, 14.0, 19.0, 27.0, 33.0),
}
#: The kinds of items that each migration makes a difference of.
LETTERS = {
    "same": "p",
    "drop": "pd",
    "split": "ps",
    "mixed": "pds",
    "ttl": "ptt",
    "moved-owner": "mmmd",
    "moved": "mmmd",
    "view": "ppr",
    "rekeyed": "mmnd",
    "rekeyed-owner": "mmnd",
    "rekeyed-view": "nnr",
    "picky": "ppx",
    "picky-moved": "mmx",
    "picky-owner": "mmx",
    "picky-rekeyed": "mmxn",
    "crowded": "mmp",
    "crowded-owner": "mmp",
    "crowded-rekeyed": "mmn",
}
#: The ways of a deployment that is not simply through.
COURSES = (
    ("backfill", "abort", "deploy"),
    ("verify", "abort", "deploy"),
    ("exercise", "abort", "deploy"),
    ("deploy", "rollback"),
    ("deploy", "rollback", "deploy"),
    ("deploy", "rollback", "abort", "deploy"),
)
#: What the service may answer to a read of the stream instead of a plain page.
READS = ("empty", "short", "twice", "bare")


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
    #: what operators do about what cannot be carried along: they "mend" the migrations, or "discard" it
    cure: str
    #: whether the table has an index
    indexed: bool = False


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
    switches: tuple[Switch, ...] | None = None

    def __str__(self) -> str:
        lines = [f"seed {self.seed}: {self.shape}"]
        lines += [f"  before    {_op(op)}" for op in self.before]
        lines += [f"  writer {n}  {_op(op)}, since {w.since}" for n, w in enumerate(self.writers, 1) for op in w.ops]
        lines += [f"  fault     {f.what} at call {f.nth} of {f.phase}, {_how_long(f)}" for f in self.faults]
        lines += [f"  split     {split.nap_s:.2f} s into {split.since}, into {split.into}" for split in self.splits]
        lines += [f"  read      {read.nth} of the stream: {read.what}" for read in self.reads]
        lines += [f"  day       {day.nap_s:.2f} s into {day.since}" for day in self.days]
        lines += [f"  switch    at step {s.step} to actor {s.pick}" for s in self.switches or ()]
        return "\n".join(lines)


@dataclass(frozen=True)
class Allowed:
    """What schedules may hold. The defaults are what the core must withstand today."""

    migrations: tuple[str, ...] = tuple(LETTERS)
    #: writes that land after their caller gave up, died, or was paused past its lease
    late_writes: bool = True
    #: open shards at a time, in a quarter of the schedules
    shards: int = 3
    faults: int = 4
    runners: int = 2
    courses: tuple[tuple[str, ...], ...] = (*[("deploy",)] * 14, *COURSES)
    #: phases where faults are put; all of them where there is none
    phases: tuple[str, ...] = ()
    #: kinds of faults; all of them where there is none
    kinds: tuple[str, ...] = ()
    #: how likely a schedule is to stand still for a day, once or twice
    days: float = 0.1
    #: how likely the table is to have an index
    indexed: float = 0.12


def drawn(seed: int, allowed: Allowed) -> Schedule:
    """The schedule of a seed. Each draws which perils it has and how many, so that some seeds are wild in one way."""
    dice = Random(seed)
    chance, of = dice.random, dice.choice
    runners = 1 if chance() < 0.5 else allowed.runners
    kinds = allowed.kinds or (CALM + LATE if allowed.late_writes else CALM)
    kinds = tuple(kind for kind in kinds if kind != "asleep" or runners > 1)
    kinds = tuple(dice.sample(kinds, min(len(kinds), dice.randint(1, 4))))
    phases = allowed.phases or _PHASES
    faults = tuple(_fault(dice, of(phases), of(kinds)) for _ in range(dice.randint(0, allowed.faults) if kinds else 0))
    skewed = [fault for fault in faults if fault.what == "jump"]
    faults = tuple(fault for fault in faults if fault not in skewed[1:])  # one clock that is wrong, once
    shards = allowed.shards if chance() < 0.25 else 1
    shape = Shape(
        migration=of(allowed.migrations),
        runners=runners,
        same_host=chance() < 0.5,
        segments=of((1, 2, 3)),
        workers=of((1, 2, 3)),
        shards=dice.randint(1, shards),
        page_items=of((1, 2, 3)),
        page_records=of((1, 2, 5, 50)),
        beat_s=of((0.01, 0.05, 0.2)),
        exercise=chance() < 0.2,
        margin_s=600.0 if skewed else 1.0,
        every=of((1, 2, 4, 10, 30)),
        course=of(allowed.courses),
        cure=of(("mend", "discard")),
    )
    numbers = of((1, 2, 3, 4, 6))
    letters = LETTERS[shape.migration]
    before = tuple(Op(0.0, "put", number, of(letters), 0, number) for number in range(numbers) if chance() < 0.8)
    naps_s = of((0.0, 0.05, 0.2, 0.6))
    writers = tuple(
        Writer(of(_SINCE), tuple(op for _ in range(of(_MANY)) for op in _ops(dice, numbers, letters, naps_s)))
        for _ in range(dice.randint(1, 3))
    )
    into = (1, 2) if shards > 1 else (1,)
    splits = tuple(
        Split(of((writers[0].since, of(_SINCE))), chance() * of((0.1, 0.4)), of(into))
        for _ in range(of((0, 0, 1, 2, 3)))
    )
    answers = READS if shape.migration in ("same", "drop") else READS[:-1]
    reads = tuple(Read(dice.randint(1, 30), of(answers)) for _ in range(of((0, 0, 2, 6))))
    days = tuple(Day(of(_SINCE[1:]), chance() * of((0.1, 0.4, 2.0))) for _ in range(of((1, 1, 2))))
    days = days if dice.random() < allowed.days else ()
    if dice.random() < allowed.indexed:
        shape = replace(shape, indexed=True)
        if not allowed.phases:
            faults = tuple(_fault(dice, "reindex", f.what) if dice.random() < 0.4 else f for f in faults)
    return Schedule(seed, shape, before, writers, faults, splits, reads, days)


#: Most are puts; a `put` of another kind is an update that moves, splits or drops.
_WHATS = ("put", "put", "put", "update", "update", "delete", "delete", "again", "pair", "trade", "move")
#: How many a writer does, a re-insert counted once.
_MANY = (1, 2, 3, 5, 8, 14)
#: When a writer begins; most where a change meets a copy or a settle.
_SINCE = ("start", "provision", *("backfill",) * 3, *("replay",) * 2, *("verify",) * 2, *("switch",) * 2, "rollback")


def _ops(dice: Random, numbers: int, letters: str, naps_s: float) -> list[Op]:
    below = dice.randrange
    op = Op(
        dice.random() * naps_s,
        dice.choice(_WHATS),
        below(numbers),
        dice.choice(letters),
        below(numbers),
        below(numbers),
    )
    return [op._replace(what="delete"), op._replace(what="put", nap_s=0.0)] if op.what == "again" else [op]


def _fault(dice: Random, phase: str, what: str) -> Fault:
    nth = dice.randint(1, CALLS[phase])
    if what == "asleep":
        until = phase if dice.random() < 0.5 else dice.choice(_SINCE[2:-1])
        return Fault(phase, nth, what, 0.0, until, dice.randint(1, CALLS[until]))
    return Fault(phase, nth, what, dice.choice(SECONDS[what]) if what in SECONDS else 0.0)


def _how_long(fault: Fault) -> str:
    return f"until call {fault.until_nth} of {fault.until}" if fault.until else f"{fault.seconds:g} s"


def _op(op: Op) -> str:
    return f"{op.what} {op.number} {op.kind} (other {op.other}, place {op.place}) after {op.nap_s:.2f} s"
