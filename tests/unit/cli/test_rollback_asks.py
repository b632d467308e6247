"""On a terminal a rollback asks, when it would leave something behind."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.cli import sample
from tests.unit.cli.conftest import Run
from tests.unit.cli.test_exit_codes import answer

from verdigris.cli.call import Call

BEHIND = "3 items that were written to green since the switch would not be seen in blue"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    monkeypatch.setattr(Call, "may_ask", lambda self: not self.no_input)
    return answer(monkeypatch, "rollback", sample.deployment(*sample.RETURNED))


@pytest.mark.parametrize(("said", "lossy"), [("y\n", True), ("n\n", False)])
def test_it_says_what_it_would_leave_behind_and_asks(
    run: Run, monkeypatch: pytest.MonkeyPatch, calls: list[dict[str, Any]], said: str, lossy: bool
) -> None:
    answer(monkeypatch, "count_left_behind", BEHIND)
    result = run("rollback", input=said)
    assert f"{BEHIND}.\nGo back all the same?" in result.stderr
    assert [call["lossy"] for call in calls] == [lossy]


def test_where_no_data_moved_there_is_nothing_to_ask(
    run: Run, monkeypatch: pytest.MonkeyPatch, calls: list[dict[str, Any]]
) -> None:
    answer(monkeypatch, "count_left_behind", None)
    assert "all the same" not in run("rollback").stderr
    assert [call["lossy"] for call in calls] == [False]


def test_who_has_said_so_is_not_asked(run: Run, monkeypatch: pytest.MonkeyPatch, calls: list[dict[str, Any]]) -> None:
    counted = answer(monkeypatch, "count_left_behind", BEHIND)
    run("rollback", "--lossy")
    assert (counted, [call["lossy"] for call in calls]) == ([], [True])
