"""The table that a program says the live application uses."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from verdigris.core.model import Color
from verdigris.errors import NotFound, StoreError


class LiveCommand:
    """The port `LiveData`: runs `command` in `folder` with `variables` and `VERDIGRIS_COLOR`; it prints one word."""

    def __init__(
        self, command: Sequence[str], folder: Path, variables: Mapping[str, str], *, timeout_s: float = 60
    ) -> None:
        self._command = list(command)
        self._folder = folder
        self._variables = variables
        self._timeout_s = timeout_s

    def table(self, color: Color) -> str:
        said = self._run(os.environ | dict(self._variables) | {"VERDIGRIS_COLOR": color.value}).split()
        if len(said) != 1:
            raise NotFound(
                f"the command of [live] printed {len(said)} words; it must print the name of a table",
                where=self._command[0],
                state="nothing was changed",
            )
        return said[0]

    def _run(self, environment: Mapping[str, str]) -> str:
        try:
            done = subprocess.run(
                self._command,
                cwd=self._folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=True,
                timeout=self._timeout_s,
            )
        except subprocess.CalledProcessError as error:
            last = (error.stderr or "").strip().rpartition("\n")[2]
            raise self._failed(f"ended with code {error.returncode}: {last}") from None
        except subprocess.TimeoutExpired:
            raise self._failed(f"did not end in {self._timeout_s:g} s") from None
        except OSError as error:
            raise self._failed(f"cannot be run: {error.strerror}") from error
        return done.stdout

    def _failed(self, what: str) -> StoreError:
        return StoreError(f"the command of [live] {what}", where=self._command[0], state="nothing was changed")
