"""A table that throttles what is too fast: the deployment slows down, says so, and gets faster again by itself."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from tests.project import Project, finish

from verdigris.testing.fault_proxy import FaultProxy

DEADLINE_S = 180.0


def test_a_deployment_is_slowed_by_throttling_and_says_so(tmp_path: Path, fresh_dynamodb: Callable[[], str]) -> None:
    with FaultProxy(fresh_dynamodb(), seed=7) as proxy:
        project = Project(tmp_path / "brake", proxy.url, environment='approve = "manual"\nenable_stream = true\n')
        project.ok("deploy", "dev", "--yes")
        items = [orjson.dumps({"pk": {"S": f"case|{n}"}, "sk": {"S": "x"}, "n": {"N": str(n)}}) for n in range(4000)]
        project.raw("alpha").write(items)
        project.write("migrations/0001_mark.py", "def up(item):\n    return item | {'marked': True}\n")
        # A call is given up after ten attempts: at this share none ever is, and many are throttled all the same.
        proxy.set(only="BatchWriteItem *-beta", throttled=0.3)
        process = project.start("deploy", "dev", "--until", "verify")
        try:
            deadline_s = time.monotonic() + DEADLINE_S
            status: dict[str, Any] = {"reason": ""}
            while "slowed: DynamoDB throttles" not in status["reason"]:
                assert time.monotonic() < deadline_s, status
                assert process.poll() is None, status
                status = json.loads(project.ok("status", "dev", "--json").out)
            assert project.table("beta") in status["reason"]
            proxy.set(throttled=0.0)
            done = finish(process, DEADLINE_S)
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdout, process.stderr):
                assert pipe
                pipe.close()
        assert done.code == 0, done.err
        assert "slowed: DynamoDB throttles" in done.err
        assert proxy.injected["throttled"] > 0
        marked = sum("marked" in item for item in project.items("beta").values())
        assert marked == len(items)
