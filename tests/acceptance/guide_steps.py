"""The steps of the guide as they are done: a table for people, a row as soon as its step is done."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from string import Template
from textwrap import wrap
from typing import Any

import yaml  # type: ignore[import-untyped]
from tests.project import Done, Project, finish

Meanwhile = Callable[[subprocess.Popen[str]], None]
Row = tuple[str, str, str]
HEAD = ("the guide", "verdigris", "exit")
#: what differs from run to run
_GATE = re.compile(r"(switch)-[0-9a-f]{8}")
_WIDEST, _GUIDE, _EXIT = 106, 36, 4


class Steps:
    """Runs them in the project's folder. `out` is given the table's lines."""

    def __init__(self, project: Project, out: Callable[[str], None]) -> None:
        self._project = project
        self._out = out
        self._width = min(shutil.get_terminal_size().columns, _WIDEST)
        self.rows: list[Row] = []
        self._show(HEAD)

    def part(self, name: str) -> None:
        """The steps that follow belong together."""
        self._add((name.upper(), "", ""))

    def do(
        self,
        by_hand: str,
        *command: str,
        code: int = 0,
        meanwhile: Meanwhile | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Done:
        """One command, which must end with `code`. `meanwhile` is called while it works."""
        process = self._project.start(*command, env=env)
        try:
            if meanwhile:
                meanwhile(process)
            done = finish(process)
        finally:
            process.kill()
        assert done.code == code, f"{shlex.join(command)}\n{done.out}\n{done.err}"
        self._add((by_hand, _GATE.sub(r"\1-…", shlex.join(command)), str(done.code)))
        return done

    def table(self, width: int) -> str:
        return "\n".join(line for row in (HEAD, *self.rows) for line in lines(row, width))

    def _add(self, row: Row) -> None:
        self.rows.append(row)
        self._show(row)

    def _show(self, row: Row) -> None:
        for line in lines(row, self._width):
            self._out(line)


def lines(row: Row, width: int) -> Iterator[str]:
    """A row in `width` columns: what is too long goes on below. Before a part is an empty line."""
    guide, command, code = row
    left = min(_GUIDE, (width - _EXIT - 4) // 2)
    right = width - _EXIT - 4 - left
    if not command:
        yield ""
    for one, two, three in zip_longest(wrap(guide, left), wrap(command, right), [code], fillvalue=""):
        yield f"{one:<{left}}  {two:<{right}}  {three:>{_EXIT}}".rstrip()


def workflow(file: Path, **variables: str) -> Iterator[tuple[str, list[str]]]:
    """A CircleCI workflow's jobs in their order, each with its one verdigris command; an approval has none."""
    ci: dict[str, Any] = yaml.safe_load(file.read_text())
    for job in ci["workflows"]["deploy"]["jobs"]:
        ((name, settings),) = job.items()
        if settings.get("type") == "approval":
            yield name, []
        else:
            (step,) = ci["jobs"][name]["steps"]
            yield name, shlex.split(Template(step["verdigris"]["run"]).substitute(variables))
