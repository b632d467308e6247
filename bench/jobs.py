"""The jobs that are measured, each with the variants that do it: the first one is what the others are compared with."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.changes import changed, revised
from bench.items import item, migrate
from bench.server import Server
from verdigris.core.items import decode
from verdigris.core.model import RawItem

#: Small tables that each process works on before it is measured; none of their keys is in the large ones.
WARM = range(10_000_000, 10_000_100)
WARM_CHANGED = range(10_000_000, 10_000_020)

#: (server, variant, tables as bench/variant.py takes them) → what it prints
Run = Callable[[Server, str, Sequence[str]], dict[str, Any]]


@dataclass(frozen=True)
class Job:
    """`tables` gives fresh destinations, `check` ends the run (SystemExit) where one of them is not as it must be."""

    name: str
    thing: str
    variants: Mapping[str, Run]
    expected: int
    tables: Callable[[Server], Sequence[str]]
    check: Callable[[Server, str, str], None] = field(default=lambda local, variant, destination: None)


def python(local: Server, variant: str, tables: Sequence[str]) -> dict[str, Any]:
    deploy_table = local.new_name()
    found = _output([sys.executable, "-m", "bench.variant", variant, local.url, deploy_table, *tables])
    local.drop(deploy_table)
    return found


def node(script: Path) -> Run:
    return lambda local, variant, tables: _output(["node", str(script), local.url, tables[0], *tables[2:]])


def copying(local: Server, items: int, node_script: Path | None) -> Job:
    """A table copied: as bytes, through a migration that selects nothing, through one that changes every item."""
    source, warm = local.loaded(range(items)), local.loaded(WARM)

    def tables(local: Server) -> Sequence[str]:
        destination = local.empty()
        return warm, destination, source, destination

    def check(local: Server, variant: str, destination: str) -> None:
        copied = decode(item(0))
        _demand(local, destination, items + len(WARM), copied if variant in ("floor", "untouched") else migrate(copied))

    runs = dict.fromkeys(("floor", "untouched", "migrated", "boto3"), python)
    return Job("copy", "item", runs | ({"node": node(node_script)} if node_script else {}), items, tables, check)


def settling(local: Server, items: int) -> Job:
    """A stream under load followed, through the migration: by replaying its images, and by settling."""
    source, records, left = changed(local, range(items))
    warm, _, warm_left = changed(local, WARM_CHANGED)

    def tables(local: Server) -> Sequence[str]:
        destination = local.empty()
        return warm, destination, source, destination

    def check(local: Server, variant: str, destination: str) -> None:
        _demand(local, destination, left + warm_left, migrate(decode(revised(0, 0))))

    return Job("settle", "record", dict.fromkeys(("boto3-replay", "settle"), python), records, tables, check)


def verifying(local: Server, items: int, make: Callable[[int], RawItem] = item) -> Job:
    """Two equal tables read whole, and proven equal."""
    pair = [local.loaded(range(items), make) for _ in range(2)]
    warm = [local.loaded(WARM, make) for _ in range(2)]
    for source in (pair[0], warm[0]):
        local.stream(source)
    return Job("verify", "item", dict.fromkeys(("floor-scan", "verify"), python), items, lambda local: [*warm, *pair])


def _demand(local: Server, destination: str, count: int, first: dict[str, Any]) -> None:
    there, other = local.count(destination), local.first(destination)
    if there != count or other != first:
        raise SystemExit(f"{destination} has {there} items, not {count}, or the first is not as it must be: {other}")
    local.drop(destination)


def _output(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found
