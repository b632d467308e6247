"""Free ports of 127.0.0.1, and who holds the others."""

from __future__ import annotations

import socket

import psutil

from verdigris.errors import LocalStackError

HOST = "127.0.0.1"


def free_port() -> int:
    """A port that is free now. Somebody else may take it before it is used: starters try again with another."""
    with socket.create_server((HOST, 0)) as server:
        port: int = server.getsockname()[1]
        return port


def listen(port: int) -> socket.socket:
    """A listening socket of 127.0.0.1 for asyncio. Raises OSError if the port is taken."""
    # Made with its protocol named: asyncio turns Nagle's delays off only on sockets that say they are TCP.
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((HOST, port))
        server.listen(2048)
    except OSError:
        server.close()
        raise
    return server


def demand_free(port: int, wanted_by: str) -> int:
    """`port`, if nobody listens there. Raises LocalStackError that says who does, as far as that is known."""
    if is_free(port):
        return port
    holder = _holder(port)
    raise LocalStackError(
        f"port {port}, asked for by {wanted_by}, is in use" + (f" by {holder}" if holder else ""),
        where=f"{HOST}:{port}",
        state=f"{wanted_by} was not started",
        next_command="ask for another port, or for none: a free one is chosen then",
    )


def is_free(port: int) -> bool:
    """Whether a server may listen on `port` of 127.0.0.1 and nobody answers there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex((HOST, port)) == 0:  # where a listener on every address does not hinder one on loopback
            return False
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True


def _holder(port: int) -> str | None:
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:  # macOS shows them to root only
        return None
    for connection in connections:
        address = tuple(connection.laddr)
        if connection.status == psutil.CONN_LISTEN and address[1:2] == (port,) and connection.pid:
            try:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
            except psutil.NoSuchProcess:
                return None
    return None
