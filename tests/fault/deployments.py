"""A small environment behind the fault proxy, an application that writes past the proxy, and the verdict."""

from __future__ import annotations

import json
import random
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import botocore.session
import orjson

from verdigris.config.load import load
from verdigris.config.model import Config
from verdigris.core.model import KeySchema, Segment
from verdigris.local.dynamodb import ACCESS_KEY, SECRET_KEY
from verdigris.stores.aws import Aws
from verdigris.stores.base import Table
from verdigris.stores.dynamodb_table import DynamoTable

KEY = KeySchema((("pk", "S"), ("sk", "S")))
SHAPE = {
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "BillingMode": "PAY_PER_REQUEST",
}
ENTITIES = ("Case", "Draft", "User", "Other")

_CONFIG = """
[app]
name = "court"
[table]
name = "{{app}}-{{env}}-{{version}}"
shape = "table.json"
segments = 2
[switch]
deadline_seconds = 60
[environments.dev]
regions = ["us-east-1"]
approve = "manual"
enable_stream = true
lease_seconds = 10
late_write_seconds = 5
endpoints = {{ dynamodb = "{url}" }}
"""
#: One that keeps the key, one that drops items, one that splits them and says from what.
_MIGRATIONS = {
    "0001_cents.py": """
selects = {"entityName": "Case"}
def up(item):
    return item | {"cents": item["n"] * 100}
""",
    "0002_drop.py": """
selects = {"entityName": "Draft"}
def up(item):
    return None
""",
    "0003_contact.py": """
selects = {"entityName": "User"}
def up(item):
    return [item, item | {"sk": "contact|" + item["sk"], "entityName": "Contact"}]
def source(item):
    if item.get("entityName") == "Contact":
        return {"pk": item["pk"], "sk": item["sk"].removeprefix("contact|")}
""",
}


def environment(folder: Path, url: str) -> Config:
    """An environment `dev` without migrations, whose DynamoDB is at `url`."""
    (folder / "migrations").mkdir()
    (folder / "table.json").write_text(json.dumps(SHAPE))
    (folder / "verdigris.toml").write_text(_CONFIG.format(url=url))
    return load(folder / "verdigris.toml", folder)


def add_migrations(config: Config) -> None:
    for name, text in _MIGRATIONS.items():
        (config.migrations_folder / name).write_text(f'"""A migration."""\n{text}')


def table(url: str, name: str) -> Table:
    session = botocore.session.get_session()
    session.set_credentials(ACCESS_KEY, SECRET_KEY)
    return DynamoTable(Aws("us-east-1", endpoint_url=url, session=session).json("dynamodb"), name, KEY)


@dataclass
class Writer:
    """The application: one thread that puts, changes and deletes, and keeps a ledger of what was acknowledged."""

    table: Table
    seed: int
    numbers: int = 80
    #: DynamoDB Local slows with its stream records: the thread rests after so many writes
    most: int = 500
    #: number → (entity, n)
    ledger: dict[int, tuple[str, int]] = field(default_factory=dict)
    ever: set[int] = field(default_factory=set)
    writes: int = 0

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="writer")
        self._error: BaseException | None = None

    def write(self) -> None:
        number = self._dice.randrange(self.numbers)
        self.writes += 1
        if self._dice.random() < 0.25:
            self.table.write([], [_key(number)])
            self.ledger.pop(number, None)
        else:
            state = (self._dice.choice(ENTITIES), self.writes)
            self.table.write([_raw(_item(number, *state))])
            self.ledger[number] = state
            self.ever.add(number)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when the last write was acknowledged. Raises what stopped the thread."""
        self._stop.set()
        if self._thread.ident:
            self._thread.join()
        if self._error:
            raise self._error

    def _run(self) -> None:
        try:
            while not self._stop.wait(0.02):
                if self.writes < self.most:
                    self.write()
        except BaseException as error:
            self._error = error


def verdict(writer: Writer, destination: Table) -> dict[str, list[str]]:
    """Keys that are not as the ledger says they must be."""
    wanted = {_name(item): item for number, state in writer.ledger.items() for item in second_shape(number, *state)}
    there = {_name(item): item for item in _scanned(destination)}
    once = {_name(item) for number in writer.ever for kind in ENTITIES for item in second_shape(number, kind, 0)}
    more = there.keys() - wanted.keys()
    return {
        "lost": sorted(wanted.keys() - there.keys()),
        "stale": sorted(name for name in wanted.keys() & there.keys() if wanted[name] != there[name]),
        "resurrected": sorted(more & once),
        "extra": sorted(more - once),
    }


NOTHING: dict[str, list[str]] = {"lost": [], "stale": [], "resurrected": [], "extra": []}


def second_shape(number: int, entity: str, n: int) -> list[dict[str, Any]]:
    """What the new color keeps; written by hand, not by the migrations."""
    item = _item(number, entity, n)
    match entity:
        case "Case":
            return [item | {"cents": n * 100}]
        case "User":
            return [item, item | {"sk": f"contact|{item['sk']}", "entityName": "Contact"}]
        case "Draft":
            return []
    return [item]


def _scanned(destination: Table) -> list[dict[str, Any]]:
    found, start = [], None
    while True:
        page = destination.scan(Segment(0, 1), start)
        found += [_plain(orjson.loads(raw)) for raw in page.items]
        start = page.next
        if start is None:
            return found


def _item(number: int, entity: str, n: int) -> dict[str, Any]:
    return {"pk": f"case|{number}", "sk": f"case|{number}", "entityName": entity, "n": n}


def _key(number: int) -> tuple[str, str]:
    return (f"case|{number}", f"case|{number}")


def _raw(item: dict[str, Any]) -> bytes:
    return orjson.dumps({name: {"N": str(v)} if isinstance(v, int) else {"S": v} for name, v in item.items()})


def _plain(item: dict[str, dict[str, str]]) -> dict[str, Any]:
    return {name: int(value["N"]) if "N" in value else value["S"] for name, value in item.items()}


def _name(item: dict[str, Any]) -> str:
    return f"{item['pk']}/{item['sk']}"
