"""Whether another process is certainly dead: asked of real ones."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

import msgspec
import pytest

from verdigris.journal.holder import _born, is_dead, me
from verdigris.journal.journal import Holder


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def holder_of(process: subprocess.Popen[bytes]) -> Holder:
    born = _born(process.pid)
    assert born
    return msgspec.structs.replace(me("deploy dev", "now"), pid=process.pid, born=born)


def test_i_am_alive() -> None:
    assert not is_dead(me("deploy dev", "now"))
    assert me("", "").id != me("", "").id


def test_a_process_that_runs_or_is_stopped_is_not_dead(child: subprocess.Popen[bytes]) -> None:
    holder = holder_of(child)
    assert not is_dead(holder)
    child.send_signal(signal.SIGSTOP)
    assert not is_dead(holder)


def test_a_killed_process_is_dead(child: subprocess.Popen[bytes]) -> None:
    holder = holder_of(child)
    child.kill()
    child.wait()
    assert is_dead(holder)


def test_another_process_under_the_same_number_does_not_keep_it_alive(child: subprocess.Popen[bytes]) -> None:
    assert is_dead(msgspec.structs.replace(holder_of(child), born="1"))


def test_nothing_is_certain_about_another_machine(child: subprocess.Popen[bytes]) -> None:
    holder = msgspec.structs.replace(holder_of(child), host="elsewhere")
    child.kill()
    child.wait()
    assert not is_dead(holder)
