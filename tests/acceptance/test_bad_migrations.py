"""Migrations that make what cannot be kept: each item is told with what happened, all others are carried, nothing is
switched, and the mended migration takes them along."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import SessionStack
from tests.project import Project

HEAD = '"""Fees are kept in cents."""\nfrom decimal import Decimal\n\nselects = {"entityName": "Fee"}\n\n\n'
GOOD = f'{HEAD}def up(item):\n    return item | {{"cents": item["n"] * 100}}\n'
BAD = {
    "two outputs with one key": (
        'def up(item):\n    return [item, dict(item)] if item["n"] == 3 else item\n',
        "up produced two items with one key, pk=fee|3, sk=fee|3",
    ),
    "no key": (
        'def up(item):\n    if item["n"] == 3:\n        del item["sk"]\n    return item\n',
        "the key attribute `sk` is missing",
    ),
    "a key of another type": (
        'def up(item):\n    return item | {"sk": 3} if item["n"] == 3 else item\n',
        "the key attribute `sk`",
    ),
    "too large": (
        'def up(item):\n    return item | {"note": "x" * 420_000} if item["n"] == 3 else item\n',
        "DynamoDB stores 409,600 (400 KB) at most",
    ),
    "NaN": (
        'def up(item):\n    return item | {"ratio": Decimal("NaN")} if item["n"] == 3 else item\n',
        "`ratio` is NaN, which DynamoDB cannot store",
    ),
    "a source that disagrees": (
        (
            'def up(item):\n    return item | {"sk": "cents|3"} if item["n"] == 3 else item\n\n\n'
            'def source(item):\n    return {"pk": item["pk"], "sk": "fee|4"} if item["sk"] == "cents|3" else None\n'
        ),
        "up moved the item to pk=fee|3, sk=cents|3, but source of that item returned pk=fee|3, sk=fee|4",
    ),
}


def fee(number: int) -> dict[str, Any]:
    key = {"S": f"fee|{number}"}
    return {"pk": key, "sk": key, "entityName": {"S": "Fee"}, "n": {"N": str(number)}}


@pytest.fixture
def live(tmp_path: Path, stack: SessionStack) -> Project:
    """Ten fees are served."""
    project = Project(tmp_path / "bad", stack.dynamodb_url, environment='approve = "auto"\nenable_stream = true')
    project.ok("deploy", "dev")
    project.raw("alpha").write([json.dumps(fee(number)).encode() for number in range(10)])
    return project


def carried(project: Project) -> set[str]:
    return {pk for pk, _ in project.items("beta") if pk.startswith("fee")}


@pytest.mark.parametrize("what", BAD)
def test_one_item_waits_and_nothing_is_lost(live: Project, what: str) -> None:
    code, reason = BAD[what]
    live.write("migrations/0001_fee.py", HEAD + code)
    before = {key: item for key, item in live.items("alpha").items() if key[0].startswith("fee")}
    done = live.run("deploy", "dev")
    assert done.code == 1, done
    assert "1 item is in quarantine: fee|3/fee|3 (0001_fee.py: up " in done.err
    assert "state: nothing was held; blue serves on, and all else is in place" in done.err
    assert done.last == "next: verdigris quarantine list dev"
    assert reason in live.ok("quarantine", "list", "dev").out
    assert carried(live) == {f"fee|{number}" for number in range(10) if number != 3}
    after = {key: item for key, item in live.items("alpha").items() if key[0].startswith("fee")}
    assert after == before


def test_the_mended_migration_takes_it_along(live: Project) -> None:
    live.write("migrations/0001_fee.py", HEAD + BAD["NaN"][0])
    assert live.run("migrations", "test", "dev").code == 1
    assert live.run("deploy", "dev").code == 1
    live.write("migrations/0001_fee.py", GOOD)
    live.ok("quarantine", "redrive", "dev", "--yes")
    live.ok("deploy", "dev")
    assert live.ok("get", "dev", "current-color").out == "green\n"
    assert [live.items("beta")[f"fee|{n}", f"fee|{n}"]["cents"]["N"] for n in range(10)] == [
        str(n * 100) for n in range(10)
    ]


def test_an_item_changed_a_hundred_times_a_second(live: Project) -> None:
    """It is in motion, not a difference: the deployment makes progress, and its last value is there."""
    live.write("migrations/0001_fee.py", GOOD)
    stop, written = threading.Event(), [0]

    def write() -> None:
        table = live.raw("alpha")
        while not stop.is_set():
            written[0] += 1
            table.write([json.dumps(fee(3) | {"n": {"N": str(written[0])}}).encode()])
            stop.wait(0.01)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        live.ok("deploy", "dev", "--until", "exercise")  # all the way to the gate
        assert written[0] > 100
    finally:
        stop.set()
        writer.join()
    live.ok("deploy", "dev")
    assert live.items("beta")["fee|3", "fee|3"]["cents"] == {"N": str(written[0] * 100)}
    assert len(carried(live)) == 10
