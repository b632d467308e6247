"""Detached processes and their records, with small real programs."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from verdigris.errors import LocalStackError
from verdigris.local.processes import Processes, ProcessInfo, is_alive, last_lines

SLEEPER = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)")
STUBBORN = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)",
)


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    some = Processes(tmp_path / "processes")
    yield some
    some.sweep(grace_s=0)


def eventually(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.005)


def start(processes: Processes, tmp_path: Path, name: str = "one", argv: tuple[str, ...] = SLEEPER) -> ProcessInfo:
    info = processes.start(name, argv, log=tmp_path / f"{name}.log", port=1234)
    eventually(lambda: "up" in last_lines(info.log))
    return info


def test_another_reader_of_the_folder_finds_it(processes: Processes, tmp_path: Path) -> None:
    info = start(processes, tmp_path)
    assert Processes(processes.folder).get("one") == info
    assert Processes(processes.folder).all() == (info,)
    assert info.url == "http://127.0.0.1:1234"


def test_it_has_a_session_of_its_own(processes: Processes, tmp_path: Path) -> None:
    assert os.getsid(start(processes, tmp_path).pid) != os.getsid(0)


def test_a_name_runs_once(processes: Processes, tmp_path: Path) -> None:
    start(processes, tmp_path)
    with pytest.raises(LocalStackError, match="runs already"):
        start(processes, tmp_path)


def test_a_killed_one_is_not_alive(processes: Processes, tmp_path: Path) -> None:
    info = start(processes, tmp_path)
    psutil.Process(info.pid).kill()
    eventually(lambda: processes.get("one") is None)
    assert processes.recorded("one") == info
    assert processes.stop("one") is False
    assert processes.names() == ()


def test_an_id_that_was_used_again_is_somebody_else(processes: Processes, tmp_path: Path) -> None:
    info = start(processes, tmp_path)
    record = processes.folder / "one.json"
    forged = json.loads(record.read_text()) | {"pid": os.getpid(), "created": info.created - 60}
    record.write_text(json.dumps(forged))
    assert processes.get("one") is None
    processes.stop("one", grace_s=0)  # ends the one that bears the mark, not the one with the id: us
    eventually(lambda: not is_alive(info))


def test_one_that_does_not_listen_is_killed_after_the_grace(processes: Processes, tmp_path: Path) -> None:
    info = start(processes, tmp_path, argv=STUBBORN)
    assert processes.stop("one", grace_s=0.05) is True
    assert not is_alive(info)


def test_sweep_finds_what_has_no_record(processes: Processes, tmp_path: Path) -> None:
    info = start(processes, tmp_path)
    other = start(Processes(tmp_path / "other"), tmp_path, "two")
    (processes.folder / "one.json").unlink()
    processes.sweep()
    eventually(lambda: not is_alive(info))
    assert psutil.pid_exists(other.pid)
    Processes(tmp_path / "other").stop("two", grace_s=0)


def test_names_that_begin_alike_are_apart(processes: Processes, tmp_path: Path) -> None:
    start(processes, tmp_path, "app")
    longer = start(processes, tmp_path, "app-2")
    processes.stop("app")
    assert processes.all() == (longer,)


def test_the_log_of_the_run_before_is_kept(processes: Processes, tmp_path: Path) -> None:
    info = start(processes, tmp_path)
    processes.stop("one")
    start(processes, tmp_path)
    assert Path(info.log + ".1").read_text() == "up\n"


def test_a_program_that_is_not_there(processes: Processes, tmp_path: Path) -> None:
    with pytest.raises(LocalStackError, match="could not be started") as failure:
        processes.start("one", ("no-such-program",), log=tmp_path / "log")
    assert failure.value.where == "no-such-program"
    assert processes.names() == ()
