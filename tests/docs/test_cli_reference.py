"""The generated pages say what the code says: `python -m verdigris.cli.reference` rewrites them."""

from __future__ import annotations

from pathlib import Path

import pytest

from verdigris.cli.reference import PAGES


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_the_page_is_current(path: Path) -> None:
    assert path.read_text("utf-8") == PAGES[path](), "run `python -m verdigris.cli.reference`"
