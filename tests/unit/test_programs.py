"""The programs that a driver starts are looked for before anything is deployed."""

from __future__ import annotations

from pathlib import Path

import pytest

from verdigris.config.load import load
from verdigris.drivers import missing_programs

CONFIG = """
[app]
name = "court"
[table]
name = "{app}-{env}-{version}"
[application]
%s
[environments.dev]
regions = ["us-east-1"]
"""


def missing(folder: Path, application: str) -> tuple[str, ...]:
    (folder / "verdigris.toml").write_text(CONFIG % application)
    return missing_programs(load(None, folder).environment("dev"))


def program(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("application", "name"),
    [
        ('driver = "terraform"', "terraform"),
        ('driver = "terraform"\nprogram = "tofu"', "tofu"),
        ('driver = "sam"', "sam"),
        ('driver = "cdk"', "cdk"),
        ('driver = "command"\ndeploy = ["up"]\ndestroy = ["up", "-d"]\naddress = ["up", "-a"]', "up"),
    ],
)
def test_a_name_is_looked_for_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, application: str, name: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert missing(tmp_path, application) == (name,)
    program(tmp_path / "bin" / name)
    assert missing(tmp_path, application) == ()


def test_a_path_begins_where_the_command_runs(tmp_path: Path) -> None:
    commands = 'deploy = ["./up.sh"]\ndestroy = ["{python}", "down.py"]\naddress = ["/nowhere/where"]'
    application = f'driver = "command"\ndirectory = "deploy"\n{commands}'
    assert missing(tmp_path, application) == ("./up.sh", "/nowhere/where")
    program(tmp_path / "deploy" / "up.sh")
    assert missing(tmp_path, application) == ("/nowhere/where",)
