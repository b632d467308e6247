"""docs/tutorial.md, typed by a machine: its files are written, its commands run, what it shows is compared."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"`([\w/]+\.(?:py|toml|json))`")
_CODE = re.compile(r"ends with exit code (\d+)")
_FUNCTION = r"^def {name}\(.*?(?=^\S)"
_PORT = "8080"


class Typed(NamedTuple):
    """A command, what it is to end with, and the lines that the page shows of it."""

    command: str
    code: int
    shown: list[str]


def steps(text: str) -> Iterator[tuple[str, str] | Typed]:
    """(file, content) and commands, in the order of the page. A block's file is the one named last before it."""
    before = 0
    file = ""
    for block in _FENCE.finditer(text):
        named = _FILE.findall(text[before : block.start()])
        file, before = (named[-1] if named else file), block.end()
        if block[1] == "console":
            yield from commands(block[2])
        else:
            yield file, block[2]


def commands(block: str) -> Iterator[Typed]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        line, *shown = part.splitlines()
        code = _CODE.search(line)
        yield Typed(line, int(code[1]) if code else 0, shown)


def write(path: Path, content: str) -> None:
    """The file as the page shows it; where it shows functions only, those are replaced."""
    if path.exists() and content.startswith("def "):
        text = path.read_text("utf-8")
        for function in re.split(r"^(?=def )", content, flags=re.MULTILINE)[1:]:
            name = re.match(r"def (\w+)", function)
            assert name
            old = re.search(_FUNCTION.format(name=name[1]), text, re.MULTILINE | re.DOTALL)
            assert old, name[1]
            text = text[: old.start()] + function.rstrip() + "\n\n\n" + text[old.end() :]
        content = text
    path.write_text(content, "utf-8")


def free_port() -> str:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return str(server.getsockname()[1])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of the tutorial's own: its stack meets no other."""
    monkeypatch.setenv("VERDIGRIS_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    books = tmp_path / "books"
    books.mkdir()
    try:
        yield books
    finally:
        subprocess.run([sys.executable, "-m", "verdigris.cli.main", "local", "down"], cwd=books, check=True)


def test_the_tutorial_works_as_it_says(folder: Path) -> None:
    text = PAGE.read_text("utf-8")
    begin = text.index("$ verdigris init")
    text = "```console\n" + text[begin:]
    ran = 0
    for step in steps(text.replace(f":{_PORT}", f":{(port := free_port())}").replace(f"= {_PORT}", f"= {port}")):
        if not isinstance(step, Typed):
            write(folder / step[0], step[1])
            continue
        done = subprocess.run(step.command, shell=True, cwd=folder, capture_output=True, text=True, check=False)
        said = f"$ {step.command}\n{done.stdout}{done.stderr}"
        assert done.returncode == step.code, said
        for line in step.shown:
            assert line in said.splitlines(), f"not shown: {line}\n{said}"
        ran += 1
    assert ran > 20
