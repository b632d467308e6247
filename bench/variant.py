"""One variant in a process of its own: `python -m bench.variant NAME URL DEPLOY_TABLE WARM… SOURCE DESTINATION`.

Does the job with the small tables WARM… (a source and a destination) first: connections, lazy imports. Then with SOURCE
and DESTINATION under measurement; prints one line of JSON: things done, CPU and wall seconds, and the process's peak
memory in KB (null where /proc is missing).
"""

from __future__ import annotations

import json
import re
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verdigris.core.transform import Migration


def main(
    name: str, url: str, deploy_table: str, warm_source: str, warm_destination: str, source: str, destination: str
) -> None:
    job = _job(name, url, deploy_table)
    job(warm_source, warm_destination)
    cpu, wall = _cpu_s(), time.perf_counter()
    done = job(source, destination)
    found = {"done": done, "cpu_s": _cpu_s() - cpu, "wall_s": time.perf_counter() - wall, "peak_rss_kb": _peak_kb()}
    print(json.dumps(found))


def _job(name: str, url: str, deploy_table: str) -> Callable[[str, str], int]:
    # Imported here: what a variant does not use shall not weigh on its memory.
    if name in ("floor", "floor-scan"):
        from bench import floor

        return partial(floor.copy if name == "floor" else floor.scan_both, url)
    if name == "boto3":
        from bench.peers import with_boto3

        return partial(with_boto3.copy, url)
    if name == "boto3-replay":
        from bench.peers import following_boto3

        return partial(following_boto3.follow, url)
    from bench import ours

    def runner(migration: Migration) -> ours.Runner:
        return ours.Runner(url, migration, deploy_table)

    match name:
        case "untouched":
            return runner(ours.UNTOUCHED).copy
        case "migrated":
            return runner(ours.MIGRATED).copy
        case "settle":
            return runner(ours.MIGRATED).settle
        case "verify":
            return runner(ours.UNTOUCHED).verify
    raise SystemExit(f"no variant is called {name}")


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _peak_kb() -> int | None:
    # Not ru_maxrss: it begins with the memory of the process that started this one.
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+)", status.read_text()) if status.exists() else None
    return int(found[1]) if found else None


if __name__ == "__main__":
    main(*sys.argv[1:])
