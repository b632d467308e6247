"""Ctrl-C once and twice, in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from verdigris.config.template import template

#: A deploy that works page by page until it is told to stop; STUBBORN never looks.
_CODE = """
import sys, time
from verdigris import commands
from verdigris.cli.main import cli
from verdigris.errors import Interrupted

def deploy(config, env, *, hooks, **_):
    print("at work", file=sys.stderr, flush=True)
    while STUBBORN or not hooks.stop.is_set():
        time.sleep(0.01)
    raise Interrupted("stopped at a page boundary", state="kept", next_command="verdigris deploy dev")

commands.deploy = deploy
cli.main(sys.argv[1:])
"""


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list[subprocess.Popen[str]]]:
    (tmp_path / "verdigris.toml").write_text(template("court"))
    running: list[subprocess.Popen[str]] = []
    for stubborn in (False, True):
        code = _CODE.replace("STUBBORN", str(stubborn))
        command = [sys.executable, "-c", code, "deploy", "dev", "--json"]
        running.append(
            subprocess.Popen(command, cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        )
    yield running
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def wait_for(process: subprocess.Popen[str], text: str) -> None:
    assert process.stderr
    for line in process.stderr:
        if text in line:
            return
    pytest.fail(f"it never said {text!r}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_once_stops_at_a_page_boundary(started: list[subprocess.Popen[str]], number: signal.Signals) -> None:
    process = started[0]
    wait_for(process, "at work")
    process.send_signal(number)
    wait_for(process, "stopping at the next page boundary; press Ctrl-C again to stop at once")
    assert process.wait(timeout=30) == 130
    assert process.stderr
    assert process.stdout
    err, out = process.stderr.read(), process.stdout.read()  # `communicate` would pass over what was read ahead
    assert err.splitlines() == ["stopped: stopped at a page boundary", "  state: kept", "next: verdigris deploy dev"]
    assert json.loads(out.splitlines()[-1])["error"]["exit_code"] == 130


def test_twice_stops_at_once(started: list[subprocess.Popen[str]]) -> None:
    process = started[1]
    wait_for(process, "at work")
    os.kill(process.pid, signal.SIGINT)
    wait_for(process, "stopping")
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "next: verdigris deploy dev --json"
    assert json.loads(out.splitlines()[-1])["error"]["code"] == "interrupted"
