"""The application of a color as a real process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import urllib3

from verdigris.core.model import Color, DataVersion, Place
from verdigris.errors import Invalid
from verdigris.local.application import LocalApplication
from verdigris.local.stack import LocalStack

SERVER = """
import http.server, os, subprocess, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = os.environ["VERDIGRIS_TABLE"].encode()
        self.send_response(200 if self.path == "/health" else 404)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def place(color: Color, table: str = "court-dev-alpha") -> Place:
    return Place("dev", color, DataVersion.ALPHA, table, "court-dev-deploy", "us-east-1")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "server.py").write_text(SERVER)
    yield tmp_path
    LocalStack(tmp_path).down()


def application(folder: Path, *arguments: str, health: str = "/health", start_s: float = 30) -> LocalApplication:
    command = (sys.executable, *(arguments or ("server.py", "{port}")))
    return LocalApplication(folder, "dev", command, folder, health, start_s)


def ask(address: str) -> str:
    return urllib3.request("GET", f"{address}/health", retries=False).data.decode()


def test_each_color_runs_with_its_place(folder: Path) -> None:
    app = application(folder)
    blue, green = app.start(place(Color.BLUE, "one")), app.start(place(Color.GREEN, "two"))
    assert (ask(blue), ask(green)) == ("one", "two")
    assert app.address(place(Color.BLUE)) == blue
    app.stop(place(Color.BLUE))
    assert app.address(place(Color.BLUE)) is None
    assert ask(green) == "two"


def test_start_replaces_what_runs(folder: Path) -> None:
    app = application(folder)
    first = app.start(place(Color.BLUE, "one"))
    assert app.start(place(Color.BLUE, "two")) == first, "the same port is taken again"
    assert ask(first) == "two"


def test_stop_ends_what_the_application_started_too(folder: Path) -> None:
    app = application(folder)
    app.start(place(Color.BLUE))
    info = LocalStack(folder).processes.get("app-dev-blue")
    assert info
    children = psutil.Process(info.pid).children()
    assert len(children) == 1
    app.stop(place(Color.BLUE))
    app.stop(place(Color.BLUE))
    assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)


def test_one_that_ends_is_reported_with_its_log(folder: Path) -> None:
    with pytest.raises(Invalid) as failure:
        application(folder, "-c", "raise SystemExit('no database here')").start(place(Color.BLUE))
    assert "no database here" in failure.value.what
    assert failure.value.next_command.startswith("tail")
    assert "no traffic was moved" in failure.value.state


def test_one_that_is_not_healthy_in_time_is_stopped(folder: Path) -> None:
    app = application(folder, health="/other", start_s=1)
    with pytest.raises(Invalid, match="did not answer"):
        app.start(place(Color.BLUE))
    assert app.address(place(Color.BLUE)) is None
    assert LocalStack(folder).status().others == ()


def test_a_command_that_does_not_exist(folder: Path) -> None:
    app = LocalApplication(folder, "dev", ("no-such-program", "{port}"), folder)
    with pytest.raises(Invalid, match="could not be started"):
        app.start(place(Color.BLUE))


def test_a_killed_one_is_noticed_and_started_again(folder: Path) -> None:
    app = application(folder)
    app.start(place(Color.BLUE))
    info = LocalStack(folder).processes.get("app-dev-blue")
    assert info
    psutil.Process(info.pid).kill()
    psutil.Process(info.pid).wait(10)
    assert app.address(place(Color.BLUE)) is None
    assert ask(app.start(place(Color.BLUE, "again"))) == "again"
