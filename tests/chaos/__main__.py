"""`make chaos N=… SEED=…`: rounds until N runners were killed; the last line is `kills N, lost 0, resurrected 0, …`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.engines import Engines
from tests.chaos.tally import Tally


def main(words: list[str]) -> int:
    """0 if every round was as it must be, else 1. Progress goes to stderr, failures and the sum to stdout."""
    asked = _parser().parse_args(words)
    total, seed = Tally(), asked.seed
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="verdigris-chaos-") as folder, Engines(Path(folder)) as engines:
        while total.kills < asked.kills and (asked.seconds is None or time.monotonic() - began_s < asked.seconds):
            found = engines.round(seed, asked.broken)
            total.add(found)
            if not found.ok:
                print(f"seed {seed}:", *found.faulty(), f"again: make chaos N=1 SEED={seed}", sep="\n  ", flush=True)
            seed += 1
            rate = total.kills / (time.monotonic() - began_s) * 60
            print(f"{total.rounds} rounds, {total.closing()}; {rate:.1f} a minute", file=sys.stderr, flush=True)
    print(f"{total.rounds} rounds in {time.monotonic() - began_s:.0f} s, seeds {asked.seed} to {seed - 1}")
    print(f"{total.writes} acknowledged writes, {len(total.repaired)} repaired by verify")
    print(f"stopped: {_told(total.stopped)}")
    print(f"faults: {_told(total.faults)}")
    print(total.table())
    print(total.closing())
    return 0 if total.ok else 1


def _told(times: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(times.items())) or "none"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=60, help="begin no further round after so many kills")
    parser.add_argument("--seed", type=int, default=1, help="the first round's seed; the others follow it")
    parser.add_argument("--seconds", type=float, help="begin no further round after so many seconds")
    parser.add_argument("--broken", default="", help="rules that are taken away, to see that it is noticed (broken.py)")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
