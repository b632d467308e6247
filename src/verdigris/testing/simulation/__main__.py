"""`make sim N=… SEED=… JOBS=…`: many schedules; the last line is `schedules N, bad 0`."""

from __future__ import annotations

import argparse
import gc
import logging
import multiprocessing
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from verdigris.testing.simulation import explained, simulate

#: How many seeds a process is given at a time.
_CHUNK = 25
#: Worlds are full of cycles, and short-lived: the collector need not look at them this often (objects).
_GARBAGE = 50_000


class _Done(NamedTuple):
    seed: int
    steps: int
    ok: bool


def main(words: list[str]) -> int:
    """0 if no schedule was bad, 1 if one was. Progress goes to stderr, failures and the sum to stdout."""
    asked = _parser().parse_args(words)
    bad = done = steps = 0
    began_s = shown_s = time.monotonic()
    with _simulated(range(asked.seed, asked.seed + asked.count), asked.jobs) as reports:
        for report in reports:
            done += 1
            steps += report.steps
            if not report.ok:
                bad += 1
                shown = bad <= asked.show
                print(explained(simulate(report.seed)) if shown else f"seed {report.seed} is bad", flush=True)
            now_s = time.monotonic()
            if asked.seconds is not None and now_s - began_s >= asked.seconds:
                break
            if now_s - shown_s > 10:
                shown_s = now_s
                print(f"{done} schedules, {bad} bad, {done / (now_s - began_s):.0f} a second", file=sys.stderr)
    print(f"{steps} steps in {time.monotonic() - began_s:.0f} s, seeds {asked.seed} to {asked.seed + done - 1}")
    print(f"schedules {done}, bad {bad}")
    return 1 if bad else 0


@contextmanager
def _simulated(seeds: Sequence[int], jobs: int) -> Iterator[Iterator[_Done]]:
    """What became of the schedule of each seed, in order; by so many processes."""
    if jobs == 1:
        _begin()
        yield map(_run, seeds)
    else:
        with multiprocessing.Pool(jobs, _begin) as pool:
            yield pool.imap(_run, seeds, _CHUNK)


def _begin() -> None:
    gc.freeze()
    gc.set_threshold(_GARBAGE)
    logging.disable()  # that stores do not answer is no news here


def _run(seed: int) -> _Done:
    report = simulate(seed)
    return _Done(seed, report.steps, report.ok)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m verdigris.testing.simulation", description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="how many schedules")
    parser.add_argument("--seed", type=int, default=1, help="the first seed; the others follow it")
    parser.add_argument("--seconds", type=float, help="stop after so many seconds, whatever the count")
    parser.add_argument("--jobs", type=int, default=1, help="how many processes share the schedules")
    parser.add_argument("--show", type=int, default=1, help="how many failures are made small and explained")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
