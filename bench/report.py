"""What was measured: medians, ratios, and whether the project's targets are met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

#: variant → what bench/variant.py printed in each round; the first variant is the base of the ratios
Rounds = Mapping[str, Sequence[Mapping[str, Any]]]


class Target(NamedTuple):
    """`measure` of `variant` must be `at most` or `at least` the bound."""

    variant: str
    measure: str
    relation: str
    bound: float


TARGETS = {
    "copy": (
        Target("untouched", "ratio", "at most", 1.5),
        Target("migrated", "ratio", "at most", 4.5),
        Target("node", "ratio_to_migrated", "at least", 14.0),
    ),
    "settle": (Target("settle", "ratio", "at most", 0.25),),
    "verify": (),  # what counts there is memory
    "memory": (
        Target("untouched", "mb_added", "at most", 16),
        Target("migrated", "mb_added", "at most", 16),
        Target("verify", "mb_added", "at most", 16),
        Target("verify", "mb", "at most", 64),
    ),
}


def summary(rounds: Rounds) -> dict[str, dict[str, Any]]:
    """Medians by variant. Ratios are of CPU time, each to the base of its own round: what slows the machine for a
    while slows both."""
    costs = {name: [_cost(run) for run in runs] for name, runs in rounds.items()}
    base = next(iter(costs.values()))
    found = {}
    for name, runs in rounds.items():
        found[name] = {
            "cpu_us": round(median(costs[name]), 1),
            "ratio": _ratio(costs[name], base),
            "per_core_s": round(1e6 / median(costs[name])),
            "per_s": round(median(run["done"] / run["wall_s"] for run in runs)),
            "peak_mb": round(median(run["peak_rss_kb"] for run in runs) / 1024) if runs[0]["peak_rss_kb"] else None,
        }
        if "migrated" in costs:
            found[name]["ratio_to_migrated"] = _ratio(costs[name], costs["migrated"])
    return found


def table(job: str, thing: str, rows: Mapping[str, Mapping[str, Any]]) -> str:
    base, things = f"× {next(iter(rows))}", f"{thing}s/s"
    head = f"{job:14} {f'CPU µs/{thing}':>14} {base:>15} {f'{things}/core':>15} {things:>10} {'peak MB':>8}"
    lines = [
        f"{name:14} {row['cpu_us']:14.1f} {row['ratio']:15.2f} {row['per_core_s']:15,} {row['per_s']:10,} "
        f"{row['peak_mb'] or '-':>8}"
        for name, row in rows.items()
    ]
    return "\n".join([head, *lines])


def verdicts(job: str, rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """`untouched: ratio 1.48 (at most 1.5): met`, for each target of a job that was measured."""
    lines = []
    for target in TARGETS[job]:
        value = rows.get(target.variant, {}).get(target.measure)
        if value is not None:
            met = value <= target.bound if target.relation == "at most" else value >= target.bound
            said = f"{target.variant}: {target.measure.replace('_', ' ')} {value} ({target.relation} {target.bound:g})"
            lines.append(f"{said}: {'met' if met else 'MISSED'}")
    return lines


def _cost(run: Mapping[str, Any]) -> float:
    """CPU microseconds for one thing."""
    return float(run["cpu_s"] / run["done"] * 1e6)


def _ratio(costs: Sequence[float], base: Sequence[float]) -> float:
    return round(median(one / other for one, other in zip(costs, base, strict=True)), 2)
