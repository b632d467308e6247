"""The pinned parts of the engines: fetched once, each checked against its SHA-256, kept in the cache folder.

`engines.lock.toml` names every file (Maven coordinates, type, SHA-256, bytes). Nothing else is fetched: no
transitive resolution. Several processes may ask at once; one downloads, the others wait and then find it done.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from threading import Lock
from typing import TypeAlias

from verdigris.errors import LocalStackError
from verdigris.local.folders import explained, locked, make_folder
from verdigris.local.progress import Progress, Step, quiet

#: The parts of the embedded stack.
LOCK: Traversable = files("verdigris.local").joinpath("engines.lock.toml")
_ATTEMPTS = 3
_TIMEOUT_S = 30
#: The parts are small and many: what takes the time is asking for them.
_THREADS = 8
#: Native libraries, by the platform that can load them.
_NATIVE = {"so": "linux", "dylib": "darwin"}


@dataclass(frozen=True, slots=True)
class Part:
    """One file of an engine, as pinned."""

    coordinate: str
    kind: str
    sha256: str
    size: int

    @property
    def filename(self) -> str:
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.{self.kind}"


#: Fetches a part into a folder, calls back with the number of bytes of each piece, returns the file. Raises OSError
#: (disk) or Offline.
Fetch: TypeAlias = Callable[[Part, Path, Callable[[int], None]], Path]


class Offline(Exception):
    """The repository of the parts could not be reached, or did not answer as it should."""


def parts(engine: str, platform: str = sys.platform, *, lock: Traversable = LOCK) -> tuple[Part, ...]:
    """The parts of `engine` that `platform` can use, as `lock` pins them ("dynamodb-local", "opensearch")."""
    rows = tomllib.loads(lock.read_text())[engine]["files"]
    return tuple(part for part in (Part(*row) for row in rows) if _fits(part, platform))


def _fits(part: Part, platform: str) -> bool:
    return platform.startswith(_NATIVE.get(part.kind, ""))


def fingerprint(wanted: tuple[Part, ...]) -> str:
    """A short name for exactly these parts: folders are named after it, so that a new lock never meets old files."""
    return hashlib.sha256("".join(part.sha256 for part in wanted).encode()).hexdigest()[:12]


def ensure(
    engine: str, wanted: tuple[Part, ...], cache: Path, progress: Progress = quiet, *, fetch: Fetch | None = None
) -> Path:
    """The folder in `cache` that holds every part of `engine`, fetched where missing. No network when all are there.

    Every file's SHA-256 is checked on each call; one that differs is deleted and fetched again, never used.
    Raises LocalStackError: no network, wrong checksum from the repository, disk full, folder not writable.
    """
    folder = cache / f"{engine}-{fingerprint(wanted)}"
    with explained(f"downloading {engine}", cache), locked(cache / f".{engine}.lock"):
        make_folder(folder)
        missing = [part for part in wanted if not _is_whole(folder / part.filename, part)]
        if missing:
            _fetch_all(engine, missing, folder, progress, fetch or fetch_with_jgo)
    return folder


def _is_whole(path: Path, part: Part) -> bool:
    if not path.exists():
        return False
    if _sha256(path) == part.sha256:
        return True
    path.unlink()
    return False


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch_all(engine: str, missing: list[Part], folder: Path, progress: Progress, fetch: Fetch) -> None:
    total, done, lock = sum(part.size for part in missing), 0, Lock()

    def advance(size: int) -> None:
        nonlocal done
        with lock:
            done += size
            progress(Step(engine, "download", min(done, total), total))

    with (
        tempfile.TemporaryDirectory(prefix=".download-", dir=folder) as scratch,
        ThreadPoolExecutor(_THREADS) as threads,
    ):
        jobs = [threads.submit(_fetch_one, part, Path(scratch), folder, advance, fetch) for part in missing]
        try:
            for job in jobs:
                job.result()
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise


def _fetch_one(part: Part, scratch: Path, folder: Path, advance: Callable[[int], None], fetch: Fetch) -> None:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            path = fetch(part, scratch / f"{part.filename}.{attempt}", advance)
            break
        except Offline as error:
            if attempt == _ATTEMPTS:
                raise _offline(part, error) from error
    found = _sha256(path)
    if found != part.sha256:
        path.unlink()
        raise LocalStackError(
            f"the checksum of {part.filename} is wrong: SHA-256 {found}, pinned is {part.sha256}",
            where=part.coordinate,
            state="the file was deleted and not used; the parts already checked are kept",
            next_command="verdigris local up",
        )
    path.chmod(0o644)
    path.rename(folder / part.filename)


def _offline(part: Part, error: Offline) -> LocalStackError:
    return LocalStackError(
        f"{part.filename} could not be downloaded: {error}",
        where=part.coordinate,
        state="the parts already downloaded and checked are kept; the next run goes on from there",
        next_command="verdigris local up",
    )


def fetch_with_jgo(part: Part, folder: Path, advance: Callable[[int], None]) -> Path:
    """Fetches one part from Maven Central. Raises Offline; OSError where the disk is at fault."""
    import requests
    from jgo.maven import MavenContext, PythonResolver

    @contextmanager
    def show(_name: str, _size: int) -> Iterator[Callable[[int], None]]:
        yield advance

    group, artifact, version = part.coordinate.split(":")
    maven = MavenContext(repo_cache=folder, timeout=_TIMEOUT_S, resolver=PythonResolver(progress_callback=show))
    try:
        component = maven.project(group, artifact).at_version(version)
        return Path(component.artifact(packaging=part.kind).resolve())
    except requests.RequestException as error:  # before OSError, which it is a kind of
        raise Offline(f"no answer from the repository ({type(error).__name__})") from error
    except RuntimeError as error:  # how jgo says that no repository answered 200
        raise Offline("the repository does not have it, or refused to hand it out") from error
