"""Downloads of the engines when the network, the disk or the repository misbehaves."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from verdigris.errors import LocalStackError
from verdigris.local.download import Fetch, Offline, Part, ensure, fetch_with_jgo
from verdigris.local.progress import Step

CONTENT = {f"g:part-{n}:1.0": f"content {n}".encode() for n in range(3)}
PARTS = tuple(Part(name, "jar", hashlib.sha256(data).hexdigest(), len(data)) for name, data in CONTENT.items())


class Repository:
    """Hands out CONTENT; `fault` may do something else instead."""

    def __init__(self, fault: Callable[[Part], bytes | None] = lambda part: None) -> None:
        self.asked: list[str] = []
        self.fault = fault

    def __call__(self, part: Part, folder: Path, advance: Callable[[int], None]) -> Path:
        self.asked.append(part.coordinate)
        data = self.fault(part) or CONTENT[part.coordinate]
        folder.mkdir(parents=True)
        path = folder / part.filename
        path.write_bytes(data)
        advance(len(data))
        return path


def raising(error: Exception, only: str = "g:part-1:1.0") -> Fetch:
    def fault(part: Part) -> bytes | None:
        if part.coordinate == only:
            raise error
        return None

    return Repository(fault)


def whole(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*.jar")}


ALL = {part.filename for part in PARTS}


def test_a_second_run_asks_nobody(tmp_path: Path) -> None:
    repository = Repository()
    folder = ensure("engine", PARTS, tmp_path, fetch=repository)
    assert whole(tmp_path) == ALL
    assert sorted(repository.asked) == sorted(CONTENT)
    assert ensure("engine", PARTS, tmp_path, fetch=raising(AssertionError("asked again"))) == folder


def test_two_at_once_fetch_once(tmp_path: Path) -> None:
    repository = Repository()
    with ThreadPoolExecutor(4) as threads:
        folders = list(threads.map(lambda _: ensure("engine", PARTS, tmp_path, fetch=repository), range(4)))
    assert len(set(folders)) == 1
    assert sorted(repository.asked) == sorted(CONTENT)


def test_progress_counts_bytes_to_the_end(tmp_path: Path) -> None:
    steps: list[Step] = []
    ensure("engine", PARTS, tmp_path, steps.append, fetch=Repository())
    total = sum(part.size for part in PARTS)
    assert steps[-1] == Step("engine", "download", total, total)


def test_a_wrong_checksum_is_never_used(tmp_path: Path) -> None:
    repository = Repository(lambda part: b"evil" if part.coordinate == "g:part-1:1.0" else None)
    with pytest.raises(LocalStackError, match=r"checksum of part-1-1\.0\.jar is wrong") as failure:
        ensure("engine", PARTS, tmp_path, fetch=repository)
    assert failure.value.where == "g:part-1:1.0"
    assert "part-1-1.0.jar" not in whole(tmp_path)
    ensure("engine", PARTS, tmp_path, fetch=Repository())
    assert whole(tmp_path) == ALL


def test_a_file_that_rotted_in_the_cache_is_fetched_again(tmp_path: Path) -> None:
    folder = ensure("engine", PARTS, tmp_path, fetch=Repository())
    (folder / "part-2-1.0.jar").write_bytes(b"rotten")
    repository = Repository()
    ensure("engine", PARTS, tmp_path, fetch=repository)
    assert repository.asked == ["g:part-2:1.0"]
    assert (folder / "part-2-1.0.jar").read_bytes() == CONTENT["g:part-2:1.0"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_disk_full(tmp_path: Path, number: int) -> None:
    with pytest.raises(LocalStackError, match="disk is full") as failure:
        ensure("engine", PARTS, tmp_path, fetch=raising(OSError(number, os.strerror(number))))
    assert failure.value.next_command == f"df -h {tmp_path}"
    assert failure.value.where == str(tmp_path)
    assert not list(tmp_path.rglob(".download-*")), "scratch files are removed"


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_cache_that_cannot_be_written(tmp_path: Path, number: int) -> None:
    with pytest.raises(LocalStackError, match="cannot be written") as failure:
        ensure("engine", PARTS, tmp_path, fetch=raising(OSError(number, os.strerror(number), "/some/file")))
    assert "/some/file" in failure.value.what
    assert failure.value.next_command == f"ls -ld {tmp_path}"


def test_a_cache_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    with pytest.raises(LocalStackError):
        ensure("engine", PARTS, tmp_path / "cache", fetch=Repository())


def test_offline_after_retries(tmp_path: Path) -> None:
    repository = raising(Offline("no answer from the repository"))
    with pytest.raises(LocalStackError, match=r"part-1-1\.0\.jar could not be downloaded") as failure:
        ensure("engine", PARTS, tmp_path, fetch=repository)
    assert isinstance(repository, Repository)
    assert repository.asked.count("g:part-1:1.0") == 3
    assert failure.value.next_command == "verdigris local up"
    assert failure.value.state


def test_a_repository_that_recovers(tmp_path: Path) -> None:
    failures = [Offline("reset"), Offline("reset")]

    def fault(part: Part) -> bytes | None:
        if part.coordinate == "g:part-0:1.0" and failures:
            raise failures.pop()
        return None

    ensure("engine", PARTS, tmp_path, fetch=Repository(fault))
    assert whole(tmp_path) == ALL


@pytest.mark.parametrize("error", [requests.ConnectionError(), requests.Timeout(), requests.HTTPError()])
def test_jgo_without_network_is_offline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: requests.RequestException
) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(requests, "request", refuse)
    with pytest.raises(Offline):
        fetch_with_jgo(PARTS[0], tmp_path, lambda size: None)


def test_jgo_with_another_status_is_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = requests.Response()
    answer.status_code = 404
    monkeypatch.setattr(requests, "request", lambda *args, **options: answer)
    with pytest.raises(Offline):
        fetch_with_jgo(PARTS[0], tmp_path, lambda size: None)
