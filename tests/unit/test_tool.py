"""Programs of others: what they say is seen and kept, and none runs for ever."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from verdigris.errors import Invalid
from verdigris.stores.tool import TIMED_OUT, Tool, ended_with


def tool(folder: Path, told: list[str], timeout_s: float = 60.0) -> Tool:
    made = Tool(folder / "logs" / "output.log", folder, told.append, timeout_s=timeout_s, look_s=0.01)
    made.begin()
    return made


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_what_it_says_is_told_line_by_line_and_kept(tmp_path: Path) -> None:
    told: list[str] = []
    made = tool(tmp_path, told)
    code = made.run(python("import sys; print('one', flush=True); print('two', file=sys.stderr); print(3, end='')"), {})
    assert (code, told) == (0, ["one", "two", "3"])
    assert made.log.read_text().endswith("\none\ntwo\n3")


def test_two_programs_share_a_log_and_the_one_before_is_kept(tmp_path: Path) -> None:
    told: list[str] = []
    made = tool(tmp_path, told)
    made.run(["echo", "a"], os.environ)
    made.run(["echo", "b"], os.environ)
    assert made.log.read_text() == "$ echo a\na\n$ echo b\nb\n"
    made.begin()
    assert not made.log.exists()
    assert "$ echo b" in (tmp_path / "logs" / "output.log.1").read_text()


def test_an_answer_is_neither_told_nor_kept(tmp_path: Path) -> None:
    told: list[str] = []
    made = tool(tmp_path, told)
    assert made.read(python("import sys; print('hunter2'); print('why', file=sys.stderr); sys.exit(3)"), {}) == (
        3,
        "hunter2\n",
    )
    assert told == []
    assert made.log.read_text() == "why\n"


@pytest.fixture
def sigint_heeded() -> Iterator[None]:
    """What runs in the background may have it ignored, and so would the programs that it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("sigint_heeded")
def test_one_that_takes_too_long_is_interrupted(tmp_path: Path) -> None:
    """SIGINT, so that it can let go of its locks."""
    told: list[str] = []
    made = tool(tmp_path, told, timeout_s=1.0)
    waits = "trap 'touch freed; exit' INT; while :; do sleep 0.05; done"
    assert made.run(["/bin/sh", "-c", waits], os.environ) == TIMED_OUT
    assert (tmp_path / "freed").exists()
    assert made.read(["/bin/sh", "-c", waits], os.environ) == (TIMED_OUT, "")


def test_one_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no-such-program could not be started") as failure:
        tool(tmp_path, []).run(["no-such-program"], {})
    assert "installed" in failure.value.next_command


@pytest.mark.parametrize(
    ("code", "said"),
    [(1, "ended with code 1"), (-9, "was killed by signal 9"), (TIMED_OUT, "took too long, and was stopped")],
)
def test_exit_codes_in_words(code: int, said: str) -> None:
    assert ended_with(code) == said
