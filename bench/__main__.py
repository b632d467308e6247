"""`python -m bench`: what an item costs, and a change: CPU time of the same jobs, done by Verdigris and by others.

- copy: a table copied, against the byte floor (the least a Python client can do), boto3 and a Node document client;
- settle: a stream under load followed, against a boto3 consumer that replays its images;
- verify: two tables read and compared, against the byte floor's scan of both.

Each variant runs in a fresh process against a DynamoDB Local of the job's own, three times in turn; medians are shown,
with ratios, and written to build/bench.json. Read the ratios: the microseconds are this machine's, in this minute.
`--memory` shows the peak memory of Verdigris's process for small and large tables.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench import jobs, report
from bench.items import small_item
from bench.jobs import Job
from bench.peers import npm
from bench.server import Server, server

BUILD = Path("build")
COPY_SIZES = (10_000, 200_000)
VERIFY_SIZES = (10_000, 500_000)


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    BUILD.mkdir(exist_ok=True)
    script, reason = npm.install(BUILD) if options.node else (None, "--no-node")
    found: dict[str, Any] = {}
    made: dict[str, Callable[[Server], Job]] = {
        "copy": lambda local: jobs.copying(local, options.items, script),
        "settle": lambda local: jobs.settling(local, min(options.items, 1_000)),  # more records slow the server down
        "verify": lambda local: jobs.verifying(local, options.items),
    }
    for name, make in made.items():
        if options.only in (None, name):
            with server() as local:
                found[name] = _measured(local, make(local), options.rounds)
    if "copy" in found and script is None:
        print(f"node was left out: {reason}")
    if options.memory:
        with server() as local:
            found["memory"] = _memory(local)
    (BUILD / "bench.json").write_text(json.dumps(found, indent=2) + "\n")
    print(f"\nwritten to {BUILD / 'bench.json'}")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=["copy", "settle", "verify"], help="one of the jobs")
    parser.add_argument("--items", type=int, default=8_000, help="items of about 1.2 KB (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each variant (default: %(default)s)")
    parser.add_argument("--no-node", dest="node", action="store_false", help="leave the Node peer out")
    sizes = f"copies of {COPY_SIZES[1]:,} items, a verify of {VERIFY_SIZES[1]:,}"
    parser.add_argument("--memory", action="store_true", help=f"also peak memory with {sizes} (half an hour)")
    return parser.parse_args(arguments)


def _measured(local: Server, job: Job, rounds: int) -> dict[str, Any]:
    """All variants in turn, and that again: a machine that gets slower slows all of them."""
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in job.variants}
    for number in range(rounds):
        for name in job.variants:
            print(f"{job.name}, round {number + 1} of {rounds}: {name}", file=sys.stderr, flush=True)
            runs[name].append(_once(local, job, name))
    found = report.summary(runs)
    print("\n" + report.table(job.name, job.thing, found))
    print("\n".join(report.verdicts(job.name, found)))
    return found


def _once(local: Server, job: Job, variant: str) -> dict[str, Any]:
    tables = job.tables(local)
    result = job.variants[variant](local, variant, tables)
    if result["done"] != job.expected:
        raise SystemExit(f"{variant} did {result['done']} of {job.expected} {job.thing}s")
    job.check(local, variant, tables[-1])
    return result


def _memory(local: Server) -> dict[str, Any]:
    """Peak memory of Verdigris's process at two sizes, in MB, and how much the larger one added."""
    peaks: dict[str, list[int]] = {}
    for size in COPY_SIZES:
        job = jobs.copying(local, size, None)
        for name in ("untouched", "migrated"):
            peaks.setdefault(name, []).append(_peak(local, job, name))
        local.drop(job.tables(local)[2])
    for size in VERIFY_SIZES:
        peaks.setdefault("verify", []).append(_peak(local, jobs.verifying(local, size, small_item), "verify"))
    rows = {name: {"mb": large, "mb_added": large - small} for name, (small, large) in peaks.items()}
    print(f"\npeak memory at {COPY_SIZES[1]:,} items copied, {VERIFY_SIZES[1]:,} verified, and what came with size:")
    for name, row in rows.items():
        print(f"{name:14} {row['mb']:>5} MB {row['mb_added']:>+5} MB")
    print("\n".join(report.verdicts("memory", rows)))
    return rows


def _peak(local: Server, job: Job, variant: str) -> int:
    print(f"memory: {variant}, {job.expected:,} {job.thing}s", file=sys.stderr, flush=True)
    return int(_once(local, job, variant)["peak_rss_kb"]) // 1024


if __name__ == "__main__":
    main()
