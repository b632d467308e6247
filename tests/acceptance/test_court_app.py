"""Both versions of the court, as real processes over real engines: the API, the index in step, traffic and verdict."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# First: it makes the example's packages importable.
from tests.acceptance.court_process import COURT, FIRST, INITIAL, ITEMS, SEED, SHAPES, App, Engines, running, wait_for

from court import verdict  # isort: skip
from court.control import Generator  # isort: skip
from court.entities import CASES, ENTRIES, NOTES, USERS, WORK_ITEMS, Entity, Ref  # isort: skip


@pytest.fixture(scope="module")
def credentials() -> Iterator[dict[str, str]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "court")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
        yield dict(os.environ)


@pytest.fixture(scope="module", params=["v1", "v2"])
def app(request: pytest.FixtureRequest, stack: Engines, credentials: dict[str, str]) -> Iterator[App]:
    with running(request.param, stack, credentials) as started:
        yield started


def fresh(kind: str) -> tuple[Ref, Entity]:
    """An entity of its own for a test, with the contents of a generated one."""
    owner = f"{uuid.uuid4().hex[:6]}-99"
    ref = Ref(kind, owner if kind in (CASES, USERS) else f"{owner}.x1")
    return ref, INITIAL[FIRST[kind]] | {"rev": 1}


@pytest.mark.parametrize("kind", [CASES, ENTRIES, USERS, WORK_ITEMS, NOTES])
def test_an_entity_lives_changes_and_dies(app: App, kind: str) -> None:
    ref, entity = fresh(kind)
    if kind in SHAPES[app.version][0].GONE:
        assert app.ask("PUT", ref.path, entity)[0] == 410
        assert app.ask("GET", ref.path)[0] == 410
        return
    field = {CASES: "status", USERS: "email", NOTES: "text"}.get(kind, "title")
    changed = entity | {"rev": 2, field: "changed"}
    for _ in "twice":
        assert app.ask("PUT", ref.path, entity)[0] == 200
    assert app.get(ref) == entity
    for _ in "twice":
        assert app.ask("PATCH", ref.path, {"rev": 2, field: "changed"})[0] == 200
    assert app.get(ref) == changed
    assert app.ask("PUT", ref.path, entity)[0] == 409, "an older revision"
    assert app.ask("PATCH", ref.path, {"rev": 1, field: "older"})[0] == 409
    assert app.ask("DELETE", f"{ref.path}?rev=1")[0] == 409
    assert app.get(ref) == changed
    for _ in "twice":
        assert app.ask("DELETE", f"{ref.path}?rev=3")[0] == 200
    assert app.get(ref) is None
    assert app.ask("PATCH", ref.path, {"rev": 4, field: "gone"})[0] == 404
    assert app.ask("PUT", ref.path, entity | {"rev": 5})[0] == 200
    assert app.get(ref) == entity | {"rev": 5}
    assert app.ask("DELETE", f"{ref.path}?rev=6")[0] == 200


def test_what_was_loaded_is_read(app: App) -> None:
    for kind in (CASES, ENTRIES, USERS, WORK_ITEMS):
        assert app.get(FIRST[kind]) == INITIAL[FIRST[kind]]


def test_a_filing_writes_the_entry_and_counts_it_once(app: App) -> None:
    case, entity = fresh(CASES)
    entry, filed = Ref(ENTRIES, f"{case.id}.x7"), INITIAL[FIRST[ENTRIES]] | {"rev": 1}
    body = {"rev": 2, "entryId": entry.id, "entry": filed}
    assert app.ask("POST", f"{case.path}/filings", body)[0] == 404
    assert app.get(entry) is None, "both or none"
    app.ask("PUT", case.path, entity)
    for _ in "twice":
        assert app.ask("POST", f"{case.path}/filings", body)[0] == 200
    counted = entity | {"rev": 2, "entryCount": entity["entryCount"] + 1, "lastFiledAt": filed["filedAt"]}
    assert app.get(case) == counted
    assert app.get(entry) == filed
    assert app.ask("POST", f"{case.path}/filings", body | {"rev": 1})[0] == 409
    for ref in (case, entry):
        assert app.ask("DELETE", f"{ref.path}?rev=9")[0] == 200


def test_the_index_is_in_step_when_a_write_is_answered(app: App) -> None:
    case, entity = fresh(CASES)
    app.ask("PUT", case.path, entity)
    found = app.document(case.id)
    assert found is not None
    assert found["rev"] == 1
    app.ask("PATCH", case.path, {"rev": 2, "caption": "In re Verdigris"})
    found = app.document(case.id)
    assert found is not None
    assert (found["rev"], found["caption"]) == (2, "In re Verdigris")
    wait_for(lambda: [one["docketNumber"] for one in app.ask("GET", "/search?q=verdigris")[1]] == [case.id])
    app.ask("DELETE", f"{case.path}?rev=3")
    assert app.document(case.id) is None


def test_a_users_work_items_are_found(app: App) -> None:
    item = FIRST[WORK_ITEMS]
    status, found = app.ask("GET", f"/users/{INITIAL[item]['assigneeId']}/work-items")
    assert status == 200
    assert item.id in found


def test_a_write_after_its_deadline_is_refused(app: App) -> None:
    ref, entity = fresh(WORK_ITEMS)
    assert app.ask("PUT", ref.path, entity, {"X-Deadline": f"{time.time() - 1}"})[0] == 503
    assert app.get(ref) is None


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/judges/1", {"rev": 1}),
        ("PUT", "/cases/1-99", ["rev"]),
        ("PUT", "/cases/1-99", {"rev": "1"}),
        ("DELETE", "/cases/1-99", None),
        ("POST", "/cases/1-99/filings", {"rev": 1}),
    ],
)
def test_nonsense_is_refused(app: App, method: str, path: str, body: Any) -> None:
    assert app.ask(method, path, body)[0] == 400


def test_the_smoke_test_passes_and_writes_nothing(app: App) -> None:
    before = list(verdict.scan_table(app.engines.dynamodb_url, app.table))
    result = app.smoke()
    assert result.returncode == 0, result.stderr
    assert "20 cases" in result.stdout
    assert list(verdict.scan_table(app.engines.dynamodb_url, app.table)) == before


def test_traffic_leaves_what_its_ledger_says(app: App, tmp_path: Path) -> None:
    arguments = {
        "url": app.url,
        "ledger": str(tmp_path / "ledger"),
        "items": str(ITEMS),
        "seed": str(SEED),
        "writes-per-second": "150",
        "reads-per-second": "100",
    }
    traffic = Generator(COURT, arguments, tmp_path / "control")
    try:
        began = time.monotonic()
        wait_for(lambda: bool(traffic.stats()["writes"] >= 200))
        assert traffic.read_only()
        quiet = time.monotonic()
        paused = traffic.stats()
        wait_for(lambda: bool(traffic.stats()["reads"] >= paused["reads"] + 20))
        assert traffic.stats()["writes"] == paused["writes"]
        resumed = time.monotonic()
        traffic.resume()
        wait_for(lambda: bool(traffic.stats()["writes"] >= paused["writes"] + 100))
        pause = traffic.longest_gap(began, time.monotonic())
        stats = traffic.stop()
    finally:
        traffic.kill()
    assert pause >= resumed - quiet > 0
    assert stats["examples"] == []
    assert (stats["refused"], stats["write_errors"], stats["read_errors"], stats["stale_reads"]) == (0, 0, 0, 0)
    assert stats["colors"] == {"blue": stats["writes"]}
    assert judged(app, tmp_path / "ledger") == ()
    victim = next(verdict.scan_table(app.engines.dynamodb_url, app.table))
    app.dynamodb.delete_item(TableName=app.table, Key={"pk": victim["pk"], "sk": victim["sk"]})
    assert judged(app, tmp_path / "ledger") == (f"lost: item {victim['pk']['S']} / {victim['sk']['S']}",)
    app.dynamodb.put_item(TableName=app.table, Item=victim)


def judged(app: App, ledger: Path) -> tuple[str, ...]:
    """The examples of the verdict over the table and the index as they are now."""
    expected = verdict.expectation(INITIAL.items(), ledger, *SHAPES[app.version])
    items = verdict.scan_table(app.engines.dynamodb_url, app.table)
    return verdict.judge(expected, items, verdict.scan_index(app.engines.search_url, app.index)).examples
