"""`python -m bench`: CPU microseconds an item for the same job, copying a table, done in five ways.

Each variant runs in a fresh process against one DynamoDB Local, three times in turn; medians are shown as ratios to the
byte floor and written to build/bench.json. Read the ratios: the microseconds are this machine's, in this minute.
`--memory` shows the peak memory of Verdigris's process for a small and a large table.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from bench import variant
from bench.items import item, migrate
from bench.peers import npm
from bench.server import Server, server
from verdigris.core.items import decode

BUILD = Path("build")
#: A small table that each process copies before it is measured; none of its keys is in the large one.
WARM = range(10_000_000, 10_000_500)
#: (variant, its measure, relation, bound): the project's targets.
TARGETS = (
    ("untouched", "ratio_to_floor", "at most", 1.5),
    ("migrated", "ratio_to_floor", "at most", 4.5),
    ("node", "ratio_to_migrated", "at least", 14.0),
)
MEMORY_SIZES = (10_000, 200_000)

#: (server, warm-up table, source, destination) → what bench/variant.py prints
Run = Callable[[Server, str, str, str], dict[str, Any]]
COPIES = ("floor", "untouched")  # the others migrate


def main() -> None:
    options = _options()
    BUILD.mkdir(exist_ok=True)
    script, reason = npm.install(BUILD)
    runs = {name: _python(name) for name in variant.NAMES} | ({"node": _node(script)} if script else {})
    with server() as local:
        found: dict[str, Any] = _summary(_measure(local, runs, options.items, options.rounds))
        if script is None:
            found["node"] = None
        _show(found, reason)
        if options.memory:
            found["memory"] = _memory(local)
    (BUILD / "bench.json").write_text(json.dumps(found, indent=2) + "\n")
    print(f"\nwritten to {BUILD / 'bench.json'}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--items", type=int, default=8_000, help="items of about 1.2 KB (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each variant (default: %(default)s)")
    sizes = " against ".join(f"{size:,}" for size in MEMORY_SIZES)
    parser.add_argument("--memory", action="store_true", help=f"also peak memory at {sizes} items (ten minutes)")
    return parser.parse_args()


def _measure(local: Server, runs: Mapping[str, Run], items: int, rounds: int) -> dict[str, list[dict[str, Any]]]:
    """All variants in turn, and that again: a machine that gets slower slows all of them."""
    source, warm = local.loaded(range(items)), local.loaded(WARM)
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in runs}
    for number in range(rounds):
        for name, run in runs.items():
            print(f"round {number + 1} of {rounds}: {name}", file=sys.stderr, flush=True)
            found[name].append(_one(local, name, run, warm, source, items))
    return found


def _one(local: Server, name: str, run: Run, warm: str, source: str, items: int) -> dict[str, Any]:
    destination = local.empty()
    result = run(local, warm, source, destination)
    if result["items"] != items or local.count(destination) != items + len(WARM):
        raise SystemExit(f"{result['items']} of {items} items were copied: {result}")
    expected = decode(item(0)) if name in COPIES else migrate(decode(item(0)))
    if local.first(destination) != expected:
        raise SystemExit(f"{name} made another item: {local.first(destination)}")
    local.drop(destination)
    return result


def _python(name: str) -> Run:
    def run(local: Server, warm: str, source: str, destination: str) -> dict[str, Any]:
        deploy_table = local.new_name()
        command = [sys.executable, "-m", "bench.variant", name, local.url, warm, source, destination, deploy_table]
        result = _output(command)
        local.drop(deploy_table)
        return result

    return run


def _node(script: Path) -> Run:
    return lambda local, *tables: _output(["node", str(script), local.url, *tables])


def _output(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _summary(results: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Medians by variant."""
    cpu = {name: median(run["cpu_s"] / run["items"] * 1e6 for run in runs) for name, runs in results.items()}
    return {
        name: {
            "cpu_us_per_item": round(cpu[name], 1),
            "ratio_to_floor": round(cpu[name] / cpu["floor"], 2),
            "ratio_to_migrated": round(cpu[name] / cpu["migrated"], 2),
            "items_per_s": round(median(run["items"] / run["wall_s"] for run in runs)),
            "peak_rss_mb": round(median(run["peak_rss_kb"] for run in runs) / 1024) if runs[0]["peak_rss_kb"] else None,
        }
        for name, runs in results.items()
    }


def _show(found: Mapping[str, Any], no_node: str) -> None:
    print(f"\n{'':10} {'CPU µs/item':>12} {'× floor':>8} {'× migrated':>11} {'items/s':>8} {'peak MB':>8}")
    for name, row in found.items():
        if row is None:
            print(f"{name:10} left out: {no_node}")
            continue
        ratios = f"{row['ratio_to_floor']:8.2f} {row['ratio_to_migrated']:11.2f}"
        print(
            f"{name:10} {row['cpu_us_per_item']:12.1f} {ratios} {row['items_per_s']:8,} {row['peak_rss_mb'] or '-':>8}"
        )
    print()
    for name, measure, relation, bound in TARGETS:
        if found[name] is not None:
            value = found[name][measure]
            met = value <= bound if relation == "at most" else value >= bound
            print(f"{name}: {measure.replace('_', ' ')} {value} ({relation} {bound}): {'met' if met else 'MISSED'}")


def _memory(local: Server) -> dict[str, Any]:
    """Peak memory of the copying process, in MB, and how much of it the larger table added."""
    peaks: dict[str, list[int]] = {"untouched": [], "migrated": []}
    warm = local.loaded(WARM)
    for size in MEMORY_SIZES:
        source = local.loaded(range(size))
        for name, found in peaks.items():
            print(f"memory: {name}, {size:,} items", file=sys.stderr, flush=True)
            found.append(_one(local, name, _python(name), warm, source, size)["peak_rss_kb"] // 1024)
        local.drop(source)
    small, large = (f"mb_at_{size}" for size in MEMORY_SIZES)
    rows = {name: {small: a, large: b, "ratio": round(b / a, 2)} for name, (a, b) in peaks.items()}
    print(f"\npeak memory at {MEMORY_SIZES[0]:,} and {MEMORY_SIZES[1]:,} items:")
    for name, row in rows.items():
        print(f"{name:10} {row[small]:>5} MB {row[large]:>5} MB   × {row['ratio']}")
    return rows


if __name__ == "__main__":
    main()
