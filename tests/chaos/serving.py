"""An application behind the front door, on an embedded stack of its own, whose processes may be killed."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType

from tests.chaos.strikes import Way
from tests.project import Project

from verdigris.commands.sessions import latest
from verdigris.config.load import load
from verdigris.core.model import Color
from verdigris.errors import VerdigrisError
from verdigris.local.door import ensure_door
from verdigris.local.processes import Processes
from verdigris.wiring import Wiring

_LOOK_S = 0.2


class Supervisor:
    """Starts what serves again when it has died, as whatever runs it in earnest does; while it is entered."""

    def __init__(self, project: Project, dice: random.Random) -> None:
        state = project.folder / "state"
        self._name = f"{project.name}-dev"
        self._dice = dice
        self._processes = Processes(state / "processes")
        self._wiring = Wiring(load(project.folder / "verdigris.toml", project.folder), "dev")
        self._wiring.state_folder = state
        self._url = ""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor")

    @property
    def door_url(self) -> str:
        """Where the door was last; its port may have been taken while it did not run."""
        door = self._processes.recorded(f"door-{self._name}")
        if door and door.url:  # while it is started again there is no record
            self._url = door.url
        return self._url

    @property
    def kills(self) -> Mapping[Way, Callable[[], None]]:
        """What kills what serves."""
        return {Way.DOOR: lambda: self._kill(f"door-{self._name}"), Way.APPLICATION: self._kill_application}

    def __enter__(self) -> Supervisor:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        application = self._wiring.application
        assert application
        while not self._ended.wait(_LOOK_S):
            if self._processes.get(f"door-{self._name}") is None:
                with suppress(VerdigrisError):
                    ensure_door(self._wiring.state_folder, self._name)
            under_way = latest(self._wiring.journal)
            for color in Color:
                if under_way is None:
                    continue
                place = self._wiring.place(color, under_way.plan)
                if self._processes.recorded(self._app(color)) and application.address(place) is None:
                    with suppress(VerdigrisError):  # a deploy started it meanwhile; or again, at the next look
                        application.start(place)

    def _kill_application(self) -> None:
        self._kill(self._app(self._dice.choice(list(Color))))

    def _kill(self, name: str) -> None:
        if found := self._processes.get(name):
            with suppress(ProcessLookupError):
                os.kill(found.pid, signal.SIGKILL)

    def _app(self, color: Color) -> str:
        return f"app-{self._name}-{color}"
