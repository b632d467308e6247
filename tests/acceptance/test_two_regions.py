"""A table of two regions, on DynamoDB Local behind the shim and by the command line: from nothing to finalized."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from click.testing import CliRunner
from tests.project import SHAPE, Done, Project

from verdigris.cli.main import cli
from verdigris.core.model import Phase
from verdigris.core.records import Outcome, PhaseDone
from verdigris.local.dynamodb import ACCESS_KEY, SECRET_KEY
from verdigris.stores.aws import Aws
from verdigris.stores.dynamodb_admin import DynamoAdmin
from verdigris.stores.dynamodb_replicas import DynamoReplicas
from verdigris.testing.regions import Regions, Timing

EAST, WEST = "us-east-1", "us-west-1"
MIGRATION = '''"""Every case is marked."""


def up(item):
    return item | {"marked": True}
'''


class Court(Project):
    """Its environment is in both regions."""

    def __init__(self, folder: Path, regions: Regions) -> None:
        super().__init__(folder, regions.url)
        self.regions = regions
        self.replace("verdigris.toml", f'regions = ["{EAST}"]', f'regions = ["{EAST}", "{WEST}"]')
        session = botocore.session.get_session()
        session.set_credentials(ACCESS_KEY, SECRET_KEY)
        self.east, self.west = (
            Aws(region, endpoint_url=regions.url, session=session).client("dynamodb") for region in (EAST, WEST)
        )

    def fill(self, version: str, count: int) -> None:
        for number in range(count):
            item = {"pk": {"S": f"case|{number}"}, "sk": {"S": "case"}}
            self.east.put_item(TableName=self.table(version), Item=item)

    def add_west(self, version: str) -> None:
        DynamoReplicas(DynamoAdmin(self.aws), lambda name, region: self.raw(version)).add(self.table(version), WEST)

    def lose_west(self, version: str) -> None:
        """Somebody deletes it, and it is gone."""
        self.west.delete_table(TableName=self.table(version))
        until_s = time.monotonic() + 20
        while self.east.describe_table(TableName=self.table(version))["Table"].get("Replicas"):
            assert time.monotonic() < until_s
            time.sleep(0.02)

    def west_items(self, version: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.west.scan(TableName=self.table(version), ConsistentRead=True)["Items"]
        return found


@pytest.fixture
def court(tmp_path: Path, fresh_dynamodb: Callable[[], str]) -> Iterator[Court]:
    with Regions(fresh_dynamodb(), Timing()) as regions:
        yield Court(tmp_path / "court", regions)


def test_both_regions_from_nothing_to_finalized(court: Court) -> None:
    alpha, beta = court.table("alpha"), court.table("beta")
    court.ok("deploy", "dev", "--yes")
    assert court.regions.changes[-1] == (EAST, "UpdateTable", WEST)
    court.fill("alpha", 30)
    court.write("migrations/0001_mark.py", MIGRATION)

    # west gone, but east there: said before anything is made
    court.west.delete_table(TableName=alpha)
    done = court.run("deploy", "dev", "--yes", "--enable-stream")
    assert done.code != 0
    assert f"{alpha} is there at home, and has no replica in {WEST}" in done.err
    assert beta not in court.east.list_tables()["TableNames"]
    court.add_west("alpha")

    # an abort takes the new table's replica, then the table
    court.ok("deploy", "dev", "--yes", "--enable-stream", "--until", "verify")
    assert len(court.west_items("beta")) == 30
    court.ok("abort", "dev")
    assert court.regions.changes[-2:] == [(EAST, "UpdateTable", WEST), (EAST, "DeleteTable", beta)]

    court.ok("deploy", "dev", "--yes")
    records = court.records()
    steps = [body.step for record in records if isinstance(body := record.body, Outcome)]
    assert steps.index("create-table") < steps.index(f"create-replica {WEST}")
    (verified,) = (
        body.evidence for record in records if isinstance(body := record.body, PhaseDone) and body.phase is Phase.VERIFY
    )
    proven = verified["replicas"][WEST]
    assert (proven["items"], proven["differences"]) == (30, 0)
    assert [item["marked"]["BOOL"] for item in court.west_items("beta")] == [True] * 30

    court.ok("finalize", "dev", "--confirm", "dev")
    assert court.regions.changes[-2:] == [(EAST, "UpdateTable", WEST), (EAST, "DeleteTable", alpha)]
    for client in (court.east, court.west):
        assert alpha not in client.list_tables()["TableNames"]


def in_this_process(court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same command line, without a process for each: so many take long to start."""
    monkeypatch.chdir(court.folder)
    for name, value in court.variables.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str, **_: object) -> Done:
        result = CliRunner().invoke(cli, arguments)
        return Done(result.exit_code, result.stdout, result.stderr)

    monkeypatch.setattr(court, "run", run)


def test_west_gone_but_east_there(court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command says which region it is, changes nothing, and what to type; and goes on when that was done."""
    in_this_process(court, monkeypatch)
    alpha, beta = court.table("alpha"), court.table("beta")
    court.ok("deploy", "dev", "--yes")
    court.fill("alpha", 5)
    court.write("migrations/0001_mark.py", MIGRATION)
    assert "regions" not in court.ok("status", "dev").out
    court.ok("deploy", "dev", "--yes", "--enable-stream")

    # the old table's replica: nobody goes back to it, unless they say so
    court.lose_west("alpha")
    gone = f"the replica of {alpha} in {WEST} is gone, and the table itself is there"
    assert gone in court.ok("status", "dev").out
    done = court.run("rollback", "dev", "--lossy")
    assert done.code != 0
    assert gone in done.err
    assert f"aws dynamodb update-table --table-name {alpha}" in done.last
    assert court.journal().flags().color == "green"
    court.ok("rollback", "dev", "--lossy", "--stale-replicas")
    assert court.journal().flags().color == "blue"
    court.ok("deploy", "dev", "--yes")
    assert court.journal().flags().color == "green"

    # the new table's: the old one is not removed before that is whole
    court.lose_west("beta")
    done = court.run("finalize", "dev", "--confirm", "dev")
    assert done.code != 0
    assert f"the replica of {beta} in {WEST} is gone" in done.err
    assert f"the replica of {beta} in {WEST} is gone" in court.ok("status", "dev").out
    court.add_west("beta")
    court.ok("finalize", "dev", "--confirm", "dev")
    assert not {alpha} & {*court.east.list_tables()["TableNames"], *court.west.list_tables()["TableNames"]}

    # and what is left in the west only is found, and cleaned
    court.west.create_table(TableName=alpha, **SHAPE)
    court.write("migrations/0002_mark.py", MIGRATION)
    done = court.run("deploy", "dev", "--yes")
    assert done.code != 0
    assert f"the destination table {alpha} exists in {WEST}" in done.err
    assert done.last == "next: verdigris clean dev"
    court.ok("clean", "dev", "--confirm", alpha, "--items", "0")
    assert alpha not in court.west.list_tables()["TableNames"]
