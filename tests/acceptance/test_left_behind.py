"""A rollback on DynamoDB Local says how much it would leave behind; its stream's times are rounded to the minute."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.lifecycle.world import raw
from tests.project import Project

MIGRATION = "def up(item):\n    return item | {'seen': True}\n"


def test_a_rollback_counts_and_wants_a_yes(tmp_path: Path, fresh_dynamodb: Callable[[], str]) -> None:
    project = Project(tmp_path / "left", fresh_dynamodb(), environment='enable_stream = true\napprove = "auto"')
    project.ok("deploy", "dev")
    project.raw("alpha").write([raw({"pk": f"case|{number}", "sk": "x", "n": number}) for number in range(30)])
    project.write("migrations/0001_seen.py", MIGRATION)
    project.ok("deploy", "dev")
    done = project.run("rollback", "dev")
    assert done.code == 2
    assert "nothing was written to green since the switch that would not be seen in blue" in done.err

    project.raw("beta").write([raw({"pk": "new|1", "sk": "x"}), raw({"pk": "new|2", "sk": "x"})], [("case|3", "x")])
    done = project.run("rollback", "dev")
    assert done.code == 2
    assert "error: 3 items that were written to green since the switch would not be seen in blue" in done.err
    assert done.last == "next: verdigris rollback dev --lossy"

    done = project.ok("rollback", "dev", "--lossy")
    assert "blue is live; 3 items that were written to green" in done.err
    project.ok("deploy", "dev")
    assert len(project.items("beta")) == 31
