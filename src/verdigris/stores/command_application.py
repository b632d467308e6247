"""The application of a color as three commands of the user's own: deploy, destroy, address."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from verdigris.core.model import Color, Place
from verdigris.errors import Invalid
from verdigris.stores.tool import Tell, Tool, ended_with


@dataclass(frozen=True)
class CommandApplication:
    """An `Application` by commands, run in `directory` with the place's variables; `folder` keeps what they say.

    `deploy` and `destroy` must be safe to repeat; `address` prints the color's address, or nothing.
    """

    folder: Path
    directory: Path
    name: Callable[[Color], str]
    deploy: Sequence[str]
    destroy: Sequence[str]
    reads_address: Sequence[str]
    timeout_s: float = 3600.0
    tell: Tell = lambda line: None

    def start(self, place: Place) -> str:
        """Raises Invalid if a command fails, or if there is no address afterwards."""
        tool = self._tool(place)
        self._run(tool, self.deploy, place)
        address = self._address(tool, place)
        if address is None:
            raise Invalid(
                "it was deployed, and the address command printed nothing",
                where=" ".join(self.reads_address),
                state=f"{self.name(place.color)} is deployed; no traffic was moved",
                next_command=f"mend the command, then: verdigris deploy {place.env}",
            )
        return address

    def address(self, place: Place) -> str | None:
        return self._address(self._tool(place), place)

    def stop(self, place: Place) -> None:
        self._run(self._tool(place), self.destroy, place)

    def _tool(self, place: Place) -> Tool:
        log = self.folder / self.name(place.color) / "output.log"
        tool = Tool(log, self.directory, self.tell, timeout_s=self.timeout_s)
        tool.begin()
        return tool

    def _run(self, tool: Tool, argv: Sequence[str], place: Place) -> None:
        if code := tool.run(argv, os.environ | place.environment()):
            raise self._failed(tool, argv, place, code)

    def _address(self, tool: Tool, place: Place) -> str | None:
        code, text = tool.read(self.reads_address, os.environ | place.environment())
        if code:
            raise self._failed(tool, self.reads_address, place, code)
        lines = text.split()
        return lines[-1] if lines else None

    def _failed(self, tool: Tool, argv: Sequence[str], place: Place, code: int) -> Invalid:
        return Invalid(
            f"the command for {place.color} {ended_with(code)}: {' '.join(argv)}",
            where=f"{tool.log}, in {self.directory}",
            state="what it made is still there; no traffic was moved",
            next_command=f"mend it, then run the command again; or take everything back: verdigris abort {place.env}",
        )
