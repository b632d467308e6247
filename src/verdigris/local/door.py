"""The front door of an environment, as a process of the stack."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import urllib3

from verdigris.errors import LocalStackError
from verdigris.local import engine
from verdigris.local.folders import explained, locked, read_json
from verdigris.local.ports import HOST
from verdigris.local.processes import ProcessInfo
from verdigris.local.stack import LocalStack
from verdigris.stores.front_door import FrontDoor

_START_S = 20.0


def ensure_door(stack_folder: Path, env: str, port: int = 0) -> FrontDoor:
    """The front door of `env`, started if it does not run; one that was killed comes back on its ports, as it was.

    `port` is where the users' traffic goes in; 0 takes the one of the run before, or any. Raises LocalStackError:
    the port is in use, or the door runs already on another one than `port`.
    """
    stack = LocalStack(stack_folder)
    name = f"door-{env}"
    state = stack.folder / "data" / "doors" / f"{env}.json"
    with explained(f"starting {name}", stack.folder), locked(stack.folder / f".{name}.lock"):
        running = stack.processes.get(name)
        if running and port not in (0, running.port):
            raise LocalStackError(
                f"the front door of {env} runs already, on port {running.port}, not {port}",
                where=str(running.url),
                state="it was left as it is",
                next_command="verdigris local status",
            )
        info = running or _start(stack, name, state, port)
    return FrontDoor(_control_url(state), info.url or "")


def _start(stack: LocalStack, name: str, state: Path, port: int) -> ProcessInfo:
    before = stack.processes.recorded(name)
    stack.processes.stop(name)

    def argv(chosen: int) -> Sequence[str]:
        return (
            sys.executable,
            "-m",
            "verdigris.local.front_door",
            "--state",
            str(state),
            "--port",
            str(chosen),
        )

    def answers(url: str) -> bool:
        # Any answer on the users' port will do: without a live color it is a 503.
        return engine.asks("GET", url) is not None and _controllable(state)

    launch = engine.Launch(name, argv, answers, _START_S)
    return engine.start(launch, stack.processes, stack.log(name), port or None, before.port if before else None)


def _controllable(state: Path) -> bool:
    try:
        return urllib3.request("GET", f"{_control_url(state)}/_verdigris/pointer", retries=False).status == 200
    except (KeyError, urllib3.exceptions.HTTPError):
        return False


def _control_url(state: Path) -> str:
    value = read_json(state) or {}
    return f"http://{HOST}:{value['control_port']}"
