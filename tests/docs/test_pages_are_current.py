"""What pages say of the code is so: the diagram, the errors, the version."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from tests.docs import diagram, sequences
from tests.docs.tree import DOCS, ROOT

from verdigris import __version__, errors
from verdigris.cli.failure import Bug
from verdigris.core.model import Phase
from verdigris.core.records import Body


def tree(base: type[errors.VerdigrisError] = errors.VerdigrisError) -> Iterator[type[errors.VerdigrisError]]:
    yield base
    for child in base.__subclasses__():
        yield from tree(child)


def test_the_diagram_is_current() -> None:
    assert diagram.PAGE.read_text("utf-8") == diagram.page_text(), "run `make docs`"


def test_the_sequence_of_a_switch_is_current() -> None:
    assert sequences.PAGE.read_text("utf-8") == sequences.page_text(), "run `make docs`"


def test_every_phase_is_explained() -> None:
    text = diagram.PAGE.read_text("utf-8")
    assert re.findall(r"^\| ([a-z]+)\*? \| .+ \| .+ \|$", text, re.MULTILINE)[-len(Phase) :] == list(Phase)


@pytest.mark.parametrize("error", [e for e in tree() if e.__module__ == errors.__name__], ids=lambda e: e.__name__)
def test_every_error_is_in_the_reference_and_in_the_tree_of_the_docstring(error: type[errors.VerdigrisError]) -> None:
    assert f"`{error.code}`" in (DOCS / "reference" / "errors.md").read_text("utf-8")
    assert re.search(rf"\b{error.__name__}\b", errors.__doc__ or "")


CODES = [*(error.code for error in tree() if error.__module__ == errors.__name__), Bug.code]


@pytest.mark.parametrize("code", CODES)
def test_every_error_has_its_entry_in_troubleshooting(code: str) -> None:
    text = (DOCS / "troubleshooting.md").read_text("utf-8")
    (entry,) = re.findall(rf"^### `{code}`\n\n(.+?)(?=^###|\Z)", text, re.MULTILINE | re.DOTALL)
    assert "*Type:*" in entry


def test_troubleshooting_knows_no_other_code() -> None:
    text = (DOCS / "troubleshooting.md").read_text("utf-8")
    assert set(re.findall(r"^### `([a-z-]+)`$", text, re.MULTILINE)) == set(CODES)


def test_every_record_of_the_journal_is_explained() -> None:
    text = (DOCS / "reference" / "journal-and-flags.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `([a-z]+)` \| .+ \| (.*)\|$", text, re.MULTILINE))
    for kind in Body.__args__:
        fields = rows.pop(kind.__struct_config__.tag)
        assert set(re.findall(r"`(\w+)`", fields)) == set(kind.__struct_fields__), kind


def test_the_changelog_knows_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    versions = re.findall(r"^## \[([^\]]+)\]", text, re.MULTILINE)
    assert __version__ in versions
    assert f'version = "{__version__}"' in (ROOT / "pyproject.toml").read_text("utf-8")
