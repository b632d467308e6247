"""A project with one environment, and the command line on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from verdigris.cli.main import cli
from verdigris.config.template import template

Run = Callable[..., Result]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: verdigris.toml with the environment `dev`."""
    (tmp_path / "verdigris.toml").write_text(template("court"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VERDIGRIS_STATE", str(tmp_path / "state"))
    return tmp_path


@pytest.fixture
def run(project: Path) -> Run:
    """Runs `verdigris WORDS…`."""

    def run(*words: str, **more: object) -> Result:
        return CliRunner().invoke(cli, list(words), **more)  # type: ignore[arg-type]

    return run
