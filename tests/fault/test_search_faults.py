"""A search cluster that is busy, half broken, gone, or does not know us."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import urllib3

from verdigris.errors import (
    AccessRefused,
    AlreadyThere,
    Conflict,
    Invalid,
    NotFound,
    StoreError,
    Throttled,
    Unreachable,
)
from verdigris.stores.backoff import Backoff
from verdigris.stores.opensearch_index import OpenSearchIndex
from verdigris.stores.search_auth import anonymous, auth_for, basic, sigv4
from verdigris.stores.search_http import Answer, SearchHttp
from verdigris.stores.searching import BulkResult, Document

Reply = tuple[int, Any] | Exception
RESET = urllib3.exceptions.ProtocolError("Connection aborted.", ConnectionResetError(104, "reset"))
BUSY = (429, {"error": {"type": "rejected_execution_exception", "reason": "queue is full"}, "status": 429})
DONE = (200, {"acknowledged": True})


class Script:
    """Answers in turn, and keeps what was asked and waited for."""

    def __init__(self, *replies: Reply) -> None:
        self._replies: Iterator[Reply] = iter(replies)
        self.asked: list[tuple[str, str, bytes, Mapping[str, str]]] = []
        self.waited: list[float] = []

    def __call__(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        self.asked.append((method, url.removeprefix("http://search"), body, headers))
        reply = next(self._replies)
        if isinstance(reply, Exception):
            raise reply
        status, content = reply
        return Answer(status, content if isinstance(content, bytes) else json.dumps(content).encode())

    @property
    def requests(self) -> list[str]:
        return [f"{method} {url.split('?')[0]}" for method, url, _, _ in self.asked]

    def indexes(self, **options: Any) -> OpenSearchIndex:
        backoff = Backoff(attempts=3, base_s=1, cap_s=8, sleep=self.waited.append, random=lambda: 0.5)
        return OpenSearchIndex("http://search", send=self, backoff=backoff, **options)


def items(*statuses: int | tuple[int, str]) -> Reply:
    """A bulk's answer: a status each, with the type of its error."""
    parts = [status if isinstance(status, tuple) else (status, "") for status in statuses]
    answers = [
        {"index": {"status": status, **({"error": {"type": kind, "reason": "because"}} if kind else {})}}
        for status, kind in parts
    ]
    return 200, {"items": answers}


def some(count: int, size: int = 0) -> list[Document]:
    return [Document(str(n), {"text": "x" * size}, 1) for n in range(count)]


def sent_ids(body: bytes) -> list[str]:
    return [json.loads(line)["index"]["_id"] for line in body.splitlines()[::2]]


def test_busy_then_done_is_done_and_the_waits_grow() -> None:
    script = Script(DONE, BUSY, RESET, items(201, 201))
    assert script.indexes().bulk("case", some(2)) == BulkResult(2, 0, ())
    assert script.requests == ["POST /_aliases", *["POST /case.writes/_bulk"] * 3]
    assert script.waited == [0.5, 1.0]


def test_a_partial_failure_sends_only_what_failed_again() -> None:
    script = Script(
        DONE,
        items(201, (429, "rejected_execution_exception"), (503, "unavailable_shards_exception"), 201),
        items((429, "rejected_execution_exception"), 200),
        items(200),
    )
    assert script.indexes().bulk("case", some(4)) == BulkResult(4, 0, ())
    assert [sent_ids(body) for _, _, body, _ in script.asked[1:]] == [["0", "1", "2", "3"], ["1", "2"], ["1"]]


def test_conflicts_are_superseded_and_mapping_errors_are_refused_by_name() -> None:
    script = Script(DONE, items((409, "version_conflict_engine_exception"), (400, "mapper_parsing_exception"), 200))
    result = script.indexes().bulk("case", some(3))
    assert result == BulkResult(1, 1, (("1", "mapper_parsing_exception: because"),))


def test_documents_that_stay_rejected_end_in_throttled_that_says_what_was_done() -> None:
    busy = (429, "rejected_execution_exception")
    script = Script(DONE, items(200, busy), items(busy), items(busy), items(busy))
    with pytest.raises(Throttled) as caught:
        script.indexes().bulk("case", some(2))
    assert caught.value.state == "1 documents were written before; again is harmless"
    assert len(script.asked) == 5


def test_progress_starts_the_count_of_attempts_anew() -> None:
    busy = (429, "rejected_execution_exception")
    script = Script(DONE, *(items(*[busy] * (9 - n), 200) for n in range(9)), items(200))
    assert script.indexes().bulk("case", some(10)).written == 10


@pytest.mark.parametrize(
    ("kind", "status", "error"),
    [
        ("security_exception", 403, AccessRefused),
        ("cluster_block_exception", 403, StoreError),
        ("index_not_found_exception", 404, NotFound),
    ],
)
def test_what_is_no_fault_of_a_document_stops_the_bulk(kind: str, status: int, error: type[StoreError]) -> None:
    with pytest.raises(StoreError) as caught:
        Script(DONE, items(200, (status, kind))).indexes().bulk("case", some(2))
    assert type(caught.value) is error


def test_an_answer_that_is_shorter_than_the_bulk_is_not_believed() -> None:
    with pytest.raises(StoreError, match="2 documents were sent, 1 answered"):
        Script(DONE, items(201)).indexes().bulk("case", some(2))


def test_a_request_that_is_too_large_for_the_service_is_halved() -> None:
    too_large: Reply = (413, b"<html>Request size exceeded 10485760 bytes</html>")
    script = Script(DONE, too_large, items(200, 200), too_large, too_large, items(200))
    assert script.indexes().bulk("case", some(4)) == BulkResult(3, 0, (("2", "HTTP 413"),))
    assert [len(sent_ids(body)) for _, _, body, _ in script.asked[1:]] == [4, 2, 2, 1, 1]


@pytest.mark.parametrize(
    ("failure", "error"),
    [(RESET, Unreachable), ((502, b""), Unreachable), ((500, b"<html>"), Unreachable), (BUSY, Throttled)],
)
def test_after_every_attempt_it_says_so(failure: Reply, error: type[StoreError]) -> None:
    script = Script(failure, failure, failure)
    with pytest.raises(error, match="after 3 attempts"):
        script.indexes().count("case")
    assert script.waited == [0.5, 1.0]


@pytest.mark.parametrize("status", [401, 403])
def test_wrong_credentials_are_refused_at_once(status: int) -> None:
    script = Script((status, b"Unauthorized"))
    with pytest.raises(AccessRefused) as caught:
        script.indexes(auth=basic("me", "hunter2")).exists("case")
    assert "VERDIGRIS_SEARCH_USER" in caught.value.next_command
    assert "hunter2" not in f"{caught.value} {caught.value.next_command}"
    assert len(script.asked) == 1


def test_nobody_at_the_address() -> None:
    backoff = Backoff(attempts=2, sleep=lambda _: None)
    with pytest.raises(Unreachable) as caught:
        OpenSearchIndex("http://127.0.0.1:1", backoff=backoff).exists("case")
    assert caught.value.next_command == "verdigris local status"


def test_create_is_not_repeated_when_it_was_not_answered() -> None:
    script = Script(RESET)
    with pytest.raises(Unreachable):
        script.indexes().create("case", {})
    assert len(script.asked) == 1
    exists: Reply = (400, {"error": {"type": "resource_already_exists_exception"}})
    with pytest.raises(AlreadyThere):
        Script(BUSY, exists).indexes().create("case", {})


@pytest.mark.parametrize("settings", [{"index": {"gc_deletes": "1h"}}, {"index.gc_deletes": "1h"}])
def test_create_leaves_a_memory_of_deletes_that_was_asked_for(settings: dict[str, Any]) -> None:
    script = Script(DONE)
    script.indexes().create("case", {"settings": settings})
    assert json.loads(script.asked[0][2])["settings"] == settings


def test_a_move_of_an_alias_whose_answer_was_lost_is_found_done() -> None:
    there: Reply = (200, {"new": {}})
    script = Script((200, {"old": {}}), RESET, (404, {"error": {"type": "aliases_not_found_exception"}}), there)
    script.indexes().point_alias("case", "old", "new")


def test_a_move_of_an_alias_that_somebody_else_won_is_a_conflict() -> None:
    lost: Reply = (404, {"error": {"type": "aliases_not_found_exception"}})
    with pytest.raises(Conflict, match="points to theirs"):
        Script((200, {"old": {}}), lost, (200, {"theirs": {}})).indexes().point_alias("case", "old", "new")


def test_an_alias_to_two_indexes_is_not_guessed_at() -> None:
    with pytest.raises(Invalid, match="several indexes: a, b"):
        Script((200, {"b": {}, "a": {}})).indexes().alias("case")


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────


def page(*hits: str, total: int | None = None, failed: int = 0) -> Reply:
    counted = {} if total is None else {"total": {"value": total}}
    found = [{"_id": key, "_source": {"n": 1}, "sort": [key]} for key in hits]
    shards = {"total": 1, "failed": failed}
    return 200, {"hits": {"hits": found, **counted}, "_shards": shards, "pit_id": "p2", "_scroll_id": "s"}


def opened(shards: int = 1) -> Reply:
    return 200, {"pit_id": "p1", "_shards": {"total": shards, "failed": 0}}


OPENED = opened()
NO_SUCH_PATH: Reply = (400, {"error": {"type": "illegal_argument_exception", "reason": "no handler"}})
#: What Amazon's service says of a path that a domain's version does not have.
NOT_ALLOWED: Reply = (401, {"Message": "Your request: '/case/_search/point_in_time' is not allowed."})
#: What it says on a domain that was upgraded from OpenSearch 2.3, whose roles do not know the action.
NO_PERMISSION: Reply = (403, {"error": {"type": "security_exception", "reason": "no permissions"}})


def read(script: Script) -> list[str]:
    return [key for key, _ in script.indexes().documents("case")]


def test_pages_follow_one_point_in_time_and_it_is_closed() -> None:
    script = Script(OPENED, page(total=3), page("a", "b"), RESET, page("c"), page(), DONE)
    assert read(script) == ["a", "b", "c"]
    assert script.requests == [
        "POST /case/_search/point_in_time",
        *["POST /_search"] * 5,
        "DELETE /_search/point_in_time",
    ]
    assert json.loads(script.asked[4][2])["search_after"] == ["b"]
    assert json.loads(script.asked[4][2])["pit"]["id"] == "p2"


def test_shards_are_read_one_after_the_other() -> None:
    script = Script(opened(2), page(total=2), page("a"), page("b"), page(), page(), DONE)
    assert read(script) == ["a", "b"]
    asked = [json.loads(body) for _, _, body, _ in script.asked[2:-1]]
    assert [body["slice"] for body in asked] == [{"id": 0, "max": 2}] * 3 + [{"id": 1, "max": 2}]
    assert [body.get("search_after") for body in asked] == [None, ["a"], ["b"], None]


@pytest.mark.parametrize(
    "refusal", [NO_SUCH_PATH, NOT_ALLOWED, NO_PERMISSION], ids=["no-pit", "not-allowed", "no-permission"]
)
def test_without_point_in_time_it_scrolls(refusal: Reply) -> None:
    script = Script(refusal, page("a", total=2), page("b"), page(), DONE)
    assert read(script) == ["a", "b"]
    assert script.requests[1:] == [
        "POST /case/_search",
        *["POST /_search/scroll"] * 2,
        "DELETE /_search/scroll",
    ]


def test_who_may_not_read_is_refused_whatever_the_way() -> None:
    with pytest.raises(AccessRefused):
        read(Script(NO_PERMISSION, NO_PERMISSION))


def test_a_scroll_without_an_answer_is_not_repeated() -> None:
    script = Script(NO_SUCH_PATH, page("a", total=2), RESET, DONE)
    with pytest.raises(Unreachable):
        read(script)
    assert script.requests[-1] == "DELETE /_search/scroll"


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ([page(total=3), page("a", "b"), page(), DONE], "2 of 3 documents were given"),
        ([page(total=2), page("a"), page("b", failed=1), DONE], "1 shards did not answer"),
    ],
)
def test_less_than_everything_is_not_taken_for_everything(answers: list[Reply], error: str) -> None:
    with pytest.raises(StoreError, match=error):
        read(Script(OPENED, *answers))


def test_a_lost_view_is_not_taken_for_a_missing_index() -> None:
    lost = {"type": "search_phase_execution_exception", "root_cause": [{"type": "search_context_missing_exception"}]}
    with pytest.raises(StoreError) as caught:
        read(Script(OPENED, page(total=2), (404, {"error": lost}), DONE))
    assert type(caught.value) is StoreError


@pytest.mark.parametrize("call", ["count", "refresh"])
def test_a_shard_that_does_not_answer_is_not_counted_as_empty(call: str) -> None:
    with pytest.raises(Unreachable, match="1 shards"):
        getattr(Script((200, {"count": 3, "_shards": {"failed": 1}})).indexes(), call)("case")


def test_an_answer_that_is_no_json_is_told() -> None:
    with pytest.raises(StoreError, match="not understood"):
        Script((200, b"<html>")).indexes().count("case")


# ── who asks ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Keys:
    access_key = "AKIDEXAMPLE"
    secret_key = "secret"
    token = "session"

    def get_frozen_credentials(self) -> Keys:
        return self


def test_a_signed_request_carries_the_signature_of_what_is_sent() -> None:
    script = Script((200, {}))
    http = SearchHttp("http://search", auth=sigv4(Keys(), "us-east-1"), send=script)
    http.call("GET", "/case/_settings", where="case", query={"filter_path": "*.settings.index.uuid,b c"})
    _, url, _, headers = script.asked[0]
    assert url == "/case/_settings?filter_path=%2A.settings.index.uuid%2Cb%20c"
    sent = {name.lower(): value for name, value in headers.items()}
    assert sent["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "/us-east-1/es/aws4_request" in sent["authorization"]
    assert sent["x-amz-security-token"] == "session"


def test_a_password_is_sent_as_basic_authentication() -> None:
    assert basic("me", "pä:ss")("GET", "http://x", b"") == {"authorization": "Basic bWU6cMOkOnNz"}


@pytest.mark.parametrize(
    ("url", "environ", "check"),
    [
        ("http://127.0.0.1:9200", {}, lambda auth: auth is anonymous),
        ("http://h", {"VERDIGRIS_SEARCH_USER": "u", "VERDIGRIS_SEARCH_PASSWORD": "p"}, lambda auth: auth("", "", b"")),
        ("https://d.us-east-1.es.amazonaws.com", {}, lambda auth: "Authorization" in auth("GET", "https://d/", b"")),
    ],
)
def test_who_asks_follows_from_address_and_environment(
    url: str, environ: dict[str, str], check: Callable[[Any], object]
) -> None:
    assert check(auth_for(url, "us-east-1", Keys(), environ))


def test_half_a_login_and_missing_aws_credentials_are_refused() -> None:
    with pytest.raises(AccessRefused):
        auth_for("http://h", "us-east-1", None, {"VERDIGRIS_SEARCH_USER": "u"})
    with pytest.raises(AccessRefused):
        auth_for("https://d.us-east-1.es.amazonaws.com", "us-east-1", None, {})
