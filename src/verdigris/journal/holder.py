"""Who holds the lease, and whether that process is certainly dead."""

from __future__ import annotations

import getpass
import os
import socket
import uuid
from contextlib import suppress
from pathlib import Path

from verdigris.journal.journal import Holder


def me(doing: str, since: str) -> Holder:
    """This process as a holder. `id` is random."""
    return Holder(
        id=uuid.uuid4().hex,
        who=f"{_user()}@{socket.gethostname()}",
        host=_host(),
        pid=os.getpid(),
        born=_born(os.getpid()) or "",
        doing=doing,
        since=since,
    )


def is_dead(holder: Holder) -> bool:
    """True only when it is certain: a process of this machine that does not run any more."""
    return holder.host == _host() and _born(holder.pid) != holder.born


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _host() -> str:
    """The machine, and its start: a process id means nothing after a reboot, or in another container."""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{socket.gethostname()}/{boot}/{Path('/proc/self/ns/pid').readlink()}"
    return socket.gethostname()


def _born(pid: int) -> str | None:
    """When the process began (clock ticks since boot), None if it does not run, "" where the system does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None if Path("/proc/self/stat").exists() else _answers(pid)
    return None if fields[0] in "ZX" else fields[19]


def _answers(pid: int) -> str | None:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return ""
    return ""
