"""Where the embedded stack keeps things, and how it keeps them whole: locks, atomic files, readable folders."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verdigris.errors import LocalStackError

#: Root's own folders are often closed to everybody else; what a server that refuses root must read goes here then.
_OPEN_AREA = Path("/var/lib/verdigris")


def cache_folder() -> Path:
    """Where downloads are kept: `$XDG_CACHE_HOME/verdigris`, by default `~/.cache/verdigris`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "verdigris"


def state_folder(name: str = "default") -> Path:
    """Where the stack `name` lives: `$XDG_STATE_HOME/verdigris/<name>`, by default under `~/.local/state`."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "verdigris" / name


def stack_folder(given: Path | None = None) -> Path:
    """Which stack is meant: `given`, else `$VERDIGRIS_STATE`, else the stack "default"."""
    return given or Path(os.environ.get("VERDIGRIS_STATE") or state_folder())


@dataclass(frozen=True, slots=True)
class User:
    """The user that a server runs as when we are root."""

    name: str
    uid: int
    gid: int


def unprivileged() -> User | None:
    """`nobody` when we are root, since OpenSearch refuses root; None when we may run it ourselves."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam("nobody")
    return User(entry.pw_name, entry.pw_uid, entry.pw_gid)


def can_enter(path: Path, user: User) -> bool:
    """Whether `user` gets to `path`: every folder on the way that exists lets him through."""
    path = path.resolve()
    return all(_lets_through(folder, user) for folder in (path, *path.parents) if folder.is_dir())


def _lets_through(folder: Path, user: User) -> bool:
    facts = folder.stat()
    needed = 0o100 if facts.st_uid == user.uid else 0o010 if facts.st_gid == user.gid else 0o001
    return bool(facts.st_mode & needed)


def open_area(preferred: Path, user: User | None) -> Path:
    """`preferred`, or a folder of its own that `user` can enter if he cannot enter that one."""
    if user is None or can_enter(preferred, user):
        return preferred
    digest = hashlib.sha256(str(preferred.resolve()).encode()).hexdigest()[:12]
    return _OPEN_AREA / f"{preferred.name}-{digest}"


def make_folder(path: Path) -> Path:
    """Makes `path` and what is missing above it, readable by everybody whatever the umask is."""
    for folder in [*reversed(path.parents), path]:
        if not folder.is_dir():
            folder.mkdir(exist_ok=True)
            folder.chmod(0o755)
    return path


@contextmanager
def explained(doing: str, where: Path) -> Iterator[None]:
    """Turns a full disk, a folder that cannot be written and the like into a LocalStackError that says what to do."""
    try:
        yield
    except OSError as error:
        place = Path(error.filename) if isinstance(error.filename, str) else where
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            what, then = f"the disk is full: {doing} failed", f"df -h {where}"
        elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            what, then = f"{place} cannot be written: {doing} failed", f"ls -ld {where}"
        else:
            what, then = f"{doing} failed: {error.strerror or error}", "verdigris local status"
        raise LocalStackError(
            what, where=str(where), state="what was incomplete is removed; nothing broken is kept", next_command=then
        ) from error


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds the lock file `path`; another process that wants it waits. The system lets go of it when we die."""
    make_folder(path.parent)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def whole_or_nothing(target: Path) -> Iterator[Path]:
    """A scratch folder that becomes `target` in one step when the block ends well, and is removed otherwise."""
    make_folder(target.parent)
    scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        scratch.chmod(0o755)
        yield scratch
        scratch.rename(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def write_json(path: Path, value: Any) -> None:
    """Replaces `path` in one step: a reader sees the old content or the new, also after a crash."""
    handle, scratch = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(value, file, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        Path(scratch).replace(path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def read_json(path: Path) -> Any | None:
    """What `write_json` wrote, or None if there is no such file."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return None
