"""Starts a version of the court as a real process over real engines."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import tomllib
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import boto3
import urllib3

COURT = Path(__file__).parents[2] / "examples" / "court"
if str(COURT) not in sys.path:
    sys.path.append(str(COURT))

from court.case_index import DocumentOf  # noqa: E402
from court.entities import CASES, ENTRIES, NOTES, USERS, WORK_ITEMS, Entity, Ref  # noqa: E402
from court.layout import Shape  # noqa: E402
from v1 import shape as shape_1  # noqa: E402
from v1.search.documents import case as document_1  # noqa: E402
from v2 import shape as shape_2  # noqa: E402
from v2.search.documents import case as document_2  # noqa: E402

from court import generator  # noqa: E402

ITEMS, SEED = 300, 5
INITIAL = dict(generator.initial(ITEMS, SEED))
FIRST = {kind: next(ref for ref in INITIAL if ref.kind == kind) for kind in (CASES, ENTRIES, USERS, WORK_ITEMS, NOTES)}
SHAPES: dict[str, tuple[Shape, DocumentOf]] = {"v1": (shape_1, document_1), "v2": (shape_2, document_2)}


if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Engines(Protocol):
    """What the fixture `stack` gives."""

    @property
    def dynamodb_url(self) -> str: ...

    @property
    def search_url(self) -> str: ...


@dataclass
class App:
    """One running version, its table and its index."""

    version: str
    url: str
    table: str
    index: str
    engines: Engines
    dynamodb: DynamoDBClient
    http: urllib3.PoolManager

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        answer = self.http.request(method, self.url + path, json=body, headers=headers, retries=False)
        assert answer.headers["x-court-color"] == "blue"
        return answer.status, json.loads(answer.data)

    def get(self, ref: Ref) -> Entity | None:
        status, body = self.ask("GET", ref.path)
        assert status in (200, 404)
        return body if status == 200 else None

    def document(self, ident: str) -> dict[str, Any] | None:
        answer = self.http.request("GET", f"{self.engines.search_url}/{self.index}/_doc/{ident}")
        found: dict[str, Any] | None = json.loads(answer.data).get("_source")
        return found

    def smoke(self) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"VERDIGRIS_URL": self.url}
        command = [sys.executable, "smoke.py"]
        return subprocess.run(
            command, cwd=COURT / self.version, env=environment, capture_output=True, text=True, check=False
        )


@contextmanager
def running(version: str, engines: Engines, environment: dict[str, str]) -> Iterator[App]:
    table, index = f"court-{uuid.uuid4().hex[:8]}", f"court-{uuid.uuid4().hex[:8]}"
    folder, http = COURT / version, urllib3.PoolManager()
    dynamodb = boto3.Session().client("dynamodb", region_name="us-east-1", endpoint_url=engines.dynamodb_url)
    dynamodb.create_table(TableName=table, **json.loads((folder / "table.json").read_text()))
    mappings = json.loads((folder / "search" / "case.json").read_text())
    assert http.request("PUT", f"{engines.search_url}/{index}", json=mappings).status == 200
    shape, document = SHAPES[version]
    generator.load(engines.dynamodb_url, table, INITIAL.items(), shape=shape)
    generator.load_index(engines.search_url, index, INITIAL.items(), shape=shape, document=document)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = {
        "VERDIGRIS_TABLE": table,
        "VERDIGRIS_INDEX_CASE": index,
        "VERDIGRIS_COLOR": "blue",
        "VERDIGRIS_REGION": "us-east-1",
        "VERDIGRIS_DYNAMODB_URL": engines.dynamodb_url,
        "VERDIGRIS_SEARCH_URL": engines.search_url,
    }
    command = [part.format(python=sys.executable, port=port) for part in command_of(version)]
    process = subprocess.Popen(command, cwd=folder, env=environment | place)
    try:
        app = App(version, f"http://127.0.0.1:{port}", table, index, engines, dynamodb, http)
        wait_for(lambda: healthy(app), process)
        yield app
    finally:
        process.terminate()
        process.wait(20)
        http.clear()
        dynamodb.close()


def command_of(version: str) -> list[str]:
    """The command of verdigris.toml itself."""
    command: list[str] = tomllib.loads((COURT / version / "verdigris.toml").read_text())["application"]["command"]
    return command


def healthy(app: App) -> bool:
    try:
        return app.ask("GET", "/health")[0] == 200
    except urllib3.exceptions.HTTPError:
        return False


def wait_for(
    condition: Callable[[], bool], process: subprocess.Popen[bytes] | None = None, seconds: float = 60
) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert process is None or process.poll() is None, "the application ended"
        assert time.monotonic() < until, "not in time"
        time.sleep(0.05)
