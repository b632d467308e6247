"""One variant in a process of its own: `python -m bench.variant NAME URL WARM SOURCE DESTINATION DEPLOY_TABLE`.

Copies the small table WARM first (connections, lazy imports), then SOURCE under measurement; prints one line of JSON:
items, CPU and wall seconds, and the process's peak memory in KB (null where /proc is missing).
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

NAMES = ("floor", "untouched", "migrated", "boto3")


def main(name: str, url: str, warm: str, source: str, destination: str, deploy_table: str) -> None:
    copy = _copier(name, url, deploy_table)
    copy(warm, destination)
    cpu, wall = _cpu_s(), time.perf_counter()
    items = copy(source, destination)
    found = {"items": items, "cpu_s": _cpu_s() - cpu, "wall_s": time.perf_counter() - wall, "peak_rss_kb": _peak_kb()}
    print(json.dumps(found))


def _copier(name: str, url: str, deploy_table: str) -> Callable[[str, str], int]:
    # Imported here: what a variant does not use shall not weigh on its memory.
    if name == "floor":
        from bench import floor

        return partial(floor.copy, url)
    if name == "boto3":
        from bench.peers import with_boto3

        return partial(with_boto3.copy, url)
    from bench import ours

    migration = {"untouched": ours.UNTOUCHED, "migrated": ours.MIGRATED}[name]
    return ours.Backfill(url, migration, deploy_table).copy


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
