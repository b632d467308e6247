"""The embedded engines together: up, down, status. One folder holds the records, logs and data of one stack."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Literal, TypeAlias

from verdigris.errors import LocalStackError
from verdigris.local import download, dynamodb, engine, opensearch, search_node
from verdigris.local.folders import (
    cache_folder,
    explained,
    locked,
    make_folder,
    open_area,
    stack_folder,
    unprivileged,
)
from verdigris.local.java import java_home, runnable
from verdigris.local.processes import Processes, ProcessInfo
from verdigris.local.progress import Progress, Step, quiet

ENGINES = (dynamodb.NAME, opensearch.NAME)
State: TypeAlias = Literal["running", "stopped", "died"]


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """One engine: "died" is one that was started and ended without being told to. `log` is a file's path."""

    name: str
    state: State
    url: str | None
    pid: int | None
    port: int | None
    log: str


@dataclass(frozen=True, slots=True)
class StackInfo:
    """A stack as it is now. `others` are its further processes: front doors and applications of colors."""

    folder: str
    engines: tuple[EngineInfo, ...]
    others: tuple[ProcessInfo, ...]

    @property
    def running(self) -> bool:
        """Whether every engine runs."""
        return all(one.state == "running" for one in self.engines)

    @property
    def dynamodb_url(self) -> str:
        """Where DynamoDB Local listens. Raises LocalStackError if it does not run."""
        return self._url(dynamodb.NAME)

    @property
    def search_url(self) -> str:
        """Where OpenSearch listens. Raises LocalStackError if it does not run."""
        return self._url(opensearch.NAME)

    def _url(self, name: str) -> str:
        one = next(one for one in self.engines if one.name == name)
        if one.url is None:
            raise LocalStackError(
                f"{name} is not running" + (" any more: it died" if one.state == "died" else ""),
                where=one.log,
                state="the embedded stack is incomplete",
                next_command="verdigris local up",
            )
        return one.url


class LocalStack:
    """The embedded stack in `folder` (default: see `stack_folder`). Stacks in different folders never meet."""

    def __init__(self, folder: Path | None = None, *, cache: Path | None = None) -> None:
        self.folder = stack_folder(folder).absolute()
        self.cache = (cache or cache_folder()).absolute()
        self.processes = Processes(self.folder / "processes")

    def up(
        self,
        progress: Progress = quiet,
        *,
        engines: Sequence[str] = ENGINES,
        ports: Mapping[str, int] | None = None,
    ) -> StackInfo:
        """Starts what does not run, all at once, and returns when every one has answered. Safe to repeat.

        `ports` demands ports by engine name; free ones are chosen otherwise. An OpenSearch that died comes back with
        its data; a DynamoDB Local that died has lost its tables, so the whole stack starts over, empty. Raises
        LocalStackError; engines that did start are left running then.
        """
        progress = _one_at_a_time(progress)
        with explained("starting the embedded stack", self.folder), locked(self.folder / ".lock"):
            if self._died(dynamodb.NAME):
                self._clear()
            wanted = [name for name in ENGINES if name in engines and not self.processes.get(name)]
            with ThreadPoolExecutor(len(ENGINES)) as threads:
                jobs = [threads.submit(self._start, name, (ports or {}).get(name), progress) for name in wanted]
            for job in jobs:
                job.result()
        return self.status()

    def down(self) -> tuple[str, ...]:
        """Ends every process of the stack and removes its data; returns the names of what ran. Safe to repeat."""
        if not self.folder.exists():
            return ()
        with explained("stopping the embedded stack", self.folder), locked(self.folder / ".lock"):
            return self._clear()

    def status(self) -> StackInfo:
        """What runs now, and what died since it was started."""
        others = tuple(info for info in self.processes.all() if info.name not in ENGINES)
        return StackInfo(str(self.folder), tuple(map(self._engine_info, ENGINES)), others)

    def log(self, name: str) -> Path:
        """The log of one of the stack's processes."""
        return self.folder / "logs" / f"{name}.log"

    def _engine_info(self, name: str) -> EngineInfo:
        info = self.processes.recorded(name)
        log = str(self.log(name))
        if info is None:
            return EngineInfo(name, "stopped", None, None, None, log)
        if self.processes.get(name) is None:
            return EngineInfo(name, "died", None, None, info.port, log)
        return EngineInfo(name, "running", info.url, info.pid, info.port, log)

    def _died(self, name: str) -> bool:
        return self.processes.recorded(name) is not None and self.processes.get(name) is None

    def _start(self, name: str, port: int | None, progress: Progress) -> None:
        before = self.processes.recorded(name)
        self.processes.stop(name)
        launch = _LAUNCHES[name](self, progress)
        progress(Step(name, "start", 0, 1))
        engine.start(launch, self.processes, self.log(name), port, before.port if before else None)
        progress(Step(name, "ready", 1, 1))

    def _launch_dynamodb(self, progress: Progress) -> engine.Launch:
        parts = download.ensure(dynamodb.NAME, download.parts(dynamodb.NAME), self.cache, progress)
        return dynamodb.launch(parts, java_home(), make_folder(self.folder / "data" / dynamodb.NAME))

    def _launch_opensearch(self, progress: Progress) -> engine.Launch:
        user = unprivileged()
        home = search_node.install(opensearch.PRODUCT, self.cache, user, progress)
        area = make_folder(self._open_area() / "data" / opensearch.NAME)
        return search_node.launch(opensearch.PRODUCT, home, runnable(java_home(), user), area, user)

    def _open_area(self) -> Path:
        return open_area(self.folder, unprivileged())

    def _clear(self) -> tuple[str, ...]:
        # What uses the engines ends before them.
        names = sorted(self.processes.names(), key=lambda name: name in ENGINES)
        stopped = tuple(name for name in names if self.processes.stop(name))
        self.processes.sweep()
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        if self._open_area() != self.folder:
            shutil.rmtree(self._open_area(), ignore_errors=True)
        return stopped


_LAUNCHES: Mapping[str, Callable[[LocalStack, Progress], engine.Launch]] = {
    dynamodb.NAME: LocalStack._launch_dynamodb,
    opensearch.NAME: LocalStack._launch_opensearch,
}


def _one_at_a_time(progress: Progress) -> Progress:
    lock = Lock()

    def show(step: Step) -> None:
        with lock:
            progress(step)

    return show
