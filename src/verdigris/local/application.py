"""The application of each color as a detached process of this machine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from verdigris.core.model import Color, Place
from verdigris.errors import Invalid, LocalStackError
from verdigris.local import engine
from verdigris.local.folders import explained, locked
from verdigris.local.stack import LocalStack

_GRACE_S = 10.0


class LocalApplication:
    """An `Application` whose colors are the processes `app-<env>-<color>` of the stack in `folder`.

    `command` is run in `directory` without a shell; `{port}` in it becomes a free port of 127.0.0.1. The process
    gets our environment and the place's variables. It is healthy when `GET health_path` answers 2xx, and must be so
    within `start_s` seconds.
    """

    def __init__(
        self,
        folder: Path,
        env: str,
        command: Sequence[str],
        directory: Path,
        health_path: str = "/health",
        start_s: float = 60.0,
    ) -> None:
        self._stack = LocalStack(folder)
        self._env = env
        self._command = tuple(command)
        self._directory = directory
        self._health_path = health_path
        self._start_s = start_s

    def start(self, place: Place) -> str:
        """Starts the color's application, in place of the one that runs, and returns its address when it is healthy.

        Raises Invalid if it cannot be started, ends, or is not healthy in time; then it does not run.
        """
        name = self._name(place.color)
        before = self._stack.processes.recorded(name)
        self.stop(place)
        with explained(f"starting {name}", self._stack.folder), self._locked(name):
            log = self._stack.log(name)
            try:
                info = engine.start(
                    self._launch(name, place), self._stack.processes, log, None, before.port if before else None
                )
            except LocalStackError as error:
                raise Invalid(
                    f"the application of {place.color} does not start: {error.what}",
                    where=error.where,
                    state=f"no application of {place.color} runs; no traffic was moved",
                    next_command=error.next_command,
                ) from error
        assert info.url
        return info.url

    def address(self, place: Place) -> str | None:
        """Where the color's application listens now; None if it does not run."""
        info = self._stack.processes.get(self._name(place.color))
        return info.url if info else None

    def stop(self, place: Place) -> None:
        """SIGTERM to the application and what it started, SIGKILL after 10 s; returns when all have ended."""
        name = self._name(place.color)
        with explained(f"stopping {name}", self._stack.folder), self._locked(name):
            self._stack.processes.stop(name, _GRACE_S)

    def _launch(self, name: str, place: Place) -> engine.Launch:
        def argv(port: int) -> list[str]:
            return [word.replace("{port}", str(port)) for word in self._command]

        def answers(url: str) -> bool:
            status = engine.asks("GET", url + self._health_path)
            return status is not None and 200 <= status < 300

        env = {**os.environ, **place.environment()}
        return engine.Launch(name, argv, answers, self._start_s, env=env, cwd=self._directory)

    def _locked(self, name: str) -> AbstractContextManager[None]:
        return locked(self._stack.folder / f".{name}.lock")

    def _name(self, color: Color) -> str:
        return f"app-{self._env}-{color}"
