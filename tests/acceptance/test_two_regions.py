"""A table of two regions, on DynamoDB Local behind the shim and by the command line: from nothing to finalized."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from tests.project import Project

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
    DynamoReplicas(DynamoAdmin(court.aws), lambda name, region: court.raw("alpha")).add(alpha, WEST)

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
