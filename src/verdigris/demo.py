"""The demonstration: the court of `examples/court` goes from version 1 to version 2 under live traffic.

Every step is the command that a person would type, in a process of its own. What judges it is independent of Verdigris:
the traffic generator's ledger of acknowledged writes, against the table and the index as they are in the end.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verdigris.errors import PhaseFailed
from verdigris.local.dynamodb import ACCESS_KEY, SECRET_KEY
from verdigris.local.folders import state_folder
from verdigris.local.stack import LocalStack

ENV = "demo"
_GATE = 3
#: How long the new color takes traffic before it is rolled back, and after it is live again (seconds).
_LOOK_S = 5.0


@dataclass(frozen=True)
class Options:
    """How large, how busy. `keep` leaves everything running."""

    items: int = 20_000
    seed: int = 1
    writes_per_second: float = 50.0
    keep: bool = False


@dataclass(frozen=True)
class Verdict:
    """What the demonstration showed. Pauses are the longest gap between acknowledged requests, in seconds."""

    line: str
    clean: bool
    examples: tuple[str, ...]
    items: int
    documents: int
    stats: dict[str, Any]
    pauses: tuple[tuple[str, float], ...]
    seconds: float


def court() -> Path:
    """The example's folder: in the repository, or as installed with the package."""
    here = Path(__file__).resolve().parent
    for folder in (here.parents[1] / "examples" / "court", here / "examples" / "court"):
        if folder.is_dir():
            return folder
    raise PhaseFailed("the example application was not installed with Verdigris", where=str(here))


def run(options: Options, say: Callable[[str], None]) -> Verdict:
    """Runs it from an empty stack to the verdict. Raises PhaseFailed when a step does not end as it must."""
    began = time.monotonic()
    stack = LocalStack(state_folder(ENV))
    if stack.down():
        say("An earlier demonstration was still running; it was taken down.")
    try:
        with tempfile.TemporaryDirectory(prefix="verdigris-demo-") as scratch:
            return _Demonstration(options, say, stack, Path(scratch)).run(began)
    finally:
        if not options.keep:
            stack.down()


class _Demonstration:
    def __init__(self, options: Options, say: Callable[[str], None], stack: LocalStack, scratch: Path) -> None:
        self._options = options
        self._say = say
        self._stack = stack
        self._scratch = scratch
        self._court = court()
        self._pauses: list[tuple[str, float]] = []
        os.environ.update(
            VERDIGRIS_STATE=str(stack.folder), AWS_ACCESS_KEY_ID=ACCESS_KEY, AWS_SECRET_ACCESS_KEY=SECRET_KEY
        )
        sys.path.insert(0, str(self._court))

    def run(self, began: float) -> Verdict:
        from court.control import Generator

        self._title("The embedded stack, and version 1 of the court: an empty environment is the first case")
        self._verdigris("v1", "local", "up")
        self._verdigris("v1", "deploy", ENV, "--yes")
        self._load()
        self._title(
            f"Traffic: {self._options.writes_per_second:g} writes a second, and a ledger of each that was taken"
        )
        traffic = Generator(self._court, self._load_of_traffic(), self._scratch / "control")
        try:
            self._deploy(traffic)
            self._back_and_forward(traffic)
            self._title("The end of version 1")
            self._verdigris("v2", "finalize", ENV, "--confirm", ENV)
            stats = traffic.stop()
        finally:
            traffic.kill()
        return self._judge(stats, began)

    def _load(self) -> None:
        from court.generator import initial, load, load_index

        self._say(f"\nLoading {self._options.items:,} items, before the table has a stream …")
        info = self._stack.status()
        entities = list(initial(self._options.items, self._options.seed))
        items = load(info.dynamodb_url, f"court-{ENV}-alpha", entities)
        documents = load_index(info.search_url, f"court-{ENV}-case", entities)
        self._say(f"Loaded {items:,} items and {documents:,} documents into version 1.")

    def _load_of_traffic(self) -> dict[str, str]:
        from verdigris.local.door import ensure_door

        return {
            "url": ensure_door(self._stack.folder, f"court-{ENV}").url,
            "ledger": str(self._scratch / "ledger"),
            "items": str(self._options.items),
            "seed": str(self._options.seed),
            "writes-per-second": str(self._options.writes_per_second),
        }

    def _deploy(self, traffic: Any) -> None:
        self._title("Version 2, whose data has another shape: three migrations, under live writes")
        self._verdigris("v2", "plan", ENV)
        self._verdigris("v2", "deploy", ENV, ends=_GATE)
        self._verdigris("v2", "approve", ENV, "--comment", "looks good")
        self._measured(traffic, "switch to green (writes)", "write", ("deploy", ENV))
        time.sleep(_LOOK_S)

    def _back_and_forward(self, traffic: Any) -> None:
        self._title("Back to version 1 and forward again: traffic only, so the generator only reads meanwhile")
        if not traffic.read_only():
            raise PhaseFailed("the traffic generator has writes that nobody answered")
        self._measured(traffic, "rollback to blue (reads)", "read", ("rollback", ENV, "--lossy"))
        time.sleep(1)
        self._measured(traffic, "forward to green (reads)", "read", ("deploy", ENV))
        traffic.resume()
        time.sleep(_LOOK_S)

    def _measured(self, traffic: Any, what: str, kind: str, arguments: Sequence[str]) -> None:
        """Runs a command that switches, and measures the longest gap that clients saw around it."""
        began = time.monotonic()
        self._verdigris("v2", *arguments)
        time.sleep(1)
        self._pauses.append((what, traffic.longest_gap(began, time.monotonic(), kind)))

    def _judge(self, stats: dict[str, Any], began: float) -> Verdict:
        from court.generator import initial
        from court.verdict import expectation, judge, scan_index, scan_table

        info = self._stack.status()
        found = judge(
            expectation(initial(self._options.items, self._options.seed), self._scratch / "ledger"),
            scan_table(info.dynamodb_url, f"court-{ENV}-beta"),
            scan_index(info.search_url, f"court-{ENV}-case"),
        )
        served = not any(stats[name] for name in ("unsettled", "refused", "stale_reads"))
        return Verdict(
            line=str(found),
            clean=found.clean and served,
            examples=(*found.examples, *stats["examples"]),
            items=found.items,
            documents=found.documents,
            stats=stats,
            pauses=tuple(self._pauses),
            seconds=time.monotonic() - began,
        )

    def _title(self, text: str) -> None:
        self._say(f"\n━━ {text}")

    def _verdigris(self, version: str, *arguments: str, ends: int = 0) -> None:
        """One command, as a person would type it in the folder of that version. Raises PhaseFailed."""
        typed = shlex.join(("verdigris", *arguments))
        self._say(f"\n{version}$ {typed}")
        command = [sys.executable, "-m", "verdigris.cli.main", *arguments]
        code = subprocess.run(command, cwd=self._court / version, check=False).returncode
        if code != ends:
            raise PhaseFailed(
                f"`{typed}` ended with {code}, not {ends}",
                where=f"examples/court/{version}",
                next_command="the lines above say why; the logs are in " + str(self._stack.folder / "logs"),
            )
