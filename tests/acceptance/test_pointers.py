"""Traffic moved by `[[pointer]]`: a parameter on moto's server, then a program, through the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.contract.control_plane import aws, control_plane
from tests.project import Project

POINTERS = """
[[pointer]]
kind = "parameter"
name = "/{app}-{env}/live"
[[pointer]]
kind = "command"
set = ["{python}", "move.py"]
read = ["{python}", "tell.py"]
"""
MOVE = """
import os, pathlib
if pathlib.Path("broken").exists():
    raise SystemExit("the switch board is locked")
pathlib.Path("live").write_text(os.environ["VERDIGRIS_COLOR"])
"""
TELL = """
import pathlib
print(pathlib.Path("live").read_text() if pathlib.Path("live").exists() else "")
"""


def test_a_color_goes_live_through_two_pointers(tmp_path: Path, fresh_dynamodb: Callable[[], str]) -> None:
    with control_plane() as cloud:
        url = fresh_dynamodb()
        endpoints = f'endpoints = {{ dynamodb = "{url}", aws = "{cloud}" }}'
        project = Project(tmp_path / "moved", url, environment=endpoints, sections=POINTERS)
        project.write("move.py", MOVE)
        project.write("tell.py", TELL)
        ssm = aws(cloud).client("ssm")

        def live() -> tuple[str, str]:
            value = ssm.get_parameter(Name=f"/{project.name}-dev/live")["Parameter"]["Value"]
            return value, (project.folder / "live").read_text()

        project.ok("deploy", "dev", "--yes")
        assert live() == ("blue", "blue")

        project.write("broken", "")
        done = project.run("deploy", "dev", "--yes")
        assert done.code == 1
        assert "the switch board is locked" in done.err
        assert f"/{project.name}-dev/live → green" in done.err
        assert live() == ("green", "blue")  # flipped: the same command moves the rest
        (project.folder / "broken").unlink()
        project.ok("deploy", "dev", "--yes")
        assert live() == ("green", "green")

        project.ok("rollback", "dev")
        assert live() == ("blue", "blue")
        project.ok("deploy", "dev", "--yes")
        assert live() == ("green", "green")

        project.write("live", "blue")  # by hand, behind its back
        done = project.run("finalize", "dev", "--confirm", "dev")
        assert done.code == 1
        assert "the pointers disagree" in done.err
