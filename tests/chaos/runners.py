"""The command line in a process of its own, ready within milliseconds: forked from a server that has imported it all.

Importing it takes a second of CPU, and a run of some hundred kills would mostly import.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

from tests.project import Done, Project

from verdigris.core.model import Phase

_POLL_S = 0.01
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(
    ["verdigris.cli.main", "verdigris.cli.deploy", "verdigris.cli.progress", "verdigris.commands"]
)
_numbers = count(1)
_SWITCH = tuple(Phase).index(Phase.SWITCH) + 1
#: Where a runner may be: at its start, in a phase, under the fence, behind the flip.
PLACES = ("start", *tuple(Phase)[:_SWITCH], "fence", "flipped", *tuple(Phase)[_SWITCH:])


class Runner:
    """`verdigris <arguments> --json`, started. `broken` names a rule that is taken away from it (`broken.py`)."""

    def __init__(self, project: Project, *arguments: str, broken: str = "") -> None:
        self._out = project.folder / "runs" / f"{next(_numbers):04d}"
        self._out.parent.mkdir(exist_ok=True)
        self._read, self._records = 0, list[dict[str, Any]]()
        words = (*arguments, "--json")
        self._process = _SERVER.Process(
            target=_run, args=(project.folder, project.variables, words, self._out, broken), daemon=True
        )
        self._process.start()

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    @property
    def where(self) -> str:
        """The place of `PLACES` at which it works."""
        place = PLACES[0]
        for record in self.records():
            match record["type"]:
                case "began" if place != "flipped" or record["phase"] != Phase.SWITCH:
                    place = record["phase"]
                case "intent" if record["step"].startswith("fence"):
                    place = "fence"
                case "flipped":
                    place = "flipped"
        return place

    def records(self) -> list[dict[str, Any]]:
        """The bodies of the records that it has told of until now."""
        with suppress(FileNotFoundError), self._out.open("rb") as file:
            file.seek(self._read)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._read += len(line)
                if body := json.loads(line).get("record", {}).get("body"):
                    self._records.append(body)
        return self._records

    def reaches(self, place: str, within_s: float = 120) -> bool:
        """Waits until it works at this place, or at a later one; False if it has ended before."""
        until_s = time.monotonic() + within_s
        while self.alive and time.monotonic() < until_s:
            if PLACES.index(self.where) >= PLACES.index(place):
                return True
            time.sleep(_POLL_S)
        return False

    def signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            assert self._process.pid
            os.kill(self._process.pid, number)

    def kill(self) -> bool:
        """SIGKILL; whether that is what ended it."""
        self.signal(signal.SIGKILL)
        return self.finish().code == -signal.SIGKILL

    def finish(self, timeout_s: float = 400) -> Done:
        """Waits for its end. Raises AssertionError, and kills it, if that does not come."""
        self._process.join(timeout_s)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
            raise AssertionError(f"it did not end in {timeout_s:g} s:\n{self._text()}{self._text('.err')}")
        assert self._process.exitcode is not None
        return Done(self._process.exitcode, self._text(), self._text(".err"))

    def _text(self, suffix: str = "") -> str:
        try:
            return self._out.with_suffix(suffix).read_text("utf-8")
        except FileNotFoundError:  # it was killed before its first line
            return ""


def _run(folder: Path, variables: Mapping[str, str], words: tuple[str, ...], out: Path, broken: str) -> None:
    """The process."""
    from verdigris.cli.main import cli

    os.chdir(folder)
    os.environ.update(variables)
    for number, path in ((1, out), (2, out.with_suffix(".err"))):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    if broken:
        import_module("tests.chaos.broken").apply(broken)
    sys.exit(cli.run(words))
