"""A hook that is a command of the user's."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from verdigris.core.hooking import Asked, Reply, Status
from verdigris.stores.tool import Tell, Tool, ended_with

#: EX_TEMPFAIL of sysexits.h: not yet, ask again.
IN_PROGRESS = 75
_SHOWN_LINES = 5


@dataclass(frozen=True)
class CommandHook:
    """A `Hook` by a command in `directory`: exit code 0 is SUCCEEDED, 75 IN_PROGRESS, anything else FAILED.

    What it says goes to `tell`, and to the file `log`. One that takes longer than `timeout_s` seconds has failed.
    """

    name: str
    command: Sequence[str]
    directory: Path
    log: Path
    timeout_s: float
    tell: Tell = lambda line: None

    def ask(self, what: Asked) -> Reply:
        last: deque[str] = deque(maxlen=_SHOWN_LINES)

        def told(line: str) -> None:
            last.append(line)
            self.tell(line)

        tool = Tool(self.log, self.directory, told, timeout_s=self.timeout_s)
        tool.begin()
        code = tool.run(self.command, os.environ | what.environment())
        said = " | ".join(line for line in last if line)
        if code == IN_PROGRESS:
            return Reply(Status.IN_PROGRESS, said)
        if code:
            return Reply(Status.FAILED, ended_with(code) + (f": {said}" if said else ""))
        return Reply(Status.SUCCEEDED)
