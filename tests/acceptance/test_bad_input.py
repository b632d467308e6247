"""Bad input ends well: an exit code that is not 0, nothing lost, the next command as the last line, no traceback.

(A wrong checksum and a full disk are tried in detail in tests/fault/test_download.py; here: what people see.)
"""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import SessionStack
from tests.fault.scripted import fault, scripted
from tests.project import Done, Project, finish

from verdigris.cli.main import cli
from verdigris.core.model import Segment
from verdigris.local import download, dynamodb
from verdigris.local.download import Part, ensure
from verdigris.local.stack import LocalStack

NO_CREDENTIALS: dict[str, str | None] = {
    **dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE")),
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/nowhere",
    "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
}
FEE = """
selects = {"entityName": "Fee"}


def up(item):
    return item | {"cents": item["n"] * 100}
"""


def ended_well(done: Done, code: int, *said: str, then: str = "") -> None:
    """What every error must do; `said` must stand in it, `then` in its last line."""
    assert done.code == code, done
    assert done.last.startswith("next: "), done.err
    assert then in done.last, done.err
    assert "Traceback" not in done.err + done.out
    assert "bug in Verdigris" not in done.err
    for text in said:
        assert text in done.err, done.err


@pytest.fixture
def project(tmp_path: Path, stack: SessionStack, request: pytest.FixtureRequest) -> Project:
    """Nothing is deployed yet."""
    return Project(tmp_path / "bad", stack.dynamodb_url, environment='approve = "auto"')


@pytest.fixture
def live(project: Project) -> Project:
    """Ten items are served, and their stream is on; one migration may be written."""
    project.ok("deploy", "dev")
    fill(project, range(10))
    project.aws.client("dynamodb").update_table(
        TableName=project.table("alpha"),
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    return project


def fill(project: Project, numbers: range, version: str = "alpha", **more: Any) -> None:
    project.raw(version).write([json.dumps(item(number, **more)).encode() for number in numbers])


def contents(project: Project, version: str) -> list[bytes]:
    table, start, found = project.raw(version), None, list[bytes]()
    while True:
        page = table.scan(Segment(0, 1), start)
        found += page.items
        start = page.next
        if start is None:
            return sorted(one for one in found if b"verdigris|beacon" not in one)


def item(number: int, **more: Any) -> dict[str, Any]:
    key = {"S": f"fee|{number}"}
    return {"pk": key, "sk": key, "entityName": {"S": "Fee"}, "n": {"N": str(number)}, **more}


@pytest.fixture
def unharmed(live: Project) -> Iterator[Project]:
    """Whatever happens in the test, the ten items are served as they were."""
    before = live.items("alpha")
    yield live
    assert live.items("alpha") == before
    assert live.journal().flags().color == "blue"


# ── configuration ────────────────────────────────────────────────────────────────────────────────────────────────


def test_no_configuration(project: Project) -> None:
    (project.folder / "verdigris.toml").unlink()
    ended_well(project.run("deploy", "dev"), 2, "verdigris.toml", then="verdigris init")


def test_a_typo_in_a_key(project: Project) -> None:
    project.replace("verdigris.toml", "approve =", "aprove =")
    project.replace("verdigris.toml", "[table]", "[tabel]")
    done = project.run("deploy", "dev")
    ended_well(done, 2, "aprove", '"approve"', "tabel", '"table"', then="verdigris deploy dev")
    assert not project.journal().exists()


def test_an_environment_that_is_not_there(project: Project) -> None:
    ended_well(project.run("deploy", "prod"), 2, '"prod"', "dev")


# ── migrations ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_no_migrations_folder(unharmed: Project) -> None:
    (unharmed.folder / "migrations").rmdir()
    ended_well(unharmed.run("deploy", "dev"), 1, "migrations")


def test_an_empty_migrations_folder_moves_no_data(live: Project) -> None:
    """It is no fault: a new project has no migration yet."""
    done = live.run("deploy", "dev")
    assert done.code == 0, done.err
    assert live.aws.client("dynamodb").list_tables()["TableNames"].count(live.table("beta")) == 0
    assert done.last.startswith("next: ")


def test_migrations_of_which_one_is_gone(live: Project) -> None:
    live.write("migrations/0001_fee.py", FEE)
    live.ok("deploy", "dev")
    live.ok("finalize", "dev", "--confirm", "dev")
    (live.folder / "migrations/0001_fee.py").unlink()
    ended_well(live.run("deploy", "dev"), 1, "0001_fee.py", then="verdigris migrations")
    assert len(live.items("beta")) == 10


def test_a_migration_that_raises_at_import(unharmed: Project) -> None:
    unharmed.write("migrations/0001_fee.py", FEE + "\nraise RuntimeError('no such luck')\n")
    ended_well(unharmed.run("deploy", "dev"), 1, "0001_fee.py", "no such luck")
    assert unharmed.run("abort", "dev").code == 0


def test_a_migration_that_raises_for_one_item_in_ten_thousand(live: Project) -> None:
    fill(live, range(10, 10_000))
    before = contents(live, "alpha")
    live.write("migrations/0001_fee.py", FEE.replace("return", 'assert item["n"] != 7531, "not this one"\n    return'))
    done = live.run("deploy", "dev")
    ended_well(done, 1, "0001_fee.py", "fee|7531", "not this one")
    assert contents(live, "alpha") == before
    live.write("migrations/0001_fee.py", FEE)
    ended_well(live.run("deploy", "dev"), 1, "checksum")
    assert live.run("abort", "dev").code == 0
    live.ok("deploy", "dev")
    found = contents(live, "beta")
    assert len(found) == 10_000
    assert sum(b'"753100"' in one and b'"fee|7531"' in one for one in found) == 1


def test_a_migration_that_returns_a_float(unharmed: Project) -> None:
    unharmed.write("migrations/0001_fee.py", FEE.replace('item["n"] * 100', 'float(item["n"])'))
    ended_well(unharmed.run("deploy", "dev"), 1, "0001_fee.py", "float", "cents", "fee|")
    assert unharmed.run("abort", "dev").code == 0


# ── engines and credentials ──────────────────────────────────────────────────────────────────────────────────────


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_an_engine_that_is_not_running(project: Project) -> None:
    project.replace("verdigris.toml", project.dynamodb_url, f"http://127.0.0.1:{free_port()}")
    ended_well(project.run("deploy", "dev"), 1, "no answer", then="verdigris local")


def test_an_embedded_stack_that_is_not_running(tmp_path: Path) -> None:
    project = Project(tmp_path / "bad", "", environment="local = true")
    ended_well(project.run("deploy", "dev"), 1, "not running", then="verdigris local up")


def test_a_port_in_use(tmp_path: Path) -> None:
    local = LocalStack(tmp_path / "bad" / "state")
    application = '[application]\ncommand = ["{python}", "-m", "http.server", "{port}"]\nhealth = "/"'
    try:
        url = local.up(engines=[dynamodb.NAME]).dynamodb_url
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            project = Project(tmp_path / "bad", url, environment=f"local = true\nport = {port}", sections=application)
            ended_well(project.run("deploy", "dev", "--yes"), 1, f"port {port}", "in use")
        project.ok("deploy", "dev", "--yes")
    finally:
        local.down()


def test_no_credentials(project: Project) -> None:
    ended_well(project.run("deploy", "dev", env=NO_CREDENTIALS), 1, "credentials", then="aws sts get-caller-identity")


def test_credentials_that_are_refused(project: Project) -> None:
    with scripted(fault("UnrecognizedClientException", "The security token included is invalid.")) as script:
        project.replace("verdigris.toml", project.dynamodb_url, script.url)
        done = project.run("deploy", "dev")
    ended_well(done, 1, "security token", then="aws sts get-caller-identity")
    assert set(script.operations()) <= {"DescribeTable", "GetItem", "Query"}, "nothing was written"


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_destination_with_items_in_it(unharmed: Project) -> None:
    unharmed.write("migrations/0001_fee.py", FEE)
    shape = json.loads((unharmed.folder / "table.json").read_text())
    unharmed.aws.client("dynamodb").create_table(TableName=unharmed.table("beta"), **shape)
    fill(unharmed, range(3), "beta", whose={"S": "somebody's"})
    before = unharmed.items("beta")
    ended_well(unharmed.run("deploy", "dev"), 1, unharmed.table("beta"), "nothing", then="verdigris clean dev")
    assert unharmed.items("beta") == before, "never written to"


def test_a_source_without_a_stream(project: Project) -> None:
    project.ok("deploy", "dev")
    fill(project, range(10))
    project.write("migrations/0001_fee.py", FEE)
    ended_well(project.run("deploy", "dev"), 1, "no stream", then="verdigris deploy dev --enable-stream")
    described = project.aws.client("dynamodb").describe_table(TableName=project.table("alpha"))["Table"]
    assert "StreamSpecification" not in described
    project.ok("deploy", "dev", "--enable-stream")
    assert project.items("beta")["fee|3", "fee|3"]["cents"] == {"N": "300"}


# ── at once, and stopped ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_second_deploy_at_once(live: Project) -> None:
    live.write("migrations/0001_fee.py", FEE)
    first = live.start("deploy", "dev", "--json")
    assert first.stdout
    for line in first.stdout:
        if "mark" in line:
            break
    first.send_signal(signal.SIGSTOP)
    try:
        done = live.run("deploy", "dev")
        ended_well(done, 4, f"pid {first.pid}", "since", "deploy dev", then="verdigris unlock dev")
    finally:
        first.send_signal(signal.SIGCONT)
    assert finish(first).code == 0
    assert len(live.items("beta")) == 10


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c(live: Project, times: int) -> None:
    """While it carries data: tests/fault/test_ctrl_c.py."""
    live.write("migrations/0001_fee.py", FEE)
    process = live.start("deploy", "dev", "--json")
    assert process.stdout
    for line in process.stdout:
        if "create-table" in line:
            break
    for _ in range(times):
        process.send_signal(signal.SIGINT)
    done = finish(process)
    ended_well(done, 130, then="verdigris deploy dev")
    assert live.run("deploy", "dev").code == 0
    assert len(live.items("beta")) == 10


# ── downloads ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def fetching(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Callable[[], bytes]], None]:
    """Engines are fetched anew, by what is given."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("VERDIGRIS_STATE", raising=False)

    def by(content: Callable[[], bytes]) -> None:
        def fetch(part: Part, folder: Path, advance: Callable[[int], None]) -> Path:
            folder.mkdir(parents=True)
            path = folder / part.filename
            path.write_bytes(content())
            return path

        def fetched(engine: str, wanted: tuple[Part, ...], cache: Path, progress: Any = None) -> Path:
            return ensure(engine, wanted, cache, progress, fetch=fetch)

        monkeypatch.setattr(download, "ensure", fetched)

    return by


def local_up(capsys: pytest.CaptureFixture[str]) -> Done:
    code = cli.run(["local", "up"])
    out, err = capsys.readouterr()
    return Done(code, out, err)


def test_a_full_disk(fetching: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    def full() -> bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    fetching(full)
    ended_well(local_up(capsys), 1, "disk is full", then="df -h")
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file() and path.suffix in (".jar", ".zip")]


def test_a_wrong_checksum(fetching: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    fetching(lambda: b"something else")
    ended_well(local_up(capsys), 1, "checksum", then="verdigris local up")
    assert threading.active_count() == 1
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file() and path.suffix in (".jar", ".zip")]
