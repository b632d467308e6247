"""The example of "Test a migration" runs as it stands, and what it says of itself is so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.docs.tree import DOCS

from verdigris.migrations.discovery import discover
from verdigris.migrations.lint import TableNeeds, lint

PAGE = DOCS / "how-to" / "test-a-migration.md"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The blocks that begin with a file's name, as files."""
    blocks = re.findall(r"^```python\n# (\S+\.py)\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert [name for name, _ in blocks] == ["migrations/0001_fee_in_cents.py", "tests/test_migrations.py"]
    for name, text in blocks:
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def test_the_example_passes(project: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    tests = (project / "tests/test_migrations.py").read_text("utf-8").count("def test_")
    assert f"{tests} passed" in done.stdout


def test_the_example_fails_when_the_migration_is_wrong(project: Path) -> None:
    file = project / "migrations/0001_fee_in_cents.py"
    file.write_text(file.read_text("utf-8").replace("* 100)", "* 1000)"), "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    assert subprocess.run(command, cwd=project, capture_output=True, check=False).returncode == 1


def test_lint_finds_nothing_in_it(project: Path) -> None:
    files = discover(project / "migrations").files
    assert lint(files, [project / "migrations"], TableNeeds(frozenset({"pk", "sk"}))) == []
