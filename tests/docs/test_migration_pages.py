"""The examples of the how-to for each class of migrations run as they stand, and lint has nothing against them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.docs.tree import DOCS

from verdigris.migrations.discovery import discover
from verdigris.migrations.lint import TableNeeds, lint
from verdigris.migrations.lint.rules import Severity

PAGES = sorted((DOCS / "how-to" / "migrations").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_example_passes(page: Path, tmp_path: Path) -> None:
    blocks = re.findall(r"^```python\n# (\S+\.py)\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert [name.partition("/")[0] for name, _ in blocks] == ["migrations", "tests"]
    for name, text in blocks:
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert f"{blocks[1][1].count('def test_')} passed" in done.stdout
    found = lint(
        discover(tmp_path / "migrations").files, [tmp_path / "migrations"], TableNeeds(frozenset({"pk", "sk"}))
    )
    assert not [one for one in found if one.rule.severity is Severity.ERROR], found
