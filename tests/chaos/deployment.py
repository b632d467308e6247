"""A deployment that is struck, and started again until it is through."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from tests.chaos.runners import Runner
from tests.chaos.strikes import Strike, Striker
from tests.chaos.tally import Tally
from tests.project import Done, Project

ESTATE = Path(__file__).parent / "estate"
#: A deployment that faults stopped so often does not come to an end.
_STOPS = 30
#: Exit codes: done, waiting at the gate.
_GOALS = {0, 3}
#: Error codes that nothing of what is done here explains; "": it ended without saying why.
_INEXPLICABLE = {"", "bug", "unverified", "hints-lost", "migration", "usage", "config"}


def estate(project: Project, migrations: Sequence[str] = ()) -> None:
    """Puts the application's files in place, and these migrations."""
    for file in ("shapes.py", "application.py"):
        shutil.copy(ESTATE / file, project.folder)
    for name in migrations:
        shutil.copy(ESTATE / "migrations" / name, project.folder / "migrations")


class Deployment:
    """`verdigris deploy dev` in a project, as often as it takes."""

    def __init__(self, project: Project, tally: Tally, broken: str = "") -> None:
        self._project = project
        self._tally = tally
        self._broken = broken

    def start(self, *words: str) -> Runner:
        return Runner(self._project, *(words or ("deploy", "dev")), broken=self._broken)

    def struck(self, striker: Striker, plan: Sequence[Strike]) -> None:
        """Strikes the deployment as planned, or until it has reached its goal."""
        runner: Runner | None = None
        for strike in plan:
            runner = self._reaching(runner, strike.place)
            if runner is None:
                return
            time.sleep(strike.after_s)
            runner = striker.strike(runner, strike.way)
        if runner:
            self._there(runner.finish())

    def insist(self, *words: str) -> None:
        """The command, as often as faults stop it. Raises AssertionError when that does not help."""
        for _ in range(_STOPS):
            if self._there(self.start(*words).finish()):
                return
        raise AssertionError(f"{' '.join(words)} was stopped again and again: {dict(self._tally.stopped)}")

    def _reaching(self, runner: Runner | None, place: str) -> Runner | None:
        """A runner that works at this place, or past it; None if the goal is reached."""
        for _ in range(_STOPS):
            runner = runner or self.start()
            if runner.reaches(place):
                return runner
            if self._there(runner.finish()):
                return None
            runner = None
        raise AssertionError(f"stopped again and again: {dict(self._tally.stopped)}")

    def _there(self, done: Done) -> bool:
        """Whether the goal is reached. Raises AssertionError for an end that cannot be explained."""
        if done.code in _GOALS:
            return True
        told = [json.loads(line) for line in done.out.splitlines() if line.endswith("}")]
        code = next((line["error"]["code"] for line in told if "error" in line), "")
        assert code not in _INEXPLICABLE, f"it ended with {done.code}: {done.out}{done.err}"
        self._tally.stopped[code] += 1
        if code == "lease-held":
            time.sleep(0.3)
        return False
