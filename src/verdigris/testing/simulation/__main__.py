"""`make sim N=… SEED=…`: many schedules; the last line is `schedules N, bad 0`."""

from __future__ import annotations

import argparse
import sys
import time

from verdigris.testing.simulation import explained, simulate


def main(words: list[str]) -> int:
    """0 if no schedule was bad, 1 if one was. Progress goes to stderr, failures and the sum to stdout."""
    asked = _parser().parse_args(words)
    bad = done = steps = 0
    began_s = shown_s = time.monotonic()
    while done < asked.count and (asked.seconds is None or time.monotonic() - began_s < asked.seconds):
        report = simulate(asked.seed + done)
        done += 1
        steps += report.steps
        if not report.ok:
            bad += 1
            print(explained(report) if bad <= asked.show else f"seed {report.seed} is bad", flush=True)
        if time.monotonic() - shown_s > 10:
            shown_s = time.monotonic()
            print(f"{done} schedules, {bad} bad, {done / (shown_s - began_s):.0f} a second", file=sys.stderr)
    print(f"{steps} steps in {time.monotonic() - began_s:.0f} s, seeds {asked.seed} to {asked.seed + done - 1}")
    print(f"schedules {done}, bad {bad}")
    return 1 if bad else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m verdigris.testing.simulation", description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="how many schedules")
    parser.add_argument("--seed", type=int, default=1, help="the first seed; the others follow it")
    parser.add_argument("--seconds", type=float, help="stop after so many seconds, whatever the count")
    parser.add_argument("--show", type=int, default=1, help="how many failures are made small and explained")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
