"""What every engine has in common: started detached, ready when it has answered a real request, dead with its log."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import urllib3

from verdigris.errors import LocalStackError
from verdigris.local.folders import User
from verdigris.local.ports import demand_free, free_port, is_free
from verdigris.local.processes import Processes, ProcessInfo, last_lines

_POLL_S = 0.05
#: Somebody may take a free port between our choice and its use.
_PORT_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start an engine on a given port."""

    name: str
    argv: Callable[[int], Sequence[str]]
    #: Whether the engine at this URL answers; asked again and again.
    answers: Callable[[str], bool]
    #: Seconds until it must have answered.
    start_s: float
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    user: User | None = None


def start(launch: Launch, processes: Processes, log: Path, port: int | None, preferred: int | None) -> ProcessInfo:
    """Starts the engine and returns when it has answered. A failed start leaves nothing running.

    `port` is demanded, `preferred` taken if it happens to be free, else any free one. Raises LocalStackError.
    """
    if port:
        demand_free(port, launch.name)
    for attempt in range(1, _PORT_ATTEMPTS + 1):
        chosen = port or (preferred if preferred and attempt == 1 and is_free(preferred) else free_port())
        info = processes.start(
            launch.name,
            launch.argv(chosen),
            log=log,
            env=launch.env,
            cwd=launch.cwd,
            port=chosen,
            user=launch.user,
        )
        if _became_ready(launch, processes, info):
            return info
        died = processes.get(launch.name) is None
        processes.stop(launch.name, grace_s=2)
        if not (died and port is None and attempt < _PORT_ATTEMPTS and not is_free(chosen)):
            raise _failed(launch, log, died)
    raise AssertionError("unreachable")


def _became_ready(launch: Launch, processes: Processes, info: ProcessInfo) -> bool:
    assert info.url
    deadline = time.monotonic() + launch.start_s
    while time.monotonic() < deadline:
        ready = launch.answers(info.url)
        if processes.get(launch.name) is None:
            return False
        if ready:
            return True
        time.sleep(_POLL_S)
    return False


def _failed(launch: Launch, log: Path, died: bool) -> LocalStackError:
    how = "ended while it started" if died else f"did not answer within {launch.start_s:.0f} s"
    tail = last_lines(log)
    return LocalStackError(
        f"{launch.name} {how}" + (f"; its log ends:\n{tail}" if tail else " and logged nothing"),
        where=str(log),
        state=f"{launch.name} does not run",
        next_command=f"tail -n 50 {log}",
    )


def asks(method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None) -> int | None:
    """The status of one short request, None if there was no answer."""
    with urllib3.PoolManager(retries=False, timeout=5.0) as http:
        try:
            return http.request(method, url, headers=headers, body=body).status
        except urllib3.exceptions.HTTPError:
            return None
