"""What the pages point to is there, and they name no place that only one machine knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.docs.tree import PAGES, ROOT

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_URL = re.compile(r"https?://[^\s)>`\"']+")
#: Folders of a machine. The paths of an application's requests (`/health`) are none.
_PLACE = re.compile(r"(?<![\w.~/}])/(?:work|root|home|tmp|opt|usr|mnt|Users)/\S+")
_HOSTS = {
    "127.0.0.1",
    "aws.amazon.com",
    "localhost",
    "ci.example.com",
    "circleci.com",
    "court.example.com",
    "docs.aws.amazon.com",
    "keepachangelog.com",
    "ops.example.com",
    "search.example.com",
    "semver.org",
    "www.standardwebhooks.com",
}

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as repository browsers make them."""
    headings = re.findall(r"^#+ +(.+)$", prose(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> Iterator[str]:
    yield from (target for target in _LINK.findall(prose(page)) if not target.startswith("http"))


@pages
def test_links_resolve(page: Path) -> None:
    for target in links(page):
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        assert place.exists(), f"{target}: no such file"
        assert place.is_relative_to(ROOT), f"{target} leaves the repository"
        assert not anchor or anchor in anchors(place), f"{target}: no such heading; there are {sorted(anchors(place))}"


@pages
def test_no_page_names_a_place_of_one_machine(page: Path) -> None:
    text = page.read_text("utf-8")
    assert not _PLACE.findall(text)
    assert {urlsplit(url).hostname for url in _URL.findall(text)} <= _HOSTS


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.is_relative_to(ROOT / "docs")], ids=lambda p: str(p.relative_to(ROOT))
)
def test_every_page_is_found_from_the_index(page: Path) -> None:
    seen, todo = set(), [ROOT / "docs" / "index.md"]
    while todo:
        current = todo.pop()
        if current in seen or current.suffix != ".md":
            continue
        seen.add(current)
        todo += [(current.parent / target.partition("#")[0]).resolve() for target in links(current) if target[0] != "#"]
    assert page in seen
