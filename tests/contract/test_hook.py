"""The port of what a deployment asks: commands, services over HTTP, and the one in memory."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.contract.applications import place
from tests.contract.test_notifier import SECRET, web
from tests.receiver import receiver

from verdigris.core.hooking import Asked, Point, Reply, Status
from verdigris.core.model import Color
from verdigris.errors import Invalid, StoreError
from verdigris.stores.command_hook import CommandHook
from verdigris.stores.http_hook import HttpHook
from verdigris.stores.memory_hook import MemoryHook
from verdigris.stores.outside import Hook

ASKED = Asked("dev-1 x", Point.BEFORE_SWITCH, 1, Color.BLUE, place(Color.GREEN), "http://green", ("store", "it broke"))
parametrized = pytest.mark.parametrize("kind", ["memory", "command", "http"])
CODES = {Status.SUCCEEDED: 0, Status.FAILED: 1, Status.IN_PROGRESS: 75}
COMMAND = """
import json, os, sys
names = ("HOOK", "COLOR", "LIVE", "URL", "TABLE", "DEPLOYMENT", "ERROR")
json.dump({name: os.environ["VERDIGRIS_" + name] for name in names}, open("asked.json", "w"))
line = open("answers").read().split(" ", 1)
print(line[1]); sys.exit(int(line[0]))
"""


@dataclass
class Made:
    hook: Hook
    answer: Callable[[Status, str], object]


@pytest.fixture
def made(kind: str, tmp_path: Path) -> Iterator[Made]:
    match kind:
        case "memory":
            memory = MemoryHook()
            yield Made(memory, lambda status, reason: memory.answers.append(Reply(status, reason)))
        case "command":
            (tmp_path / "hook.py").write_text(COMMAND)
            hook = command(tmp_path, sys.executable, "hook.py")
            yield Made(hook, lambda status, said: (tmp_path / "answers").write_text(f"{CODES[status]} {said}"))
        case "http":
            with receiver() as service:
                yield Made(
                    HttpHook("hook", service.url, lambda: SECRET, lambda: 1.0, web()),
                    lambda status, reason: service.answers.append((200, {"status": status, "reason": reason})),
                )


def command(folder: Path, *words: str, timeout_s: float = 60.0) -> CommandHook:
    return CommandHook("hook", words, folder, folder / "logs" / "hook.log", timeout_s)


@parametrized
@pytest.mark.parametrize("status", list(Status))
def test_it_answers(made: Made, status: Status) -> None:
    made.answer(status, "so it is")
    reply = made.hook.ask(ASKED)
    assert reply.status is status
    assert status is Status.SUCCEEDED or "so it is" in reply.reason


# ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_command_knows_what_it_is_asked(tmp_path: Path) -> None:
    (tmp_path / "answers").write_text("0 fine")
    (tmp_path / "hook.py").write_text(COMMAND)
    assert command(tmp_path, sys.executable, "hook.py").ask(ASKED).status is Status.SUCCEEDED
    assert (tmp_path / "asked.json").read_text() == (
        '{"HOOK": "before-switch", "COLOR": "green", "LIVE": "blue", "URL": "http://green", '
        '"TABLE": "court-dev-alpha", "DEPLOYMENT": "1", "ERROR": "it broke"}'
    )
    assert (tmp_path / "logs" / "hook.log").read_text().endswith("fine\n")


def test_a_command_that_takes_too_long_has_failed(tmp_path: Path) -> None:
    waits = "trap 'exit 0' INT; while :; do sleep 0.05; done"
    assert command(tmp_path, "/bin/sh", "-c", waits, timeout_s=0.3).ask(ASKED) == Reply(
        Status.FAILED, "took too long, and was stopped"
    )


def test_a_command_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no-such-program could not be started"):
        command(tmp_path, "no-such-program").ask(ASKED)


# ── services ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_service_knows_what_it_is_asked_and_by_whom() -> None:
    with receiver() as service:
        service.answers = [(200, {"status": "SUCCEEDED"})]
        HttpHook("hook", service.url, lambda: SECRET, lambda: 1.0, web()).ask(ASKED)
        (message,) = service.messages
    assert message.json["hook"] == "before-switch"
    assert (message.json["color"], message.json["live"], message.json["error"]["code"]) == ("green", "blue", "store")
    assert message.headers["webhook-signature"].startswith("v1,")
    assert message.headers["webhook-id"] == ASKED.id


def test_a_service_may_go_without_a_signature_and_fail_for_a_while() -> None:
    with receiver() as service:
        service.answers = [(503, {}), (200, {"status": "FAILED"})]
        assert HttpHook("hook", service.url, None, lambda: 1.0, web()).ask(ASKED).status is Status.FAILED
        assert "webhook-signature" not in service.messages[0].headers


@pytest.mark.parametrize("answer", [{}, {"status": "DONE"}, [], "fine"])
def test_an_answer_that_is_none(answer: object) -> None:
    with receiver() as service:
        service.answers = [(200, answer)]
        with pytest.raises(Invalid, match="must be JSON with a status of SUCCEEDED, FAILED, IN_PROGRESS"):
            HttpHook("hook", service.url, None, lambda: 1.0, web()).ask(ASKED)


def test_a_service_that_is_down() -> None:
    with pytest.raises(StoreError, match="after 4 attempts"):
        HttpHook("hook", "http://127.0.0.1:1", None, lambda: 1.0, web()).ask(ASKED)
