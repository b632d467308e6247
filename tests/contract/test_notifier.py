"""The port of whom a deployment tells: CircleCI, webhooks, and the one in memory."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.circleci import TOKEN, circleci
from tests.receiver import receiver
from tests.unit.cli.sample import AT_GATE, deployment

from verdigris.core.announcing import announcement
from verdigris.core.model import Phase
from verdigris.errors import AccessRefused, Conflict, Invalid, NotFound, StoreError, Unreachable
from verdigris.stores.backoff import Backoff
from verdigris.stores.circleci import CircleCi
from verdigris.stores.memory_notifier import MemoryNotifier
from verdigris.stores.outside import Notifier
from verdigris.stores.web import Web
from verdigris.stores.webhook import Webhook

ANNOUNCED = announcement(deployment(*AT_GATE), Phase.REINDEX)
SECRET = "whsec_" + base64.b64encode(b"planted-signing-secret").decode()
KINDS = ["memory", "circleci", "webhook"]
parametrized = pytest.mark.parametrize("kind", KINDS)


def web() -> Web:
    return Web(backoff=Backoff(attempts=4, sleep=lambda seconds: None))


@dataclass
class Made:
    """One adapter, and what its service was told (once for each effect)."""

    notifier: Notifier
    effects: Callable[[], int]
    fail: Callable[[int], None]
    refuse: Callable[[], object]
    place: str = ""


@pytest.fixture
def made(kind: str) -> Iterator[Made]:
    match kind:
        case "memory":
            memory = MemoryNotifier()
            yield Made(memory, lambda: len(memory.told), memory.fail, memory.refuse)
        case "circleci":
            with circleci() as service:
                service.workflow("w1", "other", "go-on")
                notifier = CircleCi("go-on", lambda: TOKEN, {}, lambda s: None, service.url, 0.0, web())
                fail = lambda times: service.faults.extend([500, None, 429, 503][:times])  # noqa: E731
                yield Made(notifier, lambda: len(service.approvals), fail, service.tokens.clear, "w1")
        case "webhook":
            with receiver() as service:
                hook = Webhook(service.url, lambda: SECRET, lambda: 1_700_000_000.0, web())
                yield Made(
                    hook,
                    lambda: len({message.headers["webhook-id"] for message in service.messages}),
                    lambda times: service.answers.extend([(503, {})] * times),
                    lambda: service.answers.append((401, {})),
                )


@parametrized
def test_it_is_told(made: Made) -> None:
    made.notifier.tell(ANNOUNCED, made.place)
    assert made.effects() == 1


@parametrized
def test_told_again_it_makes_no_difference(made: Made) -> None:
    made.notifier.tell(ANNOUNCED, made.place)
    made.notifier.tell(ANNOUNCED, made.place)
    assert made.effects() == 1


@parametrized
def test_a_service_that_fails_for_a_while_is_asked_again(made: Made) -> None:
    made.fail(3)
    made.notifier.tell(ANNOUNCED, made.place)
    assert made.effects() == 1


@parametrized
def test_one_that_goes_on_failing_is_an_error(made: Made) -> None:
    made.fail(4)
    with pytest.raises(StoreError) as failure:
        made.notifier.tell(ANNOUNCED, made.place)
    assert "after 4 attempts" in failure.value.what


@parametrized
def test_one_that_refuses_is_not_asked_again_and_nothing_secret_is_said(made: Made) -> None:
    made.refuse()
    with pytest.raises(AccessRefused) as failure:
        made.notifier.tell(ANNOUNCED, made.place)
    said = f"{failure.value!r} {vars(failure.value)}"
    assert TOKEN not in said
    assert SECRET not in said


# ── CircleCI's own ways ──────────────────────────────────────────────────────────────────────────────────────────────


def notifier(
    url: str, *, token: str = TOKEN, patience_s: float = 0.0, sleep: Callable[[float], None] = lambda seconds: None
) -> CircleCi:
    return CircleCi("go-on", lambda: token, {}, sleep, url, patience_s, web())


def test_the_job_is_found_on_a_later_page_and_the_others_are_left_alone() -> None:
    with circleci() as service:
        service.workflow("w1", "a", "b", "c", "go-on")
        notifier(service.url).tell(ANNOUNCED, "w1")
        assert service.approvals == [("w1", "go-on")]


def test_the_workflow_is_that_of_the_surroundings() -> None:
    here = CircleCi("go-on", lambda: TOKEN, {"CIRCLE_WORKFLOW_ID": "w7"}, lambda s: None)
    assert here.here() == "w7"
    assert notifier("http://x").here() == ""


def test_a_lost_answer_is_no_reason_to_fail() -> None:
    """The approval took effect; asked again, CircleCI says that the job does not wait for one."""
    with circleci() as service:
        service.workflow("w1", "go-on")
        service.lost_answers = 1
        notifier(service.url).tell(ANNOUNCED, "w1")
        assert service.approvals == [("w1", "go-on")]


def test_a_workflow_that_has_not_come_to_the_job_is_waited_for() -> None:
    with circleci() as service:
        service.workflow("w1", "go-on", status="blocked")
        slept: list[float] = []

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            if len(slept) == 2:
                service.set_status("w1", "go-on", "on_hold")

        notifier(service.url, patience_s=60, sleep=sleep).tell(ANNOUNCED, "w1")
        assert service.approvals == [("w1", "go-on")]
        assert len(slept) == 2


@pytest.mark.parametrize("status", ["blocked", "canceled", "failed"])
def test_a_job_that_cannot_be_approved(status: str) -> None:
    with circleci() as service:
        service.workflow("w1", "go-on", status=status)
        with pytest.raises(Conflict, match=f"'go-on' is {status}") as failure:
            notifier(service.url).tell(ANNOUNCED, "w1")
        assert failure.value.state == "nothing was approved"


def test_a_job_that_is_not_there_names_those_that_are() -> None:
    with circleci() as service:
        service.workflow("w1", "go-onn")
        with pytest.raises(NotFound, match="no approval job 'go-on'; it has: go-onn"):
            notifier(service.url).tell(ANNOUNCED, "w1")


def test_an_unknown_workflow() -> None:
    with circleci() as service, pytest.raises(NotFound) as failure:
        notifier(service.url).tell(ANNOUNCED, "w9")
    assert "workflow w9" in failure.value.where


def test_without_a_workflow_it_says_how_to_give_one() -> None:
    with pytest.raises(NotFound, match="CIRCLE_WORKFLOW_ID is not set") as failure:
        notifier("http://127.0.0.1:1").tell(ANNOUNCED, "")
    assert failure.value.next_command.startswith("CIRCLE_WORKFLOW_ID=")


def test_an_expired_token_is_said_to_be_one() -> None:
    with circleci() as service:
        service.workflow("w1", "go-on")
        with pytest.raises(AccessRefused, match=r"CircleCI refused the token \(HTTP 401\): it has expired") as failure:
            notifier(service.url, token="old").tell(ANNOUNCED, "w1")
        assert service.asked == 1
        assert "[[notify]] token" in failure.value.next_command


def test_nobody_there() -> None:
    with pytest.raises(Unreachable, match="after 4 attempts"):
        notifier("http://127.0.0.1:1").tell(ANNOUNCED, "w1")


# ── the webhook's own ways ───────────────────────────────────────────────────────────────────────────────────────────


def test_the_message_is_signed_as_standard_webhooks_are() -> None:
    with receiver() as service:
        Webhook(service.url, lambda: SECRET, lambda: 1_700_000_000.9, web()).tell(ANNOUNCED, "")
        (message,) = service.messages
    assert message.json["phase"] == "reindex"
    assert message.json["id"] == message.headers["webhook-id"] == ANNOUNCED.id
    assert message.headers["webhook-timestamp"] == "1700000000"
    content = f"{ANNOUNCED.id}.1700000000.".encode() + message.body
    wanted = hmac.new(b"planted-signing-secret", content, hashlib.sha256).digest()
    assert message.headers["webhook-signature"] == f"v1,{base64.b64encode(wanted).decode()}"


def test_the_verification_of_the_page_takes_it_and_refuses_another(tmp_path: Path) -> None:
    """The snippet in docs/how-to/continue-your-ci.md, as it stands there."""
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "continue-your-ci.md").read_text("utf-8")
    (snippet,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, Callable[..., bool]] = {}
    exec(snippet, names)
    with receiver() as service:
        Webhook(service.url, lambda: SECRET, lambda: 1_700_000_000.0, web()).tell(ANNOUNCED, "")
        (message,) = service.messages
    verify = names["is_genuine"]
    assert verify(message.headers, message.body, SECRET, now_s=1_700_000_010)
    assert not verify(message.headers, message.body + b" ", SECRET, now_s=1_700_000_010)
    assert not verify(message.headers, message.body, "whsec_" + base64.b64encode(b"x").decode(), now_s=1_700_000_010)
    assert not verify(message.headers, message.body, SECRET, now_s=1_700_001_000), "an old one, sent again"


def test_a_secret_of_another_kind_is_taken_as_it_is_and_a_bad_one_refused() -> None:
    with receiver() as service:
        Webhook(service.url, lambda: "plain", lambda: 1.0, web()).tell(ANNOUNCED, "")
        assert service.messages[0].headers["webhook-signature"].startswith("v1,")
        with pytest.raises(Invalid, match="must be base64"):
            Webhook(service.url, lambda: "whsec_?", lambda: 1.0, web()).tell(ANNOUNCED, "")


@pytest.mark.parametrize(("status", "kind"), [(404, NotFound), (422, Invalid), (302, Invalid), (409, Conflict)])
def test_other_answers_are_errors_at_once(status: int, kind: type[StoreError]) -> None:
    with receiver() as service:
        service.answers = [(status, {})]
        with pytest.raises(kind):
            Webhook(service.url + "?key=hunter2", lambda: SECRET, lambda: 1.0, web()).tell(ANNOUNCED, "")
        assert len(service.messages) == 1


def test_a_query_is_not_shown() -> None:
    assert "hunter2" not in Webhook("http://x/y?key=hunter2", lambda: "", lambda: 1.0).name
