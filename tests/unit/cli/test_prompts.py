"""Who does not answer a question, or says no, has changed nothing, and is told so on a line of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.cli import sample
from tests.unit.cli.conftest import Run
from tests.unit.cli.test_exit_codes import answer

from verdigris.cli.call import Call


@pytest.mark.parametrize(
    ("words", "function"), [(("finalize",), "finalize"), (("clean",), "clean"), (("adopt",), "adopt")], ids=str
)
def test_nobody_answers(run: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], function: str) -> None:
    """Ctrl-C and Ctrl-D alike; here the input is at its end."""
    monkeypatch.setattr(Call, "may_ask", lambda self: True)
    found = {
        "finalize": sample.deployment(*sample.FINISHED),
        "clean": sample.CLEANING,
        "adopt": replace(sample.ADOPTABLE, faults=()),
    }
    calls = answer(monkeypatch, function, found[function])
    result = run(*words)
    assert result.exit_code == 130
    *_, said, state, then = result.stderr.splitlines()
    assert said == "stopped: not confirmed"
    assert state == "  state: nothing was changed"
    assert then == f"next: verdigris {' '.join(words)}"
    assert not any(call.get("yes") or call.get("confirm") for call in calls)


def test_a_no_to_mended_migrations_changes_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Call, "may_ask", lambda self: True)
    answer(monkeypatch, "mended_migrations", ["0001_cents.py"])
    calls = answer(monkeypatch, "redrive", sample.REDRIVEN)
    result = run("quarantine", "redrive", input="n\n")
    assert result.exit_code == 130
    assert "stopped: not confirmed" in result.stderr
    assert calls == []
