"""Schedules drawn from seeds: what may be in one, how likely, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from verdigris.testing.simulation.schedule import Day, Fault, Halt, Op, Read, Schedule, Shape, Split, Word, Writer

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
    #: how likely somebody is to change budgets, and to pause and resume
    steered: float = 0.08
    #: how likely the destination is to have a replica in another region
    replicated: float = 0.08


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
    words = tuple(_word(dice) for _ in range(dice.randint(1, 4))) if dice.random() < allowed.steered else ()
    halts: tuple[Halt, ...] = ()
    if dice.random() < allowed.replicated:
        cure = "redrive" if shape.cure == "mend" and chance() < 0.5 else shape.cure
        shape = replace(shape, lag_s=of(_LAGS_S), cure=cure)
        halts = tuple(Halt(of(_HALTED), chance() * of((0.1, 1.0, 5.0)), of(_HALTS_S)) for _ in range(of((0, 0, 1, 2))))
    return Schedule(seed, shape, before, writers, faults, splits, reads, days, words, halts)


#: Most are puts; a `put` of another kind is an update that moves, splits or drops.
_WHATS = ("put", "put", "put", "update", "update", "delete", "delete", "again", "pair", "trade", "move")
#: How many a writer does, a re-insert counted once.
_MANY = (1, 2, 3, 5, 8, 14)
#: When a writer begins; most where a change meets a copy or a settle.
_SINCE = ("start", "provision", *("backfill",) * 3, *("replay",) * 2, *("verify",) * 2, *("switch",) * 2, "rollback")
#: What people may say: a budget of units a second, or a pause of seconds.
_AMOUNTS = dict.fromkeys(("read", "write", "index"), (5.0, 10.0, 20.0, 50.0)) | {"pause": (0.5, 3.0, 10.0, 40.0)}

#: How late changes arrive in a replica (seconds): about as on AWS, or later than a fence may stand.
_LAGS_S = (0.1, 0.5, 2.0, 2.0, 12.0)
#: When replication stands still, and how long (seconds): the longest are no lag any more.
_HALTED = ("backfill", "replay", *("verify",) * 2, "quarantine", *("switch",) * 2)
_HALTS_S = (*(2.0, 10.0, 40.0) * 3, 400.0)


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


def _word(dice: Random) -> Word:
    what = dice.choice(tuple(_AMOUNTS))
    return Word(
        dice.choice(_SINCE[1:]), dice.random() * dice.choice((0.1, 1.0, 5.0)), what, dice.choice(_AMOUNTS[what])
    )
