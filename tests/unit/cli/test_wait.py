"""`wait`: exit codes, progress, and what it prints; on a journal that is looked at again and again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.unit.cli import sample
from tests.unit.cli.conftest import Run

from verdigris.commands import waiting
from verdigris.commands.looking import Status
from verdigris.core.model import Phase
from verdigris.core.passing import Verdict
from verdigris.core.records import Body

RUNNING = sample.PREFLIGHT


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Status]:
    """What each look at the environment finds; the last is found for ever."""
    found: list[Status] = []

    def watch(config: object, env: str, deployment: int | None) -> Iterator[Status]:
        yield from found
        while True:
            yield found[-1]

    monkeypatch.setattr(waiting, "watch", watch)
    return found


@pytest.mark.parametrize(
    ("last", "goal", "code", "said"),
    [
        (sample.AT_GATE, "reindex", 0, "reindex is done"),
        (sample.FINISHED, "done", 0, "finalize is done"),
        (sample.REJECTED, "approve", 1, "approve is not coming: deployment 3 was rejected by ada@here"),
        (sample.FAILED, "reindex", 1, "reindex is not coming"),
        (sample.ABORTED, "reindex", 1, "was aborted"),
    ],
)
def test_it_waits_until_there_is_an_answer(
    run: Run, looks: list[Status], last: tuple[Body, ...], goal: str, code: int, said: str
) -> None:
    looks += [sample.status(*RUNNING), sample.status(*RUNNING), sample.status(*last)]
    done = run("wait", "dev", "--for", goal, "--every", "0.1")
    assert done.exit_code == code, done.output
    assert said in done.stderr
    assert "is not done: deployment 3 is in provision" in done.stderr
    assert done.stdout == ""
    assert ("next: verdigris deploy dev" in done.stderr) is (code != 0)


def test_the_time_is_over(run: Run, looks: list[Status]) -> None:
    looks.append(sample.status(*RUNNING))
    done = run("wait", "dev", "--for", "reindex", "--timeout", "0")
    assert done.exit_code == 3
    assert "reindex is not done yet: deployment 3 is in provision" in done.stderr


def test_as_json_it_is_one_document(run: Run, looks: list[Status]) -> None:
    looks.append(sample.status(*sample.AT_GATE))
    document = json.loads(run("wait", "dev", "--for", "reindex", "--json").stdout)
    assert (document["for"], document["verdict"], document["exit_code"]) == ("reindex", "reached", 0)
    assert document["deployment"]["state"] == "approve"


@pytest.mark.parametrize("words", [(), ("--for", "backfil"), ("--for", "reindex", "--timeout", "-1")])
def test_bad_usage(run: Run, words: tuple[str, ...]) -> None:
    assert run("wait", "dev", *words).exit_code == 2


def test_a_look_is_due_when_the_time_is_over_not_later(looks: list[Status], project: object) -> None:
    """On a virtual clock: the last sleep is as long as what is left."""
    from pathlib import Path

    from verdigris.config.load import load

    looks.append(sample.status(*RUNNING))
    slept: list[float] = []
    waited = waiting.wait(
        load(None, Path.cwd()), "dev", Phase.REINDEX, timeout_s=12, clock=lambda: sum(slept), sleep=slept.append
    )
    assert waited.verdict is Verdict.AHEAD
    assert slept == [5, 5, 2]


def test_a_deployment_that_has_not_begun_is_waited_for(run: Run, looks: list[Status]) -> None:
    nothing = replace(sample.status(*RUNNING), snapshot=None)
    looks += [nothing, nothing, sample.status(*sample.AT_GATE)]
    done = run("wait", "dev", "--for", "reindex", "--deployment", "3", "--every", "0.1")
    assert done.exit_code == 0
    assert "reindex is not done: deployment 3 has not begun" in done.stderr


def test_deployments_count_from_one(run: Run, looks: list[Status]) -> None:
    assert run("wait", "dev", "--for", "reindex", "--deployment", "0").exit_code == 2
