"""Detached processes with records in a folder, so that whoever comes next finds, replaces and stops them.

A record names a process by its id and creation time: an id that was used again is not mistaken for it. Every process
carries a mark in its environment, inherited by what it starts, so that stopping one leaves none of its children.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from verdigris.errors import LocalStackError
from verdigris.local.folders import User, explained, make_folder, read_json, write_json

_MARK = "VERDIGRIS_PROCESS"
#: Creation times are computed from the clock at boot, which is corrected now and then.
_CREATED_TOLERANCE_S = 2.0
_POLL_S = 0.02
_LAST_LINES = 12
#: Our own children, kept so that one that ended is reaped and does not look alive.
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """A process as recorded: `created` in seconds since the epoch, `port` where it listens (None: nowhere)."""

    name: str
    pid: int
    created: float
    port: int | None
    log: str
    argv: tuple[str, ...]

    @property
    def url(self) -> str | None:
        return None if self.port is None else f"http://127.0.0.1:{self.port}"


class Processes:
    """The processes whose records are in `folder`. Names are file names: letters, digits, `-`, `.`, `_`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def start(
        self,
        name: str,
        argv: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        port: int | None = None,
        user: User | None = None,
    ) -> ProcessInfo:
        """Starts `argv` in a session of its own, so that it outlives us, with its output in `log`.

        `env` is its whole environment (None: ours). The log of the run before is kept as `<log>.1`. Raises
        LocalStackError if a process of that name runs, or if the program cannot be started.
        """
        if self.get(name):
            raise LocalStackError(f"{name} runs already", where=str(self.folder), next_command="verdigris local status")
        with explained(f"starting {name}", self.folder):
            make_folder(self.folder)
            make_folder(log.parent)
            if log.exists():
                log.replace(log.with_name(log.name + ".1"))
        marked = {**(os.environ if env is None else env), _MARK: self._mark(name)}
        child = _spawn(name, argv, log, marked, cwd, user)
        _children[child.pid] = child
        info = ProcessInfo(name, child.pid, _created(child.pid), port, str(log), tuple(argv))
        with explained(f"recording {name}", self.folder):
            write_json(self._record(name), asdict(info))
        return info

    def recorded(self, name: str) -> ProcessInfo | None:
        """The record, whether or not the process still lives."""
        value = read_json(self._record(name))
        return None if value is None else ProcessInfo(**{**value, "argv": tuple(value["argv"])})

    def get(self, name: str) -> ProcessInfo | None:
        """The process, or None if it is dead, its id was used again, or there never was one."""
        info = self.recorded(name)
        return info if info and is_alive(info) else None

    def all(self) -> tuple[ProcessInfo, ...]:
        """Those that live, by name."""
        return tuple(info for info in map(self.get, self.names()) if info)

    def names(self) -> tuple[str, ...]:
        """Every recorded name, dead ones included."""
        return tuple(sorted(path.stem for path in self.folder.glob("*.json")))

    def stop(self, name: str, grace_s: float = 10.0) -> bool:
        """Ends the process and its children (SIGTERM, after `grace_s` SIGKILL), forgets the record; safe to repeat.

        Returns whether the process was alive. Raises LocalStackError if something cannot be ended.
        """
        info = self.get(name)
        was_alive = info is not None
        self._end(name, lambda: self._marked(self._mark(name), info), grace_s)
        self._record(name).unlink(missing_ok=True)
        return was_alive

    def sweep(self, grace_s: float = 10.0) -> None:
        """Ends everything that bears this folder's mark, also what has no record (its starter was killed)."""
        self._end("what was left", lambda: self._marked(self._mark("")), grace_s)

    def _end(self, name: str, family: Callable[[], list[psutil.Process]], grace_s: float) -> None:
        for number, patience_s in ((signal.SIGTERM, grace_s), (signal.SIGKILL, 10.0)):
            deadline = time.monotonic() + patience_s
            told: set[int] = set()
            while members := family():
                for member in members:
                    if member.pid not in told:
                        told.add(member.pid)
                        with suppress(psutil.NoSuchProcess):
                            member.send_signal(number)
                if time.monotonic() > deadline:
                    break
                time.sleep(_POLL_S)
            else:
                return
        raise LocalStackError(
            f"{name} could not be ended",
            where=", ".join(f"process {member.pid}" for member in members),
            state="it still runs",
            next_command="verdigris local status",
        )

    def _marked(self, prefix: str, leader: ProcessInfo | None = None) -> list[psutil.Process]:
        """Who bears the mark, and the leader as long as it lives: one that is ending has no environment any more."""
        whole = not prefix.endswith("#")
        found = []
        if leader and is_alive(leader):
            with suppress(psutil.NoSuchProcess):
                found.append(psutil.Process(leader.pid))
        known = {process.pid for process in found}
        for process in psutil.process_iter():
            reap(process.pid)
            try:
                mark = process.environ().get(_MARK, "")
            except psutil.Error:  # gone, a zombie, or another user's: none of them is ours
                continue
            if (mark == prefix if whole else mark.startswith(prefix)) and process.pid not in (os.getpid(), *known):
                found.append(process)
        return found

    def _mark(self, name: str) -> str:
        return f"{self.folder.resolve()}#{name}"

    def _record(self, name: str) -> Path:
        return self.folder / f"{name}.json"


def _spawn(
    name: str, argv: Sequence[str], log: Path, env: Mapping[str, str], cwd: Path | None, user: User | None
) -> subprocess.Popen[bytes]:
    try:
        with log.open("wb") as output:
            return subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env=env,
                start_new_session=True,
                user=user.uid if user else None,
                group=user.gid if user else None,
                extra_groups=[] if user else None,
            )
    except OSError as error:
        raise LocalStackError(
            f"{name} could not be started: {error.strerror}",
            where=argv[0],
            state="nothing was started",
            next_command="check that the command exists and may be run",
        ) from error


def is_alive(info: ProcessInfo) -> bool:
    """Whether the recorded process lives: same id, same creation time, and not ended with all of its threads.

    A process that was killed is a zombie while its threads end, and holds its ports until the last of them has.
    """
    reap(info.pid)
    try:
        process = psutil.Process(info.pid)
        same = abs(process.create_time() - info.created) < _CREATED_TOLERANCE_S
        return same and (process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1)
    except psutil.NoSuchProcess:
        return False


def reap(pid: int) -> None:
    """Takes note of the end of a child of ours, so that the system forgets it."""
    child = _children.get(pid)
    if child and child.poll() is not None:
        _children.pop(pid, None)


def _created(pid: int) -> float:
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:  # it ended at once; the log says why
        return time.time()


def last_lines(log: Path | str, count: int = _LAST_LINES) -> str:
    """The end of a log, for people. Empty if there is none."""
    try:
        return "\n".join(Path(log).read_text(errors="replace").splitlines()[-count:])
    except OSError:
        return ""
