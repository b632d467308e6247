"""The front door: a reverse proxy that sends the traffic to the live color and holds writes during a switch.

    python -m verdigris.local.front_door --state FILE --port P

Two ports of 127.0.0.1: the users' (P), and one for control (`/_verdigris/…`, JSON), so that no path of an application
is taken. The live color, the addresses and a sealed fence are kept in FILE, written before they take effect: a door
that was killed comes back as it was. An unsealed fence is gone then, as if it had lapsed.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import uvicorn

from verdigris.core.model import Color
from verdigris.local.door_control import control_app
from verdigris.local.door_proxy import Proxy
from verdigris.local.folders import make_folder, read_json, write_json
from verdigris.local.forward import Forwarder
from verdigris.local.hall import Hall
from verdigris.local.ports import listen
from verdigris.stores.base import Pointer
from verdigris.stores.gate import Gate

#: Longer than clients keep connections, so that it is they who close them.
_KEEP_ALIVE_S = 120
_SHUTDOWN_S = 3


class StateFile:
    """What a door remembers: see `front_door`. `control_port` is where its control API listens."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._value: dict[str, Any] = read_json(path) or {"live": None, "addresses": {}, "sealed_by": None}

    def gate(self) -> Gate:
        live = self._value["live"]
        return Gate(Color(live) if live else None, self._value["addresses"], self._value["sealed_by"])

    @property
    def control_port(self) -> int | None:
        return self._value.get("control_port")

    def keep(self, pointer: Pointer) -> None:
        """Stores what must survive. Raises OSError if it cannot."""
        self._write(
            live=pointer.live, addresses=dict(pointer.addresses), sealed_by=pointer.fence if pointer.sealed else None
        )

    def keep_control_port(self, port: int) -> None:
        self._write(control_port=port)

    def _write(self, **changes: Any) -> None:
        value = self._value | changes
        write_json(self.path, value)
        self._value = value


class _Server(uvicorn.Server):
    """One of two servers on one loop: signals are for both, so neither takes them."""

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()


async def serve(state: StateFile, users: socket.socket, control: socket.socket) -> None:
    """Serves on both sockets until SIGTERM or SIGINT."""
    hall = Hall(state.gate(), time.monotonic, state.keep)
    forwarder = Forwarder()
    servers = [_Server(_config(Proxy(hall, forwarder))), _Server(_config(control_app(hall)))]

    def stop() -> None:
        for server in servers:
            server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    await asyncio.gather(servers[0].serve(sockets=[users]), servers[1].serve(sockets=[control]))
    forwarder.close()


def _config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_SHUTDOWN_S,
    )


def _control_socket(before: int | None) -> socket.socket:
    """On the port of the run before, where those who control us look for us, or on any."""
    for port in _ports(before):
        try:
            return listen(port)
        except OSError:
            continue
    raise SystemExit("no free port")


def _ports(before: int | None) -> Iterator[int]:
    if before:
        yield before
    yield 0


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="verdigris.local.front_door", description="The local front door.")
    parser.add_argument("--state", type=Path, required=True, metavar="FILE", help="where it remembers what is live")
    parser.add_argument("--port", type=int, required=True, help="the users' port on 127.0.0.1")
    options = parser.parse_args(arguments)
    make_folder(options.state.parent)
    state = StateFile(options.state)
    users = listen(options.port)
    control = _control_socket(state.control_port)
    state.keep_control_port(control.getsockname()[1])
    asyncio.run(serve(state, users, control))


if __name__ == "__main__":
    main()
